"""The pages of broadcasts in a real Chromium, at both widths, judged by axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from models import Role
from services.broadcasts import deciding, writing
from tests.browser.walking import follow
from tests.builders import NOW, create_acting, region, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.services.broadcasts.conftest import run, sheet, villagers

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """One broadcast that waits for the head of the town, and one that was sent."""
    with sessions.begin() as session:
        seed(session)
        villagers(session, 3)
        unreachable = villagers(session, 1)[0]
        unreachable.phone_sealed = unreachable.phone_index = None
        clerk = create_acting(session, Role.TOWN_CLERK, "xinyan")
        head = create_acting(session, Role.TOWN_HEAD, "xinyan")
        for last in (False, True):
            one = writing.draft(session, region(session, "xinyan"), sheet(), clerk, NOW)
            one.title = "等人批的" if last else "发完了的"
            deciding.submit(session, one, clerk, NOW)
            if not last:
                deciding.approve(session, one, NOW, head, NOW)
                run(session, one)
    return sessions


def test_the_pages_are_sound(
    screen: Page,
    watch: Watch,
    seeded_sessions: sessionmaker[Session],
) -> None:
    sign_in(screen, watch, "zhenfuze")
    root = screen.url.partition("/console")[0]
    screen.goto(f"{root}/console/broadcasts")
    sound(screen, "broadcasts")
    follow(screen.get_by_role("link", name="等人批的"))
    sound(screen, "broadcast-to-approve")
    follow(screen.get_by_role("button", name="同意，现在就发"))
    expect(screen.get_by_role("status")).to_contain_text("批了")
    screen.goto(f"{root}/console/broadcasts/new")
    sound(screen, "broadcast-new")
    screen.goto(f"{root}/console/broadcasts")
    follow(screen.get_by_role("link", name="发完了的"))
    expect(screen.locator("img.chart")).to_be_visible()
    sound(screen, "broadcast-reach")
