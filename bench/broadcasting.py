"""A broadcast to everybody, under way as long as this runs: `python -m bench.broadcasting`.

What the clock does for it, on the database of GYG_DATABASE_URL: making out the people and handing
them to the router, one broadcast after the other. Nothing is sent: the deliveries stay in the
outbox. What keeps people safe is announced, which does not wait until the channels have room.
`bench.webhook` runs it beside the webhook (`python -m bench --beside`).
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from bench.house import keys
from channels.wechat.media import Media
from models import Broadcast, BroadcastState, Region, make_engine, session_factory
from models.sealing import install
from scheduler.broadcast_works import has_broadcasts, send_broadcasts
from scheduler.works import Works
from services.broadcasts.audience import Audience, Who
from services.broadcasts.writing import Urgency
from services.clock import WallClock

TICK_SECONDS = 1
"""As often as the clock looks."""


def main() -> None:
    """Go on until somebody ends this process."""
    install(keys())
    sessions = session_factory(make_engine(os.environ["GYG_DATABASE_URL"]))
    works = Works(sessions, WallClock(), carriers={}, fetch=_fetch_nothing)
    while True:
        _announce(sessions)
        while has_broadcasts(works):
            send_broadcasts(works)
            time.sleep(TICK_SECONDS)


def _announce(sessions: sessionmaker[Session]) -> None:
    now = datetime.now(UTC)
    with sessions.begin() as session:
        district = session.scalars(select(Region.id).where(Region.kind == "district")).one()
        session.add(
            Broadcast(
                region_id=district,
                kind=Urgency.SAFETY,
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
