"""Messages and visits in a real Chromium, at both widths, judged by axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from tests.browser.walking import follow
from tests.builders import seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.console.test_messages import create_untold

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Somebody whom no message reached."""
    with sessions.begin() as session:
        seed(session)
        create_untold(session)
    return sessions


def test_the_pages_of_messages_and_visits_are_sound(
    screen: Page,
    watch: Watch,
    address: str,
    seeded_sessions: sessionmaker[Session],
) -> None:
    sign_in(screen, watch, "zhenjingban")
    screen.goto(f"{address}/console/messages")
    sound(screen, "messages")
    follow(screen.get_by_role("link", name="张翠英"))
    sound(screen, "message")
    follow(screen.get_by_role("link", name="看和这个人的全部往来"))
    sound(screen, "message-talk")
    screen.goto(f"{address}/console/messages/costs?month=2022-04")
    sound(screen, "message-costs")
    screen.goto(f"{address}/console/visits")
    sound(screen, "visits")
    follow(screen.get_by_role("link", name="张翠英"))
    sound(screen, "visit")
    screen.get_by_label("怎么告诉的").select_option("door")
    screen.get_by_label("结果").select_option("family_told")
    follow(screen.get_by_role("button", name="记上"))
    expect(screen.get_by_text("告诉家里人了")).to_be_visible()
    sound(screen, "visits-done")
