"""Derives days from what was said of them, for many workers in a constant number of statements.

Safe to repeat: the same events give the same day. A day that a month sheet has locked is left as it
is. Whoever derives holds the engagements' rows, so that of two at once the second sees what the
first one said.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    Engagement,
    EngagementPause,
    EngagementStatus,
    Leave,
    LeaveState,
    Post,
    Region,
)
from rules import attendance, parameters
from services.clock import SHANGHAI, business_date
from services.cross_checks.holding import Stop
from services.days.duty import default_duty
from services.days.facts import Said, listen
from services.days.held import Held

CHUNK = 400
"""Engagements at a time: memory stays flat, and a lock is short."""
CAME = frozenset({"counted"})


@dataclass(frozen=True)
class Moment:
    """The instant at which days are derived, and the hours that decide what is closed."""

    now: datetime
    evening: time
    late_hours: int

    def phase(self, day: date) -> str:
        """`open` until the evening's result, `closed` once no late arrival can come any more."""
        ends = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
        if self.now >= ends + timedelta(hours=self.late_hours):
            return "closed"
        evening = datetime.combine(day, self.evening, SHANGHAI)
        return "evening" if self.now >= evening else "open"


def moment(now: datetime) -> Moment:
    """The instant with the parameters of its day."""
    today = business_date(now)
    evening = parameters.in_force_or_first("attendance.evening_result_at", today).value
    late = parameters.in_force_or_first("attendance.offline_hours", today).value
    return Moment(now, time.fromisoformat(evening), int(late))


def derive(
    session: Session,
    engagement_ids: Collection[uuid.UUID],
    *,
    from_on: date,
    to_on: date,
    now: datetime,
) -> int:
    """Derive these workers' days of a span; gives how many were written."""
    written = 0
    ids = sorted(engagement_ids)
    attendance.table()  # files are read before the first lock is held, not behind it
    default_duty(to_on).kind_of_day(to_on)
    for first in range(0, len(ids), CHUNK):
        written += _derive(session, ids[first : first + CHUNK], from_on, to_on, moment(now))
    return written


def derive_day(session: Session, engagement_id: uuid.UUID, day: date, now: datetime) -> str:
    """Derive one day of one worker; gives its state. Days ahead are not derived."""
    derive(session, [engagement_id], from_on=day, to_on=day, now=now)
    found = session.get(AttendanceDay, (engagement_id, day), populate_existing=True)
    return str(found.state) if found else "unknown"


def of_span(session: Session, from_on: date, to_on: date) -> Sequence[uuid.UUID]:
    """Everybody who was on a post, or was to be, on some day of a span."""
    return session.scalars(asked_span(from_on, to_on)).all()


def asked_span(from_on: date, to_on: date) -> Select[tuple[uuid.UUID]]:
    """The same, as a statement."""
    return select(Engagement.id).where(
        Engagement.status != EngagementStatus.STARTING,
        Engagement.starts_on <= to_on,
        Engagement.ended_on.is_(None) | (Engagement.ended_on >= from_on),
    )


def of_place(session: Session, place_id: int, day: date) -> list[uuid.UUID]:
    """Everybody on a post of exactly this place on a day."""
    mine = asked_span(day, day).join(Post, Engagement.post_id == Post.id)
    return list(session.scalars(mine.where(Post.region_id == place_id)))


def forget(session: Session, engagement_id: uuid.UUID, from_on: date, to_on: date) -> None:
    """Delete derived days that no month has locked; they can be derived again."""
    session.execute(
        delete(AttendanceDay).where(
            AttendanceDay.engagement_id == engagement_id,
            AttendanceDay.day_on.between(from_on, to_on),
            AttendanceDay.month_sheet_id.is_(None),
        )
    )


def _derive(
    session: Session, ids: Sequence[uuid.UUID], from_on: date, to_on: date, at: Moment
) -> int:
    people = _lock(session, ids)
    if not people:
        return 0
    held = Held(session, people, from_on, to_on)
    late_minutes = int(parameters.in_force_or_first("attendance.late_minutes", to_on).value)
    rows = [
        _row(person, day, held, late_minutes, at)
        for person in people
        for day in _days(from_on, min(to_on, business_date(at.now)))
        if (person.id, day) not in held.locked
    ]
    changed = [row for row in rows if held.differs(row)]
    _write(session, changed)
    return len(changed)


