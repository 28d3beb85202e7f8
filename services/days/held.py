"""All that the days of some workers are derived from: events, leaves, suspensions, stoppages, and
the days as they were. A constant number of statements, whatever the number of workers.

What is read here besides events, plans and dates must be asked for in `one_day` too (`_MORE`): the
quick way leaves such days to this one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    EngagementPause,
    Leave,
    LeaveState,
    Region,
    Stoppage,
)
from models.term_steps import TermState
from rules import parameters
from services.cross_checks import holding
from services.days.duty import Duties, Duty
from services.days.judging import COMPARED, Known

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_FROM: BindParameter[Any] = bindparam("from_on")
_TO: BindParameter[Any] = bindparam("to_on")
_EVENTS = select(
    AttendanceEvent.engagement_id, AttendanceEvent.day_on, AttendanceEvent.id,
    AttendanceEvent.kind, AttendanceEvent.happened_at, AttendanceEvent.recorded_at,
    AttendanceEvent.source, AttendanceEvent.evidence, AttendanceEvent.undoes_id,
).where(
    AttendanceEvent.engagement_id.in_(_IDS), AttendanceEvent.day_on.between(_FROM, _TO)
)  # fmt: skip
"""What was said; rows and no objects, for there are many."""
_LEAVES = select(Leave).where(
    Leave.engagement_id.in_(_IDS),
    Leave.state.in_((LeaveState.ASKED, LeaveState.APPROVED)),
    Leave.from_on <= _TO,
    Leave.to_on >= _FROM,
)
_PAUSES = select(EngagementPause).where(
    EngagementPause.engagement_id.in_(_IDS),
    EngagementPause.state.in_((TermState.UNDER_WAY, TermState.OVER)),
    EngagementPause.from_on <= _TO,
    EngagementPause.to_on.is_(None) | (EngagementPause.to_on >= _FROM),
)
_STOPPAGES = (
    select(Region.path, Stoppage.kind, Stoppage.from_on, Stoppage.to_on)
    .join(Region, Stoppage.region_id == Region.id)
    .where(Stoppage.withdrawn_at.is_(None), Stoppage.from_on <= _TO, Stoppage.to_on >= _FROM)
)
_BEFORE = select(
    AttendanceDay.engagement_id, AttendanceDay.day_on,
    *(getattr(AttendanceDay, name) for name in (*COMPARED, "settled_at", "month_sheet_id")),
).where(
    AttendanceDay.engagement_id.in_(_IDS), AttendanceDay.day_on.between(_FROM, _TO)
)  # fmt: skip


class Held:
    """All that the days of some workers are derived from."""

    def __init__(
        self, session: Session, people: Sequence[Row[Any]], from_on: date, to_on: date
    ) -> None:
        ids = [person.id for person in people]
        span = {"ids": ids, "from_on": from_on, "to_on": to_on}
        self.duties = Duties(session, {person.post_id for person in people})
        self.events = _by_day(session.execute(_EVENTS, span))
        self.leaves = _by_engagement(session.scalars(_LEAVES, span))
        pauses = session.scalars(_PAUSES, span)
        self.pauses = _by_engagement([*holding.stops(session, ids, to_on), *pauses])
        self.stoppages = session.execute(_STOPPAGES, span).all()
        self.before = {
            (row.engagement_id, row.day_on): row for row in session.execute(_BEFORE, span)
        }
        self.locked = {key for key, row in self.before.items() if row.month_sheet_id is not None}
        self._plans: dict[tuple[int, date], tuple[Duty, str]] = {}

    def known(self, person: Row[Any], day: date, *, grace: int, phase: str) -> Known:
        """What one day of one worker is derived from."""
        duty, plan = self._plan(person.post_id, day)
        return Known(
            day=day,
            duty=duty,
            plan=plan,
            grace=grace,
            phase=phase,
            events=self.events.get((person.id, day), ()),
            leave=self.leave(person.id, day),
            pauses=self.pauses.get(person.id, ()),
            stoppage=self.stoppage(person.path, day),
        )

    def _plan(self, post_id: int, day: date) -> tuple[Duty, str]:
        found = self._plans.get((post_id, day))
        if found is None:
            duty = self.duties.on(post_id, day)
            found = self._plans[post_id, day] = duty, duty.kind_of_day(day)
        return found

    def stoppage(self, path: str, day: date) -> str:
        """What the district declared for a place on a day; an outage gives way to a stoppage."""
        if not self.stoppages:
            return "none"
        kinds = parameters.in_force_or_first("attendance.stoppage_kinds", day).value
        found = {
            kinds[row.kind]
            for row in self.stoppages
            if row.from_on <= day <= row.to_on and path.startswith(row.path)
        }
        return next((kind for kind in ("paid", "unpaid", "outage") if kind in found), "none")

    def leave(self, engagement_id: uuid.UUID, day: date) -> Leave | None:
        """The leave that covers a day; one that is approved goes before one that is asked for."""
        leaves = self.leaves.get(engagement_id)
        if leaves is None:
            return None
        covering = [one for one in leaves if one.from_on <= day <= (one.ended_on or one.to_on)]
        covering.sort(key=lambda leave: (leave.state != LeaveState.APPROVED, leave.asked_at))
        return covering[0] if covering else None


def _by_engagement(rows: Any) -> Mapping[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.engagement_id].append(row)
    return found


def _by_day(said: Any) -> Mapping[tuple[uuid.UUID, date], list[Row[Any]]]:
    found: dict[tuple[uuid.UUID, date], list[Row[Any]]] = defaultdict(list)
    for event in said:
        found[event.engagement_id, event.day_on].append(event)
    return found
