"""Working days on China's calendar, for public notices and time limits (requirements 2.6).

A year is known when ``workdays/<year>.yaml`` holds the State Council's notice for it, or else when
the chinesecalendar package does. An unknown year is an error: falling back on plain weekends would
give a date that looks right and is wrong.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import chinese_calendar

from rules import strict_yaml
from rules.errors import BadRuleFile, InvalidQuestion, UnknownYear

_SATURDAY = 5
_FOLDER = strict_yaml.ROOM / "workdays"
_LONGEST = 1000


def is_working_day(day: date) -> bool:
    """Whether offices work on ``day``; :class:`UnknownYear` when its year has not been entered."""
    odd = odd_days(day.year)
    return odd[day] if day in odd else day.weekday() < _SATURDAY


def add_working_days(day: date, n: int) -> date:
    """The ``n``-th working day after ``day``; ``day`` itself is not counted. ``n`` ≥ 1."""
    if not 1 <= n <= _LONGEST:
        raise InvalidQuestion("not_between", key="working_days", value=n, least=1, most=_LONGEST)
    while n:
        day += timedelta(days=1)
        n -= is_working_day(day)
    return day


def last_notice_day(posted_on: date, working_days: int) -> date:
    """The last day of a public notice; it ends at 24:00, the next step is the day after.

    The day of posting is not counted (R-3.4d, 民法典201).
    """
    is_working_day(
        posted_on
    )  # an unknown year of posting is an error even when we cross into a known one
    return add_working_days(posted_on, working_days)


@cache
def odd_days(year: int) -> dict[date, bool]:
    """The days of ``year`` whose state a weekday does not tell: True works, False is off."""
    path = _FOLDER / f"{year}.yaml"
    if path.exists():
        return _entered(path, year)
    return _packaged(year)


def _entered(path: Any, year: int) -> dict[date, bool]:
    content = strict_yaml.load(path)
    off, works = content.get("off", []), content.get("works", [])
    if set(content) != {"reference", "off", "works"} or set(off) & set(works):
        raise BadRuleFile("file_wrong_form", file=path.name, where=str(year), why="keys")
    if any(day.year != year for day in [*off, *works]):
        raise BadRuleFile("file_wrong_form", file=path.name, where=str(year), why="another year")
    return dict.fromkeys(off, False) | dict.fromkeys(works, True)


def _packaged(year: int) -> dict[date, bool]:
    holidays, workdays = chinese_calendar.holidays, chinese_calendar.workdays
    odd = dict.fromkeys((d for d in holidays if d.year == year), False)
    odd |= dict.fromkeys((d for d in workdays if d.year == year), True)
    if not odd:
        raise UnknownYear("unknown_year", year=year)
    return odd
