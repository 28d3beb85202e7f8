"""The statutory retirement date under the law of a given day.

The laws are data (``parameters/retirement/law.yaml``): per category the original age, the months
of birth that share one month of delay, and the greatest delay. A woman's category is set by staff
and never inferred from her sex alone; a wrong one moves the date by years (requirements 2.2).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from rules import parameters
from rules.months import add_months

Category = Literal["M60", "F55", "F50"]
CATEGORIES: tuple[Category, ...] = ("M60", "F55", "F50")


@dataclass(frozen=True, slots=True)
class Retirement:
    """The day of statutory retirement and the months added to the original age."""

    retires_on: date
    delay_months: int


@dataclass(frozen=True, slots=True)
class Law:
    """One category's rule in one law; ``step_months`` 0 means no delay at all."""

    base_years: int
    step_months: int
    max_delay_months: int
    delays_from: date

    def retirement(self, born_on: date) -> Retirement:
        """The retirement of somebody born on ``born_on``; the day of birth is kept."""
        delay = self._delay(born_on)
        return Retirement(add_months(born_on, self.base_years * 12 + delay), delay)

    def _delay(self, born_on: date) -> int:
        if not self.step_months:
            return 0
        years = born_on.year + self.base_years - self.delays_from.year
        late = years * 12 + born_on.month - self.delays_from.month + 1
        if late <= 0:
            return 0
        return min(self.max_delay_months, -(-late // self.step_months))


def law(category: Category, law_on: date) -> Law:
    """The rule for ``category`` in the law in force on ``law_on``; may raise ``NotInForce``."""
    edition = parameters.edition()
    place = bisect_right(_laws_since(edition), law_on)
    if not place:
        parameters.in_force("retirement.law", law_on)  # raises, with the first date
    return _laws(edition)[place - 1][category]


@lru_cache(4)
def _laws_since(_edition: int) -> tuple[date, ...]:
    return parameters.dates_of_change("retirement.law")


@lru_cache(4)
def _laws(edition: int) -> tuple[dict[Category, Law], ...]:
    found = (parameters.in_force("retirement.law", since) for since in _laws_since(edition))
    return tuple(
        {category: Law(**law.value[category], delays_from=law.since) for category in CATEGORIES}
        for law in found
    )


def retirement(born_on: date, category: Category, *, law_on: date) -> Retirement:
    """When somebody retires by the law in force on ``law_on`` (2024-09-13, from 2025-01-01)."""
    return law(category, law_on).retirement(born_on)
