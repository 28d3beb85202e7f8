"""When something is due, in working days - or not known, where a calendar is missing."""

from __future__ import annotations

from datetime import date

from rules import calendar, parameters
from rules.errors import UnknownYear


def working_deadline(parameter: str, today: date) -> date | None:
    """The last day of a time limit that a parameter names, counted from the day after `today`.
    None where the working calendar of that year has not been entered: nothing is guessed."""
    days = int(parameters.in_force(parameter, today).value)
    try:
        return calendar.add_working_days(today, days)
    except UnknownYear:
        return None
