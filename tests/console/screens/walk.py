"""What every page of the console must be, and how one gets in."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.browser import walking
from tests.browser.conftest import PICTURES
from tests.console.conftest import Watch

NO_LABEL = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter(one => !one.labels.length && !one.getAttribute('aria-label'))
    .map(one => one.outerHTML)"""


def sound(page: Page, picture: str) -> None:
    """What every page must be; kept as a picture for the handbook when GYG_PICTURES=1 asks."""
    assert walking.faults(page) == []
    assert page.evaluate(NO_LABEL) == []
    if walking.pictures_wanted():
        size = "desk" if page.evaluate("innerWidth") > 1000 else "phone"
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"console-{picture}-{size}.png", full_page=True)


def sign_in(page: Page, watch: Watch, login: str) -> None:
    walking.sign_in(page, login, watch.wall)
