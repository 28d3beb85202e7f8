"""Pages in a real Chromium."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox.world import World
from tests.browser.hall import Hall, open_hall
from tests.browser.walking import WIDE, pictures_wanted, standing
from tests.sandbox.conftest import both, caller, service, world

__all__ = ["both", "caller", "service", "world"]
"""The sandbox's fixtures serve these tests too."""

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",  # the browser's own words: "choose file", the date's fields
]
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """The browser of `tests/conftest.py`; skips where there is none."""
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"the browser tests need Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET, env={**os.environ, "LANGUAGE": "zh_CN"}
        )
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def phones_url(world: World) -> str:
    """Where the phone page is; a module with a town of its own overrides it."""
    return world.config.own_url


@pytest.fixture
def open_page(chromium: Browser, phones_url: str) -> Iterator[OpenPage]:
    """Opens the phone page; a script error, a refused resource or a foreign request fails."""
    troubles: list[str] = []
    contexts = []

    def open_one(size: dict[str, int] = WIDE, people: str = "") -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]  # a TypedDict of the library's own
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
        page.on(
            "request",
            lambda r: None if r.url.startswith(phones_url) else troubles.append(r.url),
        )
        page.goto(f"{phones_url}/#{people}")
        page.locator(".phone").first.wait_for()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not [one for one in troubles if not one.startswith("blob:")]


@pytest.fixture
def take_picture() -> Callable[[Page, str], None]:
    """Keeps a picture for the documentation, when GYG_PICTURES=1 asks for it."""

    def take(page: Page, name: str) -> None:
        if pictures_wanted():
            PICTURES.mkdir(parents=True, exist_ok=True)
            standing(page).screenshot(path=PICTURES / f"{name}.png")

    return take


@pytest.fixture(scope="module")
def hall(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with open_hall(chromium, tmp_path_factory.mktemp("hall")) as hall:
        yield hall
