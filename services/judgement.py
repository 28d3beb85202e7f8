"""What somebody wants to enter, judged: what forbids it, and what they only have to know."""

from __future__ import annotations

from dataclasses import dataclass

from services.guards import Obstacle


@dataclass(frozen=True)
class Judgement:
    """`errors` forbid; `warnings` are said and kept."""

    errors: tuple[Obstacle, ...]
    warnings: tuple[Obstacle, ...] = ()

    @property
    def is_fit(self) -> bool:
        return not self.errors
