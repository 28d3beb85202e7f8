"""Signals from what clerks and heads say about days, one statement each (F-10, F-11, F-15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    ConfirmationRound,
    DayState,
    Engagement,
    EventKind,
    Leave,
    Post,
)
from rules.anomalies import Signal, is_hasty
from services.anomalies.found import Found, Span, by_place
from services.clock import business_date

E = AttendanceEvent
LAST_DAYS = 3
"""Backfills of the last days of a month, and shortly after it, are counted apart."""


def bulk_roll(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Roll-calls gone through faster than names can be read, and days that a clerk asked for from a
    sheet as fast; `threshold` seconds each."""
    asked = (
        select(Post.region_id, E.day_on, E.recorded_at, func.count(), func.min(
            E.evidence["seconds"].as_integer()
        ))
        .join(Engagement, E.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(E.kind.in_((EventKind.PRESENT, EventKind.ABSENT, EventKind.BACKFILL_ASKED)),
               E.day_on.between(span.first, span.last))
        .group_by(Post.region_id, E.day_on, E.recorded_at)
    )  # fmt: skip
    rows = (
        (place, day)
        for place, day, _, people, seconds in session.execute(asked)
        if seconds is not None and is_hasty(people, seconds, signal.threshold)
    )
    return by_place(signal, rows, 1)


def hasty(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Confirmations of many people in no time; `threshold` seconds each."""
    asked = select(ConfirmationRound).where(
        ConfirmationRound.day_on.between(span.first, span.last),
        ConfirmationRound.answered_at.is_not(None),
    )
    rows = (
        (row.region_id, row.day_on)
        for row in session.scalars(asked)
        if is_hasty(sum(map(len, row.answers.values())), row.seconds or 0, signal.threshold)
    )
    return by_place(signal, rows, 1)


def resting_confirmed(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Confirmed as present who was known to be away that day."""
    asked = (
        select(Post.region_id, E.day_on)
        .join(AttendanceDay, (AttendanceDay.engagement_id == E.engagement_id)
              & (AttendanceDay.day_on == E.day_on))
        .join(Engagement, E.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(E.kind == EventKind.CONFIRMED, E.day_on.between(span.first, span.last),
               AttendanceDay.state.in_((DayState.LEAVE_PAID, DayState.LEAVE_UNPAID)),
               ~_back_early())
    )  # fmt: skip
    rows = (row._tuple() for row in session.execute(asked))
    return by_place(signal, rows, signal.threshold)


def late_spike(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Most of a month's backfills come in its last days."""
    asked = (
        select(Post.region_id, E.day_on, E.recorded_at)
        .join(Engagement, E.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(E.kind == EventKind.BACKFILL_ASKED, E.day_on.between(span.first, span.last))
    )
    from_on = span.last - timedelta(days=LAST_DAYS - 1)
    late: dict[int, list[date]] = defaultdict(list)
    every: dict[int, int] = defaultdict(int)
    for place, day, recorded_at in session.execute(asked):
        every[place] += 1
        if business_date(recorded_at) >= from_on:
            late[place].append(day)
    rows = ((place, day) for place, days in late.items() for day in days
            if 2 * len(days) > every[place])  # fmt: skip
    return by_place(signal, rows, signal.threshold)


def _back_early() -> ColumnElement[bool]:
    """A leave that the worker ended before that day."""
    return (
        select(Leave.id)
        .where(Leave.engagement_id == E.engagement_id, Leave.from_on <= E.day_on,
               Leave.to_on >= E.day_on, Leave.ended_on < E.day_on)
        .exists()
    )  # fmt: skip


ALL = (bulk_roll, hasty, resting_confirmed, late_spike)
