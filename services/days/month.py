"""A month of days, per worker: for the worker, the month grid and the printed sheet; read for a
whole place in a constant number of statements."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models import AttendanceDay, DayState, Engagement, Person, Post
from rules.months import end_of_month
from services.days import deriving

OPEN = frozenset({DayState.UNKNOWN, DayState.DISPUTED})


@dataclass(frozen=True)
class Day:
    """One derived day. `reasons`: keys of `day_reason`, first the row that decided."""

    day_on: date
    state: DayState
    planned: bool
    counted: bool
    minutes: int
    late: bool
    leave_kind: str | None
    reasons: tuple[str, ...]
    settled: bool
    locked: bool


@dataclass
class WorkerMonth:
    """One worker's month. `leave_days`: kind → days."""

    engagement_id: uuid.UUID
    person_id: uuid.UUID
    name: str
    code: str
    post: str
    region_id: int
    days: list[Day] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return sum(day.counted for day in self.days)

    @property
    def planned(self) -> int:
        return sum(day.planned for day in self.days)

    @property
    def open(self) -> int:
        """Days of which nobody can say yet whether they count."""
        return sum(day.state in OPEN for day in self.days)

    @property
    def minutes(self) -> int:
        return sum(day.minutes for day in self.days)

    @property
    def leave_days(self) -> Mapping[str, int]:
        found: dict[str, int] = defaultdict(int)
        for day in self.days:
            if day.leave_kind and day.state in {DayState.LEAVE_PAID, DayState.LEAVE_UNPAID}:
                found[day.leave_kind] += 1
        return dict(found)

    def with_state(self, *states: DayState) -> list[Day]:
        """The days of these states, in order."""
        return [day for day in self.days if day.state in states]


def of_village(session: Session, region_id: int, month: date) -> list[WorkerMonth]:
    """Everybody on a post of exactly this place in that month, by worker code. Two statements."""
    return of_places(session, [region_id], month)


def of_places(session: Session, region_ids: Sequence[int], month: date) -> list[WorkerMonth]:
    """The same for several places."""
    first, last = month.replace(day=1), end_of_month(month)
    people = session.execute(
        select(
            Engagement.id, Engagement.person_id, Person.name, Engagement.worker_code, Post.name,
            Post.region_id,
        )
        .join(Post, Engagement.post_id == Post.id)
        .join(Person, Engagement.person_id == Person.id)
        .where(Post.region_id.in_(region_ids), Engagement.id.in_(deriving.asked_span(first, last)))
        .order_by(Post.region_id, Engagement.worker_code)
    )  # fmt: skip
    found = {row[0]: WorkerMonth(*row._tuple()) for row in people}
    on_posts = select(Engagement.id).join(Post).where(Post.region_id.in_(region_ids))
    for row in session.execute(
        select(*_COLUMNS)
        .where(AttendanceDay.engagement_id.in_(on_posts), AttendanceDay.day_on.between(first, last))
        .order_by(AttendanceDay.day_on)
    ):
        worker = found.get(row.engagement_id)
        if worker is not None:
            worker.days.append(_day(row))
    return list(found.values())


def of_worker(session: Session, engagement_id: uuid.UUID, month: date, now: datetime) -> list[Day]:
    """One worker's month up to today, derived afresh."""
    first, last = month.replace(day=1), end_of_month(month)
    deriving.derive(session, [engagement_id], from_on=first, to_on=last, now=now)
    rows = session.execute(
        select(*_COLUMNS)
        .where(
            AttendanceDay.engagement_id == engagement_id,
            AttendanceDay.day_on.between(first, last),
        )
        .order_by(AttendanceDay.day_on)
    )
    return [_day(row) for row in rows]


_COLUMNS = (
    AttendanceDay.engagement_id, AttendanceDay.day_on, AttendanceDay.state, AttendanceDay.planned,
    AttendanceDay.counted, AttendanceDay.minutes, AttendanceDay.late, AttendanceDay.leave_kind,
    AttendanceDay.reasons, AttendanceDay.settled_at, AttendanceDay.month_sheet_id,
)  # fmt: skip


def _day(row: Row[Any]) -> Day:
    _, day_on, state, planned, counted, minutes, late, kind, reasons, settled, sheet = row
    return Day(
        day_on=day_on,
        state=DayState(state),
        planned=planned,
        counted=counted,
        minutes=minutes,
        late=late,
        leave_kind=kind,
        reasons=tuple(reasons),
        settled=settled is not None,
        locked=sheet is not None,
    )
