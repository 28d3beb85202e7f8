"""Month arithmetic as the term and retirement rules use it."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from rules.errors import InvalidQuestion

_SHORTEST_MONTH = 28


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later; where it does not exist, the month's last."""
    year, month = _month_after(day, months)
    if day.day <= _SHORTEST_MONTH:
        return date(year, month, day.day)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def last_day_of_term(started_on: date, months: int) -> date:
    """The last day of ``months`` (≥ 1) months that begin on ``started_on`` (R-3.3e).

    It is the day before the same day; where that day does not exist, the month's last day.
    """
    same_day = add_months(started_on, months)
    return same_day if same_day.day != started_on.day else same_day - timedelta(days=1)


def end_of_month(day: date) -> date:
    """The last day of the month that ``day`` lies in."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_after(day: date, months: int) -> tuple[int, int]:
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    if not date.min.year <= year <= date.max.year:
        raise InvalidQuestion("date_too_far", value=f"{day} + {months}")
    return year, month
