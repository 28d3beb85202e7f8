"""One worker's day in as few statements as may be: who checks in after the evening's result waits
for it (design.md 9).

A day of which nothing is known but its events, its plan and its dates (nearly all of them) is read
in one prepared statement. Of every other one this says so, and `services.days.held` reads it; both
ways end in the same judgement.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, Connection, Table, and_, bindparam, exists, func, or_, select

from models import (
    AttendanceDay,
    AttendanceEvent,
    DutyPlan,
    Engagement,
    EngagementPause,
    HitState,
    Leave,
    LeaveState,
    ListHit,
    Post,
    Region,
    Stoppage,
)
from models.prepared import Prepared
from models.term_steps import TermState
from services.days import judging
from services.days.duty import PLAN_COLUMNS, in_force, of_columns
from services.days.judging import Known, Moment

_ENGAGEMENT = cast(Table, Engagement.__table__)
_POST = cast(Table, Post.__table__)
_REGION = cast(Table, Region.__table__)
_PLAN = cast(Table, DutyPlan.__table__)
_DAY = cast(Table, AttendanceDay.__table__)
_EVENT = cast(Table, AttendanceEvent.__table__)
_LEAVE = cast(Table, Leave.__table__)
_PAUSE = cast(Table, EngagementPause.__table__)
_HIT = cast(Table, ListHit.__table__)
_STOPPAGE = cast(Table, Stoppage.__table__)

_key: BindParameter[Any] = bindparam("engagement")
_day: BindParameter[Any] = bindparam("day")
_stopped = _REGION.alias("stopped")
_MORE = or_(
    exists().where(
        _LEAVE.c.engagement_id == _key,
        or_(
            _LEAVE.c.state == LeaveState.ASKED.value, _LEAVE.c.state == LeaveState.APPROVED.value
        ),
        _LEAVE.c.from_on <= _day,
        _LEAVE.c.to_on >= _day,
    ),
    exists().where(
        _PAUSE.c.engagement_id == _key,
        or_(
            _PAUSE.c.state == TermState.UNDER_WAY.value, _PAUSE.c.state == TermState.OVER.value
        ),
        _PAUSE.c.from_on <= _day,
        or_(_PAUSE.c.to_on.is_(None), _PAUSE.c.to_on >= _day),
    ),
    exists().where(
        _HIT.c.engagement_id == _key,
        _HIT.c.state == HitState.OPEN.value,
        _HIT.c.stops_days,
        _HIT.c.since_on < _day,
    ),
    exists()
    .where(
        _STOPPAGE.c.region_id == _stopped.c.id,
        _STOPPAGE.c.withdrawn_at.is_(None),
        _STOPPAGE.c.from_on <= _day,
        _STOPPAGE.c.to_on >= _day,
        func.substr(_REGION.c.path, 1, func.length(_stopped.c.path)) == _stopped.c.path,
    )
    .correlate(_REGION),
)  # fmt: skip
"""Whether more is known of the day: it is read with everything else that bears on it."""

_HELD = (*judging.COMPARED, "settled_at", "month_sheet_id")
_SAID = ("id", "kind", "happened_at", "recorded_at", "source", "evidence", "undoes_id")
_READ = Prepared(
    select(
        _MORE.label("more"),
        _ENGAGEMENT.c.id, _ENGAGEMENT.c.starts_on, _ENGAGEMENT.c.ends_on, _ENGAGEMENT.c.ended_on,
        *(_PLAN.c[name] for name in PLAN_COLUMNS),
        *(_DAY.c[name] for name in _HELD),
        *(_EVENT.c[name] for name in _SAID),
    )
    .select_from(_ENGAGEMENT)
    .join(_POST, _POST.c.id == _ENGAGEMENT.c.post_id)
    .join(_REGION, _REGION.c.id == _POST.c.region_id)
    .outerjoin(_PLAN, in_force(_day))
    .outerjoin(_DAY, and_(_DAY.c.engagement_id == _ENGAGEMENT.c.id, _DAY.c.day_on == _day))
    .outerjoin(_EVENT, and_(_EVENT.c.engagement_id == _ENGAGEMENT.c.id, _EVENT.c.day_on == _day))
    .where(_ENGAGEMENT.c.id == _key)
)  # fmt: skip
_LOCK = Prepared(
    select(_ENGAGEMENT.c.id).where(_ENGAGEMENT.c.id == _key).with_for_update(key_share=True)
)


class Worker(NamedTuple):
    id: uuid.UUID
    starts_on: date | None
    ends_on: date | None
    ended_on: date | None


class Before(NamedTuple):
    """The day as it was; the columns of `_HELD`."""

    state: str
    planned: bool
    counted: bool
    minutes: int
    late: bool
    leave_kind: str | None
    reasons: list[Any]
    settled_at: datetime | None
    month_sheet_id: uuid.UUID | None


class Said(NamedTuple):
    """An event; the columns of `_SAID`."""

    id: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    source: str
    evidence: dict[str, Any]
    undoes_id: int | None


_PLAN_ENDS = 5 + len(PLAN_COLUMNS)
_DAY_ENDS = _PLAN_ENDS + len(_HELD)


@dataclass(frozen=True)
class OneDay:
    """A day, and the row that it should be."""

    before: Before | None
    row: dict[str, Any]

    @property
    def is_locked(self) -> bool:
        return self.before is not None and self.before.month_sheet_id is not None


def read(connection: Connection, engagement_id: uuid.UUID, day: date, at: Moment) -> OneDay | None:
    """The day; None where more is known of it than this reads, or nothing at all. On PostgreSQL the
    engagement is held first, so that what another one said meanwhile is read."""
    values = {"engagement": engagement_id, "day": day}
    if connection.dialect.name == "postgresql":  # SQLite has one who writes
        _LOCK.first(connection, values)
    rows = _READ.all(connection, values)
    if not rows or rows[0][0]:
        return None
    first = rows[0]
    duty = of_columns(first[5:_PLAN_ENDS], day)
    known = Known(
        day=day,
        duty=duty,
        plan=duty.kind_of_day(day),
        grace=judging.late_minutes(day),
        phase=at.phase(day),
        events=[Said(*row[_DAY_ENDS:]) for row in rows if row[_DAY_ENDS] is not None],
    )
    held = first[_PLAN_ENDS:_DAY_ENDS]
    before = None if held[0] is None else Before(*held)
    return OneDay(before, judging.judge(Worker(*first[1:5]), known, at.now))