def _lock(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Row[Any]]:
    """The engagements, held against others who derive (and not against check-ins)."""
    return session.execute(
        select(
            Engagement.id, Engagement.post_id, Engagement.starts_on, Engagement.ends_on,
            Engagement.ended_on, Region.path,
        )
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(Engagement.id.in_(ids))
        .order_by(Engagement.id)
        .with_for_update(key_share=True, of=Engagement)
    ).all()  # fmt: skip


def _row(person: Row[Any], day: date, held: Held, late_minutes: int, at: Moment) -> dict[str, Any]:
    duty = held.duties.on(person.post_id, day)
    said = listen(held.events.get((person.id, day), ()), duty, late_minutes)
    leave = held.leave(person.id, day)
    dates = _dates(person, day, held.pauses.get(person.id, ()))
    facts = attendance.Facts(
        dates=dates,
        plan=duty.kind_of_day(day),
        stoppage=held.stoppage(person.path, day),
        leave=_leave(leave),
        own=said.own,
        clerk=said.clerk,
        head=said.head,
        dispute=said.dispute,
        ruling=said.ruling,
        phase=at.phase(day),
    )
    verdict = attendance.derive(facts)
    counts = verdict.counted and verdict.state != "unknown"
    return {
        "engagement_id": person.id,
        "day_on": day,
        "state": verdict.state,
        "planned": facts.plan == "work" and dates not in {"before_start", "after_end"},
        "counted": counts,
        "minutes": said.minutes(duty) if counts else 0,
        "late": verdict.state in CAME and said.lateness == "late",
        "leave_kind": leave.kind if leave and leave.state == LeaveState.APPROVED else None,
        "reasons": [verdict.row, *_remarks(said, leave, facts)],
        "rules_version": attendance.table().version,
        "derived_at": at.now,
        "settled_at": at.now if verdict.settled else None,
    }


def _remarks(said: Said, leave: Leave | None, facts: attendance.Facts) -> Iterator[str]:
    """What else is to be known of a day, in a fixed order: reasons, never verdicts."""
    if said.lateness:
        yield said.lateness
    yield from said.signals
    if said.own == "in" and leave is not None and leave.state == LeaveState.APPROVED:
        yield "half_leave" if leave.half_day else "came_on_leave"
    if said.own == "in" and facts.clerk == "absent" and facts.head == "confirmed":
        yield "clerk_differs"
    if said.own == "in" and facts.plan != "work":
        yield "came_on_rest"
    if facts.leave in {"paid", "unpaid"} and said.own == "none" and facts.head == "confirmed":
        yield "confirmed_on_leave"


def _leave(leave: Leave | None) -> str:
    if leave is None:
        return "none"
    if leave.state == LeaveState.ASKED:
        return "asked"
    if leave.half_day:
        return "half"
    return "paid" if leave.paid else "unpaid"


def _dates(person: Row[Any], day: date, pauses: Sequence[EngagementPause | Stop]) -> str:
    if person.starts_on is None or day < person.starts_on:
        return "before_start"
    last = person.ended_on or person.ends_on
    if last is not None and day > last:
        return "after_end"
    for pause in pauses:
        if pause.from_on <= day and (pause.to_on is None or day <= pause.to_on):
            return "paused_paid" if pause.paid else "paused_unpaid"
    return "on_post"


def _days(from_on: date, to_on: date) -> Iterator[date]:
    for more in range((to_on - from_on).days + 1):
        yield from_on + timedelta(days=more)


def _write(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or renew; when a day settled stays as it was first found."""
    if not rows:
        return
    dialect = session.get_bind().dialect.name
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made = insert(AttendanceDay)
    renewed = {
        name: made.excluded[name] for name in rows[0] if name not in {"engagement_id", "day_on"}
    }
    renewed["settled_at"] = case(
        (made.excluded["settled_at"].is_(None), None),
        else_=func.coalesce(AttendanceDay.settled_at, made.excluded["settled_at"]),
    )
    session.execute(
        made.on_conflict_do_update(
            index_elements=["engagement_id", "day_on"],
            set_=renewed,
            where=AttendanceDay.month_sheet_id.is_(None),
        ),
        list(rows),
    )
