"""The business clock. Only the sandbox's time machine can move it.

Transport freshness (webhook signatures, token life) is measured by the machine's own clock, never
by this one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ClockShift

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the business time, aware UTC."""

    def now(self, session: Session) -> datetime: ...


class WallClock:
    """The machine's clock: the only one outside sandbox mode."""

    def now(self, session: Session) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """The machine's clock plus the shift that all processes read from the database."""

    def now(self, session: Session) -> datetime:
        shift = session.scalar(select(ClockShift.shift_seconds))
        return datetime.now(UTC) + timedelta(seconds=shift or 0)


def move_clock(session: Session, to: datetime) -> None:
    """Set the sandbox's business time to `to` (aware); it runs on from there."""
    shift = (to - datetime.now(UTC)).total_seconds()
    session.merge(ClockShift(id=1, shift_seconds=shift))


def business_date(now: datetime) -> date:
    """The date in Shanghai at this instant."""
    return now.astimezone(SHANGHAI).date()
