"""From what was said about a day to the facts of the truth table. Order does not matter: events are
taken by when they were recorded, and each side's last word holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from models import EventKind
from services.days.duty import Duty

HELD: Mapping[str, tuple[str, str]] = {
    EventKind.PRESENT: ("clerk", "present"),
    EventKind.SHEET: ("clerk", "present"),
    EventKind.ABSENT: ("clerk", "absent"),
    EventKind.CONFIRMED: ("head", "confirmed"),
    EventKind.DENIED: ("head", "denied"),
    EventKind.RULED_PRESENT: ("ruling", "present"),
    EventKind.RULED_ABSENT: ("ruling", "absent"),
}
"""Kinds of which the side's last word holds."""
SIGNALS = ("outside", "no_place", "code_wrong", "by_helper", "no_photo")
"""What a check-in's evidence may say against it: reasons to look, never to refuse."""


class Event(Protocol):
    """What is read of an event."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def source(self) -> str: ...
    @property
    def evidence(self) -> Mapping[str, Any]: ...
    @property
    def undoes_id(self) -> int | None: ...


@dataclass
class Said:
    """What the sides said of one day. `minutes`: worked, where check-in and check-out tell."""

    own: str = "none"
    clerk: str = "none"
    head: str = "none"
    ruling: str = "none"
    dispute: str = "none"
    first_in: datetime | None = None
    last_out: datetime | None = None
    lateness: str | None = None
    asked_by_clerk: bool = False
    """The sign that was forgotten was asked for by the clerk in the worker's name."""
    signals: list[str] = field(default_factory=list)

    def minutes(self, duty: Duty) -> int:
        """The minutes that a day of work counts for: what was worked, at most the plan's; the
        plan's where the hours cannot be told. A missing check-out costs nothing by itself."""
        if not duty.needs_checkout or self.first_in is None or self.last_out is None:
            return duty.minutes
        worked = int((self.last_out - self.first_in).total_seconds() // 60)
        return max(0, min(worked, duty.minutes))


def listen(events: Iterable[Event], duty: Duty, late_minutes: int) -> Said:
    """Fold the events of one day, in whatever order they come."""
    held = sorted(events, key=lambda event: (event.recorded_at, event.id))
    undone = {event.undoes_id for event in held if event.undoes_id is not None}
    said = Said()
    arrivals: list[Event] = []
    for event in held:
        if event.id in undone:
            continue
        if event.kind in HELD:
            side, word = HELD[event.kind]
            setattr(said, side, word)
            if side == "ruling":
                said.dispute = "none"
        elif event.kind == EventKind.CHECKIN:
            arrivals.append(event)
        elif event.kind == EventKind.CHECKOUT:
            said.last_out = max(said.last_out or event.happened_at, event.happened_at)
        elif event.kind == EventKind.DISPUTED:
            said.dispute = "open"
        else:
            _backfill(said, event)
    _settle_own(said, arrivals, duty, late_minutes)
    return said


def _backfill(said: Said, event: Event) -> None:
    """A check-in asked for afterwards; the second person's word holds whenever it came."""
    answers = {
        EventKind.WITNESSED: "backfilled",
        EventKind.BACKFILL_REFUSED: "backfill_refused",
    }
    if event.kind in answers:
        said.own = answers[EventKind(event.kind)]
    elif event.kind == EventKind.BACKFILL_ASKED and said.own == "none":
        said.own = "backfill_asked"
        said.asked_by_clerk = bool(event.evidence.get("by_clerk"))


def _settle_own(said: Said, arrivals: list[Event], duty: Duty, late_minutes: int) -> None:
    """A check-in in time goes before one that was asked for afterwards. A forgotten check-in that
    the clerk or the head vouches for has its second person; the clerk is none for their own."""
    if not arrivals:
        by_clerk = said.clerk == "present" and not said.asked_by_clerk
        vouched = by_clerk or said.head == "confirmed"
        if said.own == "backfill_asked" and vouched:
            said.own = "backfilled"
        return
    said.own = "in"
    first = min(arrivals, key=lambda event: (event.happened_at, event.id))
    said.first_in = first.happened_at
    said.lateness = duty.lateness(first.happened_at, late_minutes)
    clean = [a for a in arrivals if not any(a.evidence.get(name) for name in SIGNALS)]
    if not clean:
        said.signals = [
            name for name in SIGNALS if all(arrival.evidence.get(name) for arrival in arrivals)
        ]
    if duty.fence is not None and not any("inside" in arrival.evidence for arrival in arrivals):
        said.signals.append("no_place")
