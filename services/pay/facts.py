"""What the days of a month say of each worker: the input of the pay rules, for many places at once,
in a handful of statements."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from sqlalchemy import Row, String, case, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from models import AttendanceDay, Engagement, EngagementStatus, Post, PostChange
from models.days import DayState
from rules.months import end_of_month
from rules.pay import Work, hours_of_month
from rules.question import Track
from rules.wage import Basis
from services.pay.planned import WorkDays, work_days

OPEN = frozenset({DayState.UNKNOWN, DayState.DISPUTED})
"""Days of which nobody can say yet whether they count."""
RATE = ("pay_kind", "pay_fen", "hours_per_month", "hours_per_week")


@dataclass(frozen=True)
class Facts:
    """One worker's month. `days`: state → the days of the month, `1,2,5`."""

    engagement_id: uuid.UUID
    person_id: uuid.UUID
    region_id: int
    work: Work
    open_days: int
    days: Mapping[str, str]


@dataclass
class _Counted:
    """The days of one engagement, as they are read."""

    planned: int = 0
    paid: int = 0
    open: int = 0
    minutes: int = 0
    days: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


def of_places(session: Session, month_on: date, region_ids: Sequence[int]) -> list[Facts]:
    """Everybody who was on a post of these places in that month, also without a single day. A day
    of work that nobody has derived yet is open: it neither pays nor is forgotten."""
    people = _people(session, month_on, region_ids)
    counted = _days(session, month_on, region_ids)
    rates = _rates(session, month_on, people)
    days_of = work_days(session, month_on, {row.post_id for row in people})
    found = []
    for row in people:
        mine = counted.get(row.id, _Counted())
        rate = rates.get(row.post_id) or {name: getattr(row, name) for name in RATE}
        work = Work(
            track=cast(Track, row.track),
            planned=len(days_of[row.post_id]),
            paid=mine.paid,
            seen=mine.paid,
            kind=cast("Basis | None", rate["pay_kind"]),
            rate_fen=rate["pay_fen"],
            hours=hours_of_month(rate["hours_per_month"], rate["hours_per_week"]),
            minutes=mine.minutes,
        )
        missing = _mine(row, month_on, days_of[row.post_id]) - mine.planned
        days = {state: ",".join(map(str, sorted(on))) for state, on in sorted(mine.days.items())}
        found.append(
            Facts(row.id, row.person_id, row.region_id, work, mine.open + max(missing, 0), days)
        )
    return found


def digest(*parts: Any) -> str:
    """SHA-256 of plain values, the same whatever the order of their keys."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def places_of_month(session: Session, month_on: date) -> Sequence[int]:
    """The places where somebody was on a post in that month."""
    on_post = _on_post(month_on).with_only_columns(Post.region_id).distinct()
    return session.scalars(on_post.order_by(Post.region_id)).all()


def _on_post(month_on: date) -> Any:
    last = func.coalesce(Engagement.ended_on, Engagement.ends_on)
    return (
        select(
            Engagement.id, Engagement.person_id, Engagement.post_id, Engagement.track,
            Engagement.starts_on, last.label("last_on"), Post.region_id,
            *(getattr(Post, name) for name in RATE),
        )
        .join(Post, Engagement.post_id == Post.id)
        .where(
            Engagement.status != EngagementStatus.STARTING,
            Engagement.starts_on <= end_of_month(month_on),
            last.is_(None) | (last >= month_on),
        )
    )  # fmt: skip


def _people(session: Session, month_on: date, region_ids: Sequence[int]) -> Sequence[Row[Any]]:
    asked = _on_post(month_on).where(Post.region_id.in_(region_ids))
    return session.execute(asked.order_by(Post.region_id, Engagement.worker_code)).all()


def _days(session: Session, month_on: date, region_ids: Sequence[int]) -> dict[uuid.UUID, _Counted]:
    day = func.aggregate_strings(as_type(func.extract("day", AttendanceDay.day_on), String), ",")
    rows = session.execute(
        select(
            AttendanceDay.engagement_id, AttendanceDay.state, AttendanceDay.counted,
            func.sum(case((AttendanceDay.planned, 1), else_=0)),
            func.count(), func.sum(AttendanceDay.minutes), day,
        )
        .join(Engagement, AttendanceDay.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(
            Post.region_id.in_(region_ids),
            AttendanceDay.day_on.between(month_on, end_of_month(month_on)),
        )
        .group_by(AttendanceDay.engagement_id, AttendanceDay.state, AttendanceDay.counted)
    )  # fmt: skip
    found: dict[uuid.UUID, _Counted] = defaultdict(_Counted)
    for engagement, state, counts, planned, number, minutes, days in rows:
        mine = found[engagement]
        mine.planned += int(planned)
        mine.open += number if state in OPEN else 0
        if counts or state == DayState.LEAVE_PAID:
            mine.paid += number
            mine.minutes += int(minutes)
        mine.days[str(state)].extend(int(float(one)) for one in days.split(","))
    return found


def _rates(
    session: Session, month_on: date, people: Sequence[Row[Any]]
) -> dict[int, dict[str, Any]]:
    """The rate of the posts that were changed since the month's end, as it was then."""
    now = {row.post_id: {name: getattr(row, name) for name in RATE} for row in people}
    later = session.scalars(
        select(PostChange)
        .where(
            PostChange.post_id.in_(now),
            PostChange.act == "change",
            PostChange.effective_on > end_of_month(month_on),
        )
        .order_by(PostChange.id.desc())
    )
    changed: dict[int, dict[str, Any]] = {}
    for change in later:  # back in time: the oldest of them says what held before
        before = {name: value for name, value in change.before.items() if name in RATE}
        changed[change.post_id] = {**changed.get(change.post_id, now[change.post_id]), **before}
    return changed


def _mine(row: Row[Any], month_on: date, days: WorkDays) -> int:
    """The days of work that lie within somebody's time on the post."""
    first = row.starts_on.day if row.starts_on > month_on else 1
    last = row.last_on.day if row.last_on and row.last_on < end_of_month(month_on) else 31
    return sum(first <= day <= last for day in days)


def chunks(ids: Sequence[int], size: int = 100) -> Iterator[Sequence[int]]:
    """So many places at a time: memory stays flat."""
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
