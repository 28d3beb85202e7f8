"""Every page that a role reaches, in a real Chromium: judged by axe, and nothing wider than the
screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.hall import Hall, open_hall
from tests.browser.walking import NARROW, WIDE, faults, resize, standing, sticks_out

PLAYS = Path(__file__).parents[1] / "procedure"
STORIES = (PLAYS / "rural.yaml", PLAYS / "objections.yaml")
MOST_PAGES = 60
FILES = (".docx", ".xlsx", ".svg", "/photo", "/signed", "/paper")
VARIABLE = re.compile(r"(?<=/parameters/)[\w.]+|[0-9a-f-]{36}|GS[\d-]+|P\d{4}-\d+|\d+")
ROLES = ("cunwenshu", "zhenjingban", "zhenfuze", "qujingban", "qushenpi", "jiandu", "guanliyi",
         "linye", "disanfang")  # fmt: skip

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def hall(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A town in which cases stand everywhere: objected to, refused, returned, on a post."""
    with open_hall(chromium, tmp_path_factory.mktemp("pages"), *STORIES) as hall:
        yield hall


@dataclass
class Inspection:
    """Pages judged so far, by what they are made of, and what was wrong with them."""

    seen: set[tuple[str, ...]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def judge(self, page: Page, who: str) -> None:
        """axe, and nothing wider than the screen, once for each kind of page and of forms."""
        actions = standing(page).eval_on_selector_all("form", "all => all.map(one => one.action)")
        kind = (shape(page.url), *sorted({shape(one) for one in actions}))
        if kind in self.seen:
            return
        self.seen.add(kind)
        for size, look in ((NARROW, faults), (WIDE, sticks_out)):
            resize(page, size)
            self.wrong += [f"{who} {page.url} at {size['width']}: {one}" for one in look(page)]


def shape(url: str) -> str:
    """An address without what it is about: numbers, codes, keys, the query."""
    return VARIABLE.sub("*", re.sub(r"^https?://[^/]+|[?#].*$", "", url))


def links(page: Page) -> list[str]:
    """The pages that this one leads to."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    return [one.partition("#")[0] for one in found
            if "/console/" in one and not one.partition("?")[0].endswith(FILES)
            and "/papers/" not in one and "/boards/" not in one]  # fmt: skip


@pytest.mark.parametrize("login", ROLES)
def test_every_page_of_a_role_is_sound(hall: Hall, login: str) -> None:
    page, inspection = hall.at(login), Inspection()
    waiting = [f"{hall.town.service}/console/"]
    known: set[str] = set()
    while waiting and len(known) < MOST_PAGES:
        address = waiting.pop(0)
        if shape(address) in known:
            continue
        known.add(shape(address))
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 400, f"{address}: {answer.status}"
        inspection.judge(page, login)
        waiting += links(page)
    assert len(known) >= 4
    assert not inspection.wrong, "\n".join(inspection.wrong)
    assert not hall.troubles


def test_the_pages_without_an_account_are_sound(hall: Hall) -> None:
    page, inspection = hall.open_window(), Inspection()
    service = hall.town.service
    page.goto(f"{service}/notices/")
    addresses = [f"{service}/{path}" for path in ("notices/", "notices/answers", "console/sign-in")]
    addresses += page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
    for address in dict.fromkeys(one for one in addresses if one.startswith(service)):
        page.goto(address)
        inspection.judge(page, "anybody")
    page.goto(f"{hall.town.phones}/#wuxiaohe")
    page.locator(".phone:visible").first.wait_for()
    inspection.judge(page, "anybody")
    page.context.close()
    assert not inspection.wrong, "\n".join(inspection.wrong)
    assert not hall.troubles
