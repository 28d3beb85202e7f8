"""Where a talk stands: the open forms, what waits, and the rest of a long reply. Plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dialog import State


@dataclass
class Standing:
    """`stack`: open forms, the one being asked last. `queued`: what follows once they are done: the
    further intents of a message that held several things, with its words. `paused` and
    `paused_queued`: both, put aside together, to be resumed. `misses`
    counts messages in a row that nothing understood. `offered`: what the numbers of the menu just
    shown mean, and `offered_on` the day it holds for. `more` is the rest of a long reply."""

    stack: list[State] = field(default_factory=list)
    paused: list[State] = field(default_factory=list)
    queued: list[dict[str, Any]] = field(default_factory=list)
    paused_queued: list[dict[str, Any]] = field(default_factory=list)
    misses: int = 0
    offered: list[str] = field(default_factory=list)
    offered_on: str = ""
    more: str = ""

    @property
    def top(self) -> State | None:
        return self.stack[-1] if self.stack else None

    def offer(self, intents: Sequence[str], day: date) -> None:
        """Have the numbers 1, 2, 3 … mean these from now on, in place of any menu before; none of
        them takes the menu back."""
        self.offered = list(intents)
        self.offered_on = day.isoformat() if self.offered else ""

    def take_offers(self, day: date) -> list[str]:
        """Take the menu back; gives what it still offered on that day."""
        holds = self.offered_on in {"", day.isoformat()}
        offered = self.offered if holds else []
        self.offer((), day)
        return offered

    def pause(self) -> None:
        """Put the open forms aside; what was put aside before them is forgotten."""
        if self.stack:
            self.paused, self.stack = self.stack, []
            self.paused_queued, self.queued = self.queued, []

    def leave(self) -> None:
        """Put the open forms aside where something was answered in them; what holds no answer is
        let go, and leaves what was put aside before as it is."""
        if any(state.answers for state in self.stack):
            self.pause()
        else:
            self.stack, self.queued = [], []

    def resume(self) -> bool:
        """Take the forms put aside up again. False when there are none."""
        if not self.paused:
            return False
        self.stack, self.paused = [*self.paused, *self.stack], []
        self.queued, self.paused_queued = [*self.queued, *self.paused_queued], []
        return True

    def forget(self) -> None:
        """Drop every answer that any form still holds."""
        self.stack, self.paused, self.more = [], [], ""
        self.queued, self.paused_queued = [], []

    def to_json(self) -> dict[str, Any]:
        return {
            "stack": [state.to_json() for state in self.stack],
            "paused": [state.to_json() for state in self.paused],
            "queued": self.queued,
            "paused_queued": self.paused_queued,
            "misses": self.misses,
            "offered": self.offered,
            "offered_on": self.offered_on,
            "more": self.more,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Standing:
        """Rebuild what any release wrote; what is absent gets its default."""
        return cls(
            stack=[State.from_json(state) for state in document.get("stack", ())],
            paused=[State.from_json(state) for state in document.get("paused", ())],
            queued=list(document.get("queued", ())),
            paused_queued=list(document.get("paused_queued", ())),
            misses=int(document.get("misses", 0)),
            offered=list(document.get("offered", ())),
            offered_on=document.get("offered_on", ""),
            more=document.get("more", ""),
        )
