"""The console in a real Chromium, at a desk's and at a phone's width: sign-in by the keyboard, the
worklist, a case carried one step further, nothing wider than the screen, nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from models import ApplicationStatus, session_factory
from tests import databases
from tests.browser import walking
from tests.browser.conftest import PICTURES
from tests.browser.walking import NARROW, WIDE, enter, follow
from tests.builders import create_application, create_person, region, seed
from tests.console.conftest import Watch
from tests.console.test_case import full_case
from tests.serving import listening

S = ApplicationStatus
pytestmark = pytest.mark.browser

NO_LABEL = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter(one => !one.labels.length && !one.getAttribute('aria-label'))
    .map(one => one.outerHTML)"""


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """One database is enough to look at."""
    return sqlite_engine


@pytest.fixture
def sessions(engine: Engine) -> Iterator[sessionmaker[Session]]:
    yield session_factory(engine)
    databases.empty(engine)


@pytest.fixture
def watch() -> Watch:
    return Watch(wall=datetime.now(UTC))


@pytest.fixture
def address(app: Flask, watch: Watch) -> Iterator[str]:
    with listening(make_server("127.0.0.1", 0, app, threaded=True)) as url:
        yield url


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """The demonstration, with cases on the town's table."""
    with sessions.begin() as session:
        seed(session)
        full_case(session, S.TOWN_HEAD, "xinyan").due_on = date(2022, 4, 4)
        for name, due_on in (("冯大壮", date(2022, 4, 6)), ("田秀花", date(2022, 4, 13))):
            create_application(
                session,
                person=create_person(session, name=name),
                status=S.TOWN_HEAD,
                holder_id=region(session, "xinyan").id,
                due_on=due_on,
            )
    return sessions


@pytest.fixture(params=[WIDE, NARROW], ids=["desk", "phone"])
def screen(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    """A page; a script error, a refused resource or a foreign request fails."""
    troubles: list[str] = []
    context = chromium.new_context(viewport=request.param, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:")) else troubles.append(r.url),
    )
    page.goto(f"{address}/console/")
    yield page
    context.close()
    assert not troubles


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


def test_a_case_goes_one_step_further(screen: Page, watch: Watch) -> None:
    sound(screen, "sign-in")
    sign_in(screen, watch, "zhenfuze")
    expect(screen.locator("form .work > li").first).to_contain_text("超期2天")
    sound(screen, "worklist")
    follow(screen.get_by_role("link", name="李桂香"))
    expect(screen.get_by_role("heading", level=1)).to_have_text("李桂香")
    sound(screen, "case")
    follow(screen.get_by_role("button", name="同意，准备公示"))
    expect(screen.get_by_role("status")).to_contain_text("现在：等公示")
    sound(screen, "case-done")


def test_two_cases_go_back_at_once(screen: Page, watch: Watch) -> None:
    sign_in(screen, watch, "zhenfuze")
    screen.get_by_label("这一页全选").check()
    screen.get_by_label("选中的一起").select_option("return_to_clerk")
    screen.get_by_label("理由").select_option("facts_unclear")
    follow(screen.get_by_role("button", name="一起办"))
    expect(screen.get_by_text("办成3件，没办成0件")).to_be_visible()
    sound(screen, "bulk")


def test_somebody_is_looked_up(screen: Page, watch: Watch) -> None:
    sign_in(screen, watch, "zhenfuze")
    follow(screen.get_by_role("link", name="查人查件"))
    screen.get_by_label("要查什么").fill("田秀花")
    enter(screen)
    expect(screen.get_by_role("status")).to_have_text("查到1件。")
    sound(screen, "search")
    for name in ("全部报名", "进度总览"):
        follow(screen.get_by_role("link", name=name))
        expect(screen.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        sound(screen, {"全部报名": "cases", "进度总览": "overview"}[name])
