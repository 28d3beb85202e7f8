"""Terms, exits and follow-up in a real Chromium, at both widths, judged by axe."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from models.term_steps import ExitCause
from services.terms import exits, extensions, settling
from services.terms.exits import Leaving
from tests.browser.walking import follow
from tests.builders import seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.services.terms.stage import company, noon, on_post, worker

pytestmark = pytest.mark.browser
NOW = noon(date(2025, 2, 19))


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """One who wants to stay, and one who has left."""
    watch.at = NOW
    with sessions.begin() as session:
        seed(session)
        stays, left, staff = on_post(session, name="钱满仓"), on_post(session), company(session)
        extensions.wish(session, stays, worker(session, stays), NOW)
        what = Leaving(ExitCause.JOB, date(2025, 2, 18), "进厂了")
        made = exits.propose(session, left, what, staff.town_clerk, NOW)
        settling.take(session, made, "approve", staff.approver, NOW)
    return sessions


def test_the_pages_of_terms_are_sound(
    screen: Page,
    watch: Watch,
    address: str,
    seeded_sessions: sessionmaker[Session],
) -> None:
    sign_in(screen, watch, "zhenjingban")
    screen.goto(f"{address}/console/terms")
    expect(screen.get_by_role("link", name="钱满仓")).to_be_visible()
    sound(screen, "terms")
    follow(screen.get_by_role("link", name="钱满仓"))
    sound(screen, "term")
    for summary in screen.locator("details > summary").all():
        summary.click()
    sound(screen, "term-open")
    screen.goto(f"{address}/console/vacancies")
    expect(screen.locator("main")).to_contain_text("李桂香")
    sound(screen, "vacancies")
    screen.goto(f"{address}/console/follow-ups")
    sound(screen, "follow-ups")
    follow(screen.get_by_role("link", name="李桂香"))
    for summary in screen.locator("details > summary").all():
        summary.click()
    sound(screen, "follow-up")
    screen.get_by_label("要哪样").select_option("training")
    follow(screen.get_by_role("button", name="记下来"))
    expect(screen.locator("main")).to_contain_text("联系上了，学手艺")
