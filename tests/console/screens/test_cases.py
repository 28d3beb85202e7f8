"""The console in a real Chromium, at a desk's and at a phone's width: sign-in by the keyboard, the
worklist, a case carried one step further, nothing wider than the screen, nothing from outside."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from models import ApplicationStatus
from tests.browser.walking import enter, follow
from tests.builders import create_application, create_person, region, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.console.test_case import full_case

S = ApplicationStatus
pytestmark = pytest.mark.browser


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
