"""One dated value, and one parameter with all of its values."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.errors import NotInForce

CERTAIN = frozenset({"found", "verified"})


@dataclass(frozen=True, slots=True)
class InForce:
    """One value of a parameter, with what staff need in order to judge it."""

    name: str
    value: Any
    unit: str
    since: date
    reference: str
    status: str

    @property
    def is_certain(self) -> bool:
        """Whether a source or the district stands behind the value."""
        return self.status in CERTAIN


@dataclass(frozen=True, slots=True)
class Parameter:
    """All values of one parameter, oldest first."""

    name: str
    description: str
    unit: str
    values: tuple[InForce, ...]

    @property
    def topic(self) -> str:
        """The folder that the parameter stands in."""
        return self.name.partition(".")[0]

    def on(self, day: date) -> InForce:
        """The value that holds on ``day``; :class:`NotInForce` before the first one."""
        place = bisect_right([value.since for value in self.values], day)
        if not place:
            since = self.values[0].since
            raise NotInForce("not_in_force", name=self.name, on=day, since=since)
        return self.values[place - 1]
