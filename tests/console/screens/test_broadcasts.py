"""The pages of broadcasts in a real Chromium, at both widths, judged by axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from models import Role
from services.broadcasts import deciding, writing
from services.broadcasts.texts import Words
from services.broadcasts.writing import Urgency
from tests.browser.walking import follow
from tests.builders import NOW, create_acting, create_contact, region, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.services.broadcasts.conftest import WANGJIA, run, sheet, villagers

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """One broadcast that waits for the head of the town, and two that were sent, one of them as a
    mass message."""
    with sessions.begin() as session:
        seed(session)
        villagers(session, 3)
        unreachable = villagers(session, 1)[0]
        unreachable.phone_sealed = unreachable.phone_index = None
        clerk = create_acting(session, Role.TOWN_CLERK, "xinyan")
        head = create_acting(session, Role.TOWN_HEAD, "xinyan")
        create_contact(session, village_hint_id=region(session, WANGJIA).id)
        publicity = sheet(
            words=Words("招人", "残疾人、低保户都可以报名。"), urgency=Urgency.PUBLICITY, mass=True
        )
        sheets = {"发完了的": sheet(), "群发的": publicity, "等人批的": publicity}
        for title, said in sheets.items():
            one = writing.draft(session, region(session, "xinyan"), said, clerk, NOW)
            one.title = title
            deciding.submit(session, one, clerk, NOW)
            if title != "等人批的":
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
    expect(screen.get_by_role("note")).to_contain_text("残疾、低保")
    sound(screen, "broadcast-to-approve")
    follow(screen.get_by_role("button", name="同意，现在就发"))
    expect(screen.get_by_role("status")).to_contain_text("批了")
    screen.goto(f"{root}/console/broadcasts/new")
    sound(screen, "broadcast-new")
    screen.goto(f"{root}/console/broadcasts")
    follow(screen.get_by_role("link", name="发完了的"))
    expect(screen.locator("img.chart")).to_be_visible()
    sound(screen, "broadcast-reach")
    follow(screen.get_by_role("link", name="还没告诉到谁"))
    expect(screen.get_by_text("别的路都不通").first).to_be_visible()
    sound(screen, "broadcast-untold")
    screen.goto(f"{root}/console/broadcasts")
    follow(screen.get_by_role("link", name="群发的"))
    expect(screen.get_by_text("群发没有发成")).to_be_visible()
    sound(screen, "broadcast-mass-reach")
