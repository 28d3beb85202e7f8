"""The kinds of lists, from `kinds.yaml`: what a row's date means and what a hit does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from models.term_steps import ExitCause
from rules import strict_yaml

TABLE = Path(__file__).with_name("kinds.yaml")


class BadListKind(ValueError):
    """A row of the table is not what the loader understands."""


@dataclass(frozen=True)
class ListKind:
    """One row; see the table's head for what each key means."""

    name: str
    owner: str
    monthly: bool = False
    dated: bool = False
    stops_days: bool = False
    asks_worker: bool = False
    leaves: ExitCause | None = None
    last_day: str = "same"
    any_time: bool = False
    circumstance: str | None = None

    def last_on(self, since_on: date, starts_on: date | None) -> date:
        """The last day on the post where it is true; never before the first."""
        found = since_on if self.last_day == "same" else since_on - timedelta(days=1)
        return found if starts_on is None else max(found, starts_on)


_KEYS = frozenset(field.name for field in fields(ListKind)) - {"name"}


@cache
def kinds() -> Mapping[str, ListKind]:
    """All kinds by name, in the table's order. Raises `BadListKind`."""
    return {name: _kind(name, row) for name, row in strict_yaml.load(TABLE).items()}


def _kind(name: str, row: dict[str, Any]) -> ListKind:
    if unknown := row.keys() - _KEYS:
        raise BadListKind(f"{name}: unknown {', '.join(sorted(unknown))}")
    leaves = row.get("leaves")
    made = ListKind(**{**row, "name": name, "leaves": ExitCause(leaves) if leaves else None})
    if made.last_day not in {"same", "before"}:
        raise BadListKind(f"{name}: last_day is same or before")
    if made.leaves is ExitCause.DIED and made.asks_worker:
        raise BadListKind(f"{name}: nobody is asked after a death")
    return made
