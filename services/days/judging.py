"""A day as it is written down: the facts of one worker's day held against the truth table, and what
else is to be known of it. Nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from models import EngagementPause, Leave, LeaveState
from rules import attendance, parameters
from services.clock import SHANGHAI, business_date
from services.cross_checks.holding import Stop
from services.days.duty import Duty
from services.days.facts import Event, Said, listen

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


def late_minutes(day: date) -> int:
    """The grace on both sides of a check-in window."""
    return int(parameters.in_force_or_first("attendance.late_minutes", day).value)


class Worker(Protocol):
    """What is read of an engagement."""

    @property
    def id(self) -> UUID: ...
    @property
    def starts_on(self) -> date | None: ...
    @property
    def ends_on(self) -> date | None: ...
    @property
    def ended_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Known:
    """What one day of one worker is derived from. `plan`: the kind of day that the duty makes it;
    `grace`: minutes."""

    day: date
    duty: Duty
    plan: str
    grace: int
    phase: str
    events: Sequence[Event] = ()
    leave: Leave | None = None
    pauses: Sequence[EngagementPause | Stop] = ()
    stoppage: str = "none"


def judge(worker: Worker, known: Known, now: datetime) -> dict[str, Any]:
    """The columns of the day, but for the month that locks it."""
    said = listen(known.events, known.duty, known.grace)
    leave = known.leave
    dates = _dates(worker, known.day, known.pauses)
    facts = attendance.Facts(
        dates=dates,
        plan=known.plan,
        stoppage=known.stoppage,
        leave=_leave(leave),
        own=said.own,
        clerk=said.clerk,
        head=said.head,
        dispute=said.dispute,
        ruling=said.ruling,
        phase=known.phase,
    )
    verdict = attendance.derive(facts)
    counts = verdict.counted and verdict.state != "unknown"
    return {
        "engagement_id": worker.id,
        "day_on": known.day,
        "state": verdict.state,
        "planned": known.plan == "work" and dates not in {"before_start", "after_end"},
        "counted": counts,
        "minutes": said.minutes(known.duty) if counts else 0,
        "late": verdict.state in CAME and said.lateness == "late",
        "leave_kind": leave.kind if leave and leave.state == LeaveState.APPROVED else None,
        "reasons": [verdict.row, *_remarks(said, leave, facts)],
        "rules_version": attendance.table().version,
        "derived_at": now,
        "settled_at": now if verdict.settled else None,
    }


COMPARED = ("state", "planned", "counted", "minutes", "late", "leave_kind", "reasons")
"""What makes a day another one than it was; besides, whether it is settled."""


def differs(before: Any, row: Mapping[str, Any]) -> bool:
    """Whether a day is not as it was; what settled stays settled when it was."""
    return (
        before is None
        or any(getattr(before, name) != row[name] for name in COMPARED)
        or (before.settled_at is None) != (row["settled_at"] is None)
    )


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


def _dates(worker: Worker, day: date, pauses: Sequence[EngagementPause | Stop]) -> str:
    if worker.starts_on is None or day < worker.starts_on:
        return "before_start"
    last = worker.ended_on or worker.ends_on
    if last is not None and day > last:
        return "after_end"
    for pause in pauses:
        if pause.from_on <= day and (pause.to_on is None or day <= pause.to_on):
            return "paused_paid" if pause.paid else "paused_unpaid"
    return "on_post"
