"""All that the days of some workers are derived from: events, leaves, suspensions, stoppages, and
the days as they were. A constant number of statements, whatever the number of workers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, select
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
from services.days.duty import Duties


class Held:
    """All that the days of some workers are derived from."""

    def __init__(
        self, session: Session, people: Sequence[Row[Any]], from_on: date, to_on: date
    ) -> None:
        ids = [person.id for person in people]
        self.duties = Duties(session, {person.post_id for person in people})
        self.events = _events(session, ids, from_on, to_on)
        self.leaves = _by_engagement(
            session.scalars(
                select(Leave).where(
                    Leave.engagement_id.in_(ids),
                    Leave.state.in_((LeaveState.ASKED, LeaveState.APPROVED)),
                    Leave.from_on <= to_on,
                    Leave.to_on >= from_on,
                )
            )
        )
        pauses = session.scalars(
            select(EngagementPause).where(
                EngagementPause.engagement_id.in_(ids),
                EngagementPause.state.in_((TermState.UNDER_WAY, TermState.OVER)),
                EngagementPause.from_on <= to_on,
                EngagementPause.to_on.is_(None) | (EngagementPause.to_on >= from_on),
            )
        )
        self.pauses = _by_engagement([*holding.stops(session, ids, to_on), *pauses])
        self.stoppages = session.execute(
            select(Region.path, Stoppage.kind, Stoppage.from_on, Stoppage.to_on)
            .join(Region, Stoppage.region_id == Region.id)
            .where(
                Stoppage.withdrawn_at.is_(None),
                Stoppage.from_on <= to_on,
                Stoppage.to_on >= from_on,
            )
        ).all()
        self.before = {
            (row.engagement_id, row.day_on): row
            for row in session.execute(
                select(*_COLUMNS, AttendanceDay.month_sheet_id).where(
                    AttendanceDay.engagement_id.in_(ids),
                    AttendanceDay.day_on.between(from_on, to_on),
                )
            )
        }
        self.locked = {key for key, row in self.before.items() if row.month_sheet_id is not None}

    def stoppage(self, path: str, day: date) -> str:
        """What the district declared for a place on a day; an outage gives way to a stoppage."""
        kinds = parameters.in_force_or_first("attendance.stoppage_kinds", day).value
        found = {
            kinds[row.kind]
            for row in self.stoppages
            if row.from_on <= day <= row.to_on and path.startswith(row.path)
        }
        return next((kind for kind in ("paid", "unpaid", "outage") if kind in found), "none")

    def leave(self, engagement_id: uuid.UUID, day: date) -> Leave | None:
        """The leave that covers a day; one that is approved goes before one that is asked for."""
        covering = [
            leave
            for leave in self.leaves.get(engagement_id, ())
            if leave.from_on <= day <= (leave.ended_on or leave.to_on)
        ]
        covering.sort(key=lambda leave: (leave.state != LeaveState.APPROVED, leave.asked_at))
        return covering[0] if covering else None

    def differs(self, row: Mapping[str, Any]) -> bool:
        """Whether a day is not as it was; what settled stays settled when it was."""
        before = self.before.get((row["engagement_id"], row["day_on"]))
        return before is None or any(
            getattr(before, name) != row[name]
            for name in ("state", "planned", "counted", "minutes", "late", "leave_kind", "reasons")
        ) or (before.settled_at is None) != (row["settled_at"] is None)  # fmt: skip


_COLUMNS = [
    getattr(AttendanceDay, name)
    for name in (
        "engagement_id", "day_on", "state", "planned", "counted", "minutes", "late", "leave_kind",
        "reasons", "settled_at",
    )
]  # fmt: skip


def _by_engagement(rows: Any) -> Mapping[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.engagement_id].append(row)
    return found


def _events(
    session: Session, ids: Sequence[uuid.UUID], from_on: date, to_on: date
) -> Mapping[tuple[uuid.UUID, date], list[Row[Any]]]:
    """What was said, by worker and day; rows and no objects, for there are many."""
    found: dict[tuple[uuid.UUID, date], list[Row[Any]]] = defaultdict(list)
    said = session.execute(
        select(
            AttendanceEvent.engagement_id, AttendanceEvent.day_on, AttendanceEvent.id,
            AttendanceEvent.kind, AttendanceEvent.happened_at, AttendanceEvent.recorded_at,
            AttendanceEvent.source, AttendanceEvent.evidence, AttendanceEvent.undoes_id,
        ).where(
            AttendanceEvent.engagement_id.in_(ids),
            AttendanceEvent.day_on.between(from_on, to_on),
        )
    )  # fmt: skip
    for event in said:
        found[event.engagement_id, event.day_on].append(event)
    return found
