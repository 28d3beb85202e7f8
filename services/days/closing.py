"""The evening of a day, and its end (requirements 3.4, 3.9).

In the evening what is certain counts, and every worker hears how the day stands. What would be lost
stays open until the last late arrival can have come; then the day closes for good, and whoever lost
it hears why. Each pass may be repeated: nobody is told the same thing twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    AttendanceDay,
    AttendanceEvent,
    DayState,
    Engagement,
    EventKind,
    Post,
    Region,
    Staff,
)
from services.days import absences, confirming, deriving
from services.days.people import AWAY
from services.telling import tell, tell_staff
from services.terms import officers
from wording import load_book

CHUNK = 100
"""Workers in one transaction."""
SILENT = frozenset(
    {DayState.REST, DayState.HOLIDAY, DayState.STOPPED, DayState.PAUSED, DayState.OFF_POST, *AWAY}
)
"""Days of which nobody is told every evening: they were told when it was decided."""


def batches(session: Session, day: date, until: date | None = None) -> list[list[uuid.UUID]]:
    """Everybody whose day (or days) it is, some at a time: one transaction each."""
    ids = sorted(deriving.of_span(session, day, until or day))
    return [ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK)]


def tell_evening(
    session: Session, ids: Sequence[uuid.UUID], day: date, now: datetime
) -> dict[str, int]:
    """Tell everybody how their day stands, once it is derived; how many were told what."""
    told: dict[str, int] = {}
    for engagement, row in _rows(session, ids, day):
        kind = _evening_kind(row)
        if kind is not None:
            _tell(session, engagement, row, kind, now)
            told[kind] = told.get(kind, 0) + 1
    return told


def tell_end(
    session: Session, ids: Sequence[uuid.UUID], day: date, now: datetime
) -> dict[str, int]:
    """Tell whoever won or lost the day since its evening, and have the village look after those who
    stay away."""
    told: dict[str, int] = {}
    for engagement, row in _rows(session, ids, day):
        kind = _final_kind(row)
        if kind is not None:
            _tell(session, engagement, row, kind, now)
            told[kind] = told.get(kind, 0) + 1
    if visits := absences.tell(session, ids, day, now):
        told["absence_visit"] = visits
    return told


def open_days(session: Session, place_id: int, day: date) -> Sequence[AttendanceDay]:
    """What of a place's day waits for somebody: the town's list once the village's time is over."""
    asked = (
        select(AttendanceDay)
        .join(Engagement, AttendanceDay.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(
            Post.region_id == place_id,
            AttendanceDay.day_on == day,
            AttendanceDay.state.in_((DayState.UNKNOWN, DayState.DISPUTED)),
        )
    )
    return session.scalars(asked).all()


def places(session: Session, day: date) -> Sequence[int]:
    """The places where somebody is on a post on a day."""
    return session.scalars(
        select(Post.region_id)
        .join(Engagement, Engagement.post_id == Post.id)
        .where(Engagement.id.in_(deriving.asked_span(day, day)))
        .distinct()
        .order_by(Post.region_id)
    ).all()


def remind_heads(session: Session, place_id: int, day: date, *, turn: str, now: datetime) -> int:
    """Ask the heads of a place whose day is not confirmed; how many were asked, once a `turn`."""
    place = session.get_one(Region, place_id)
    count = confirming.count_open(session, place, day)
    if not count:
        return 0
    heads = officers.of_place(session, place, officers.HEAD, now)
    return _tell_staff(session, heads, _Due("confirm_due", place, day, turn, count), now)


def call_town(session: Session, place_id: int, day: date, now: datetime) -> int:
    """The village let its time go by: the town is told what is open there. A day that the head has
    denied and nobody signed for only waits for its own end, and calls nobody."""
    place = session.get_one(Region, place_id)
    left = open_days(session, place_id, day)
    waiting = len(left) - len(lost_by_denial(session, left))
    if not waiting or place.parent is None:
        return 0
    town = officers.of_place(session, place.parent, officers.TOWN, now)
    return _tell_staff(session, town, _Due("confirm_overdue", place, day, "late", waiting), now)


def lost_by_denial(
    session: Session, rows: Sequence[AttendanceDay]
) -> frozenset[tuple[uuid.UUID, date]]:
    """(engagement, day) of those open days that a head has denied and nobody signed for: nothing
    is to be decided, they only wait for their own end."""
    lost = {(row.engagement_id, row.day_on) for row in rows if row.reasons[0] in DENIABLE}
    if not lost:
        return frozenset()
    said = select(AttendanceEvent.engagement_id, AttendanceEvent.day_on).where(
        AttendanceEvent.engagement_id.in_({engagement_id for engagement_id, _ in lost}),
        AttendanceEvent.day_on.in_({day for _, day in lost}),
        AttendanceEvent.kind == EventKind.DENIED,
    )
    return frozenset(lost & {row._tuple() for row in session.execute(said)})


@dataclass(frozen=True)
class _Due:
    """What an office still has to say of a place's day."""

    kind: str
    place: Region
    day: date
    turn: str
    count: int


def _tell_staff(session: Session, staff: Sequence[Staff], due: _Due, now: datetime) -> int:
    cause = f"confirm:{due.place.id}:{due.day}"
    for member in staff:
        tell_staff(
            session,
            kind=due.kind,
            staff=member,
            slots={
                "village": due.place.name,
                "count": due.count,
                "day_on": due.day.isoformat(),
            },
            cause=cause,
            once=f"{due.kind}|{cause}|{due.turn}|{member.id}",
            now=now,
        )
    return len(staff)


def _rows(
    session: Session, ids: Sequence[uuid.UUID], day: date
) -> Iterator[tuple[Engagement, AttendanceDay]]:
    rows = session.execute(
        select(Engagement, AttendanceDay)
        .join(AttendanceDay, AttendanceDay.engagement_id == Engagement.id)
        .where(Engagement.id.in_(ids), AttendanceDay.day_on == day)
        .options(joinedload(Engagement.person))
        .order_by(Engagement.worker_code)
        .execution_options(populate_existing=True)
    )
    yield from (row._tuple() for row in rows)


def _evening_kind(row: AttendanceDay) -> str | None:
    if row.state in SILENT:
        return None
    if row.state == DayState.COUNTED:
        return "day_counted"
    lost = row.reasons[0] in LOST_UNLESS
    return "day_not_counted" if lost or row.state == DayState.ABSENT else "day_waits"


LOST_UNLESS = frozenset({"nobody", "head_alone", "denied_by_both", "backfill_denied"})
"""Rows that lose the day unless something still comes."""
DENIABLE = LOST_UNLESS - {"head_alone"}
"""Those of them in which a head's denial still stands: who has confirmed since took it back."""


def _final_kind(row: AttendanceDay) -> str | None:
    if row.state == DayState.COUNTED:
        return "day_counted"
    return "day_not_counted" if row.state == DayState.ABSENT else None


def _tell(
    session: Session, engagement: Engagement, row: AttendanceDay, kind: str, now: datetime
) -> None:
    tell(
        session,
        kind=kind,
        person=engagement.person,
        slots={"day_on": row.day_on.isoformat(), "result": words_of(row)},
        cause=f"day:{engagement.id}:{row.day_on}",
        once=f"{kind}|{engagement.id}|{row.day_on}|{row.state}",
        now=now,
    )


def words_of(row: AttendanceDay) -> str:
    """The row that decided, in the worker's words."""
    return load_book().text(f"day_reason.{row.reasons[0]}")
