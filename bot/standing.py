"""Where a talk stands: the open forms, what waits, and the rest of a long reply. Plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialog import State


@dataclass
class Standing:
    """`stack`: open forms, the one being asked last. `paused`: forms put aside, to be resumed.
    `queued`: further intents of a message that held several things, with its words. `misses`
    counts messages in a row that nothing understood. `offered`: what the numbers of the menu just
    shown mean. `more` is the rest of a long reply."""

    stack: list[State] = field(default_factory=list)
    paused: list[State] = field(default_factory=list)
    queued: list[dict[str, Any]] = field(default_factory=list)
    misses: int = 0
    offered: list[str] = field(default_factory=list)
    more: str = ""

    @property
    def top(self) -> State | None:
        return self.stack[-1] if self.stack else None

    def pause(self) -> None:
        """Put the open forms aside; what was put aside before them is forgotten."""
        if self.stack:
            self.paused, self.stack = self.stack, []

    def resume(self) -> bool:
        """Take the forms put aside up again. False when there are none."""
        if not self.paused:
            return False
        self.stack, self.paused = [*self.paused, *self.stack], []
        return True

    def forget(self) -> None:
        """Drop every answer that any form still holds."""
        self.stack, self.paused, self.queued, self.more = [], [], [], ""

    def to_json(self) -> dict[str, Any]:
        return {
            "stack": [state.to_json() for state in self.stack],
            "paused": [state.to_json() for state in self.paused],
            "queued": self.queued,
            "misses": self.misses,
            "offered": self.offered,
            "more": self.more,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Standing:
        """Rebuild what any release wrote; what is absent gets its default."""
        return cls(
            stack=[State.from_json(state) for state in document.get("stack", ())],
            paused=[State.from_json(state) for state in document.get("paused", ())],
            queued=list(document.get("queued", ())),
            misses=int(document.get("misses", 0)),
            offered=list(document.get("offered", ())),
            more=document.get("more", ""),
        )
