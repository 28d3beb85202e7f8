"""A broadcast to everybody, under way as long as this runs: `python -m bench.broadcasting`.

What the clock does for it, on the database of GYG_DATABASE_URL: making out the people and handing
them to the router, without pause, one broadcast after the other. Nothing is sent: the deliveries
stay in the outbox. `bench.webhook` runs it beside the webhook (`python -m bench --beside`).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bench.house import keys
from channels.wechat.media import Media
from models import Broadcast, BroadcastState, Region, make_engine, session_factory
from models.sealing import install
from scheduler.broadcast_works import send_broadcasts
from scheduler.works import Works
from services.broadcasts.audience import Audience, Who
from services.broadcasts.writing import Urgency
from services.clock import WallClock


def main() -> None:
    """Go on until somebody ends this process."""
    install(keys())
    sessions = session_factory(make_engine(os.environ["GYG_DATABASE_URL"]))
    works = Works(sessions, WallClock(), carriers={}, fetch=_fetch_nothing)
    while True:
        _announce(sessions)
        while send_broadcasts(works):
            pass


def _announce(sessions: sessionmaker[Session]) -> None:
    now = datetime.now(UTC)
    with sessions.begin() as session:
        district = session.scalars(select(Region.id).where(Region.kind == "district")).one()
        session.add(
            Broadcast(
                region_id=district,
                kind=Urgency.DUTY,
                title="Bench",
                body="x" * 60,
                audience=Audience(Who.EVERYBODY).plain,
                state=BroadcastState.APPROVED,
                scheduled_at=now,
                made_at=now,
                approved_at=now,
            )
        )


def _fetch_nothing(media_id: str) -> Media:
    raise LookupError(media_id)


if __name__ == "__main__":
    main()
