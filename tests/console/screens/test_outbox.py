"""The lists of the outbox and the jobs page in a real Chromium, at both widths, judged by axe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session, sessionmaker

from models import ChannelRest, JobRun, JobState
from services import sms_health
from tests.builders import NOW, seed
from tests.console.conftest import Watch
from tests.console.screens.walk import sign_in, sound
from tests.console.test_outbox import put

pytestmark = pytest.mark.browser


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """One delivery on each pile, and a job that failed."""
    with sessions.begin() as session:
        seed(session)
        machine = watch.wall
        for channel, ends in (("sms", timedelta(hours=1)), ("template", timedelta(minutes=-1))):
            rest = ChannelRest(channel=channel, began_at=machine - timedelta(minutes=2),
                               until=machine + ends, error="account: no money left")  # fmt: skip
            session.add(rest)
        sms_health.note_failure(session, "tencent", "time-out", machine)
        session.add(JobState(job="close", does="x", missed="each", looked_at=NOW, next_due_at=NOW))
        times = {"due_at": NOW, "started_at": NOW, "heartbeat_at": NOW, "ended_at": NOW}
        session.add(JobRun(job="close", holder="h", error="RuntimeError: no", tries=5, **times))
    return sessions


def test_the_pages_are_sound(
    screen: Page,
    watch: Watch,
    seeded_sessions: sessionmaker[Session],
) -> None:
    keys = [put(seeded_sessions, way, number) for number, way in enumerate(("failed", "uncertain"))]
    sign_in(screen, watch, "guanliyi")
    expect(screen.get_by_role("alert").first).to_contain_text("短信停着，发不出去")
    sound(screen, "worklist-alarms")
    for path in ("outbox", f"outbox/{keys[0]}", f"outbox/{keys[1]}", "jobs", "providers"):
        screen.goto(screen.url.partition("/console")[0] + f"/console/{path}")
        sound(screen, path.replace("/", "-"))
