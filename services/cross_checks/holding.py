"""What a hit holds while it is open, as conditions that others put into their own statements: the
month's line is not approved, the record is not paid, days after a death do not count.

Nothing here is a state that must be kept in step: a hit that is decided holds nothing any more,
but for money that was approved before somebody was known to have left.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from models import Engagement, HitState, ListHit, MonthLine, Payment, SubsidyRecord
from models.days import DayState
from models.pay_steps import PaymentState

ONE_DAY = timedelta(days=1)
PAID_FOR = (DayState.COUNTED, DayState.LEAVE_PAID)
MAYBE_PAID_FOR = (DayState.STOPPED, DayState.PAUSED)
"""Paid or not by their cause, which a line does not say."""


@dataclass(frozen=True)
class Stop:
    """Days that do not count, as a suspension without pay."""

    engagement_id: uuid.UUID
    from_on: date
    to_on: date | None = None
    paid: bool = False


def stops(session: Session, engagement_ids: Collection[uuid.UUID], to_on: date) -> list[Stop]:
    """From which day on the days of these people do not count for now: an open hit that stops
    days. One statement."""
    rows = session.execute(
        select(ListHit.engagement_id, ListHit.since_on).where(
            ListHit.engagement_id.in_(engagement_ids),
            ListHit.state == HitState.OPEN,
            ListHit.stops_days,
            ListHit.since_on < to_on,
        )
    )
    return [Stop(key, since_on + ONE_DAY) for key, since_on in rows if key is not None]


def is_open(person_id: Any, month_on: Any) -> ColumnElement[bool]:
    """The condition that money of somebody's month is held by an open hit."""
    condition: ColumnElement[bool] = _open(person_id, month_on).exists()
    return condition


def is_held_back(record: type[SubsidyRecord]) -> ColumnElement[bool]:
    """The condition that a record may not be paid: somebody is being looked into, or it was
    approved before it was known that they had left."""
    return is_open(record.person_id, record.month_on) | _is_void(record)


def is_never_paid(record: type[SubsidyRecord]) -> ColumnElement[bool]:
    """The condition that a record will not be paid any more: there is nothing to claim back."""
    live = select(Payment.id).where(
        Payment.record_id == record.id, Payment.state != PaymentState.FAILED
    )
    return _is_void(record) & ~live.exists()


def hold_lines(session: Session, condition: ColumnElement[bool], now: datetime) -> int:
    """Hold the lines within a condition whose worker has an open hit; how many."""
    hit = _open(MonthLine.person_id, MonthLine.month_on).order_by(ListHit.found_at).limit(1)
    held = session.execute(
        update(MonthLine)
        .where(
            condition,
            MonthLine.locked_at.is_(None),
            MonthLine.held_at.is_(None),
            is_open(MonthLine.person_id, MonthLine.month_on),
        )
        .values(held_at=now, held_hit_id=hit.scalar_subquery())
        .returning(MonthLine.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(held.all())


def has_open(session: Session, line: MonthLine) -> bool:
    """Whether an open hit holds this line."""
    asked = _open(line.person_id, line.month_on).limit(1)
    return session.scalars(asked).first() is not None


def lines_of(session: Session, hit: ListHit) -> Sequence[MonthLine]:
    """The lines of months from the hit's on that are held by a hit and not recorded, the oldest
    first."""
    return session.scalars(
        select(MonthLine)
        .where(
            MonthLine.person_id == hit.person_id,
            MonthLine.month_on >= hit.held_from_on,
            MonthLine.held_hit_id.is_not(None),
            MonthLine.held_at.is_not(None),
            MonthLine.locked_at.is_(None),
        )
        .order_by(MonthLine.month_on)
    ).all()


def paid_after(line: MonthLine, last_on: date) -> int:
    """How many days of a line that are paid for come after a day."""
    if line.month_on > last_on:
        return line.paid_days
    if (line.month_on.year, line.month_on.month) != (last_on.year, last_on.month):
        return 0
    return sum(day > last_on.day for day in paid_days(line))


def paid_days(line: MonthLine) -> list[int]:
    """The days of the month that a line pays for. Of suspensions and stoppages it does not say
    which were paid: as many as it pays for, the earliest first."""
    certain = [day for state in PAID_FOR for day in _days(line, state)]
    maybe = sorted(day for state in MAYBE_PAID_FOR for day in _days(line, state))
    return sorted(certain + maybe[: max(line.paid_days - len(certain), 0)])


def _days(line: MonthLine, state: str) -> list[int]:
    return [int(day) for day in line.days.get(state, "").split(",") if day]


def _open(person_id: Any, month_on: Any) -> Any:
    return select(ListHit.id).where(
        ListHit.person_id == person_id,
        ListHit.state == HitState.OPEN,
        ListHit.held_from_on <= month_on,
    )


def _is_void(record: type[SubsidyRecord]) -> ColumnElement[bool]:
    return (
        select(ListHit.id)
        .join(Engagement, ListHit.engagement_id == Engagement.id)
        .where(
            Engagement.id == record.engagement_id,
            Engagement.ended_on.is_not(None),  # an exit that was undone holds nothing
            ListHit.state == HitState.UPHELD,
            ListHit.exit_cause.is_not(None),
            ListHit.held_from_on <= record.month_on,
            ListHit.decided_at > record.approved_at,
        )
        .exists()
    )
