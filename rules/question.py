"""What is asked about a person, and what the rules answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from rules.retirement import Category

Track = Literal["rural", "urban"]
Sex = Literal["female", "male"]
Outcome = Literal["eligible", "to_verify", "not_eligible"]
Finding = Literal["met", "not_met", "unknown", "attention"]


@dataclass(frozen=True, slots=True)
class Question:
    """Facts about one person on the reference date; None means that nobody knows yet.

    ``groups`` holds the claims to listed groups (an empty set: asked, and none applies);
    ``unemployed`` means registered as unemployed; a man's ``retire_category`` is M60 by itself.
    """

    ruleset: str
    reference_on: date
    track: Track
    born_on: date | None
    sex: Sex | None
    retire_category: Category | None = None
    groups: frozenset[str] | None = None
    unemployed: bool | None = None
    zero_employment_household: bool | None = None


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One condition of one rule: what was asked, what was found, by which text.

    ``parameters`` names the dated values used; ``reached_on`` is the day on which an age that is
    still too low is reached. ``attention`` is no condition: it tells staff to look.
    """

    rule: str
    clause: str
    reference: str
    status: str
    fact: str
    value: Any
    needs: Any
    outcome: Finding
    parameters: tuple[str, ...] = ()
    reached_on: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The entry as plain JSON values, for storing and printing."""
        return {**asdict(self), "parameters": list(self.parameters)}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say; only a person refuses (R-3.2h).

    ``matched`` are the rules that hold, ``missing`` the unknown facts that could make one hold,
    ``becomes_eligible_on`` the day when age alone stands in the way until then.
    """

    outcome: Outcome
    matched: tuple[str, ...]
    becomes_eligible_on: date | None
    trace: tuple[TraceEntry, ...]
    missing: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Outcome, matched, becomes_eligible_on and trace as plain JSON values."""
        day = self.becomes_eligible_on
        return {
            "outcome": self.outcome,
            "matched": list(self.matched),
            "becomes_eligible_on": day.isoformat() if day else None,
            "trace": [entry.as_json() for entry in self.trace],
        }
