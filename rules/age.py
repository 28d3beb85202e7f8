"""Age in full years, and the days on which one is reached.

Age comes from the Gregorian birth date alone (周岁). Somebody born on 29 February becomes a year
older on 1 March in common years. Two readings of "reached" exist (R-3.2d, ``age_reached``): on the
birthday itself, which is the default, or on the day after.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from rules.errors import InvalidQuestion

Reached = Literal["birthday", "day_after"]
UpperBound = Literal["integer_age", "until_birthday"]


def age_on(born_on: date, on: date, *, reached: Reached = "birthday") -> int:
    """Full years on ``on``; :class:`InvalidQuestion` when ``on`` lies before the birth."""
    if on < born_on:
        raise InvalidQuestion("born_after", born_on=born_on, on=on)
    day = on if reached == "birthday" else on - timedelta(days=1)
    years = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    return max(years, 0)


def anniversary(day: date, years: int) -> date:
    """The same day ``years`` later; for 29 February in a common year, 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError as error:
        if (day.month, day.day) != (2, 29):
            raise InvalidQuestion("date_too_far", value=f"{day} + {years}") from error
        return date(day.year + years, 3, 1)


def reaches_on(born_on: date, years: int, *, reached: Reached = "birthday") -> date:
    """The first day on which the person counts as ``years`` old."""
    birthday = anniversary(born_on, years)
    return birthday if reached == "birthday" else birthday + timedelta(days=1)
