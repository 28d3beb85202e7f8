"""A broadcast whose process is killed in the middle, again and again: nobody is lost, nobody is
told twice."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from models import Broadcast, BroadcastRecipient, BroadcastState, Delivery, Message, Role
from services.broadcasts import deciding, expansion, writing
from tests.builders import NOW, create_acting, region
from tests.services.broadcasts.conftest import sheet, villagers

ROOT = Path(__file__).parents[3]
PEOPLE = 60


def under_way(sessions: sessionmaker[Session]) -> uuid.UUID:
    """A broadcast to sixty people that has begun."""
    with sessions.begin() as session:
        villagers(session, PEOPLE)
        clerk = create_acting(session, Role.TOWN_CLERK, "xinyan")
        head = create_acting(session, Role.TOWN_HEAD, "xinyan")
        one = writing.draft(session, region(session, "xinyan"), sheet(), clerk, NOW)
        deciding.submit(session, one, clerk, NOW)
        deciding.approve(session, one, NOW, head, NOW)
        expansion.start(session, one, NOW)
        return one.id


def walk(url: str, key: uuid.UUID, pieces: int) -> None:
    """Let a process go on for so many pieces, then kill it wherever it is."""
    command = [sys.executable, "-m", "tests.services.broadcasts.walker", url, str(key)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as walker:
        assert walker.stdout is not None
        for _ in range(pieces):
            if not walker.stdout.readline():
                break
        walker.kill()


def test_nobody_is_lost_and_nobody_is_told_twice(
    seeded_sessions: sessionmaker[Session], engine: Engine
) -> None:
    key = under_way(seeded_sessions)
    url = engine.url.render_as_string(hide_password=False)
    for pieces in (2, 3, 5, 1_000):
        walk(url, key, pieces)
    with seeded_sessions() as session:
        assert session.get_one(Broadcast, key).state == BroadcastState.DONE
        for counted in (
            func.count(BroadcastRecipient.message_id.distinct()),
            func.count(Message.person_id.distinct()),
            func.count(Message.id),
            func.count(Delivery.person_id.distinct()),
            func.count(Delivery.id),
        ):
            assert session.scalar(select(counted)) == PEOPLE
