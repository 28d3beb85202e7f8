"""How long somebody may stay on a post (plan 三(三), R-3.3d to R-3.3h).

Thirty-six months per person over all engagements; an urban engagement never runs past the statutory
retirement date, and may run up to it when at first approval less than five years were missing. The
distance is measured with the law of the day of first approval, the end with the law of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rules import parameters
from rules.age import anniversary
from rules.errors import InvalidQuestion
from rules.months import end_of_month, last_day_of_term
from rules.retirement import Category, retirement


@dataclass(frozen=True, slots=True)
class Term:
    """The last day of an engagement.

    ``ends_on`` is None when all months are used. ``may_extend_to`` is the statutory retirement date
    where the urban extension is open (also when the term already ends on it), else None: how far a
    rural engagement may be extended is not written (see :func:`rural_extension_limit`).
    """

    ends_on: date | None
    may_extend_to: date | None


def rural_term(started_on: date, months_used: int) -> Term:
    """The end of a rural engagement; ``months_used`` counts all earlier subsidised months."""
    return Term(_regular_end(started_on, months_used), None)


def urban_term(
    started_on: date,
    months_used: int,
    *,
    born_on: date,
    category: Category,
    first_approved_on: date,
    law_on: date,
) -> Term:
    """The end of an urban engagement; ``law_on`` is today, ``first_approved_on`` never changes.

    :class:`InvalidQuestion` when the engagement would begin after the retirement date.
    """
    ends_at = retirement_end(born_on, category, law_on=law_on)
    if started_on > ends_at:
        raise InvalidQuestion("starts_retired", started_on=started_on, retires_on=ends_at)
    regular = _regular_end(started_on, months_used)
    extends = is_near_retirement(born_on, category, first_approved_on, law_on=law_on)
    return Term(min(regular, ends_at) if regular else None, ends_at if extends else None)


def is_near_retirement(
    born_on: date, category: Category, first_approved_on: date, *, law_on: date
) -> bool:
    """Whether less than five years to retirement were missing at first approval (R-3.3g)."""
    at_first = _value("urban_ext_law_basis", law_on) == "at_first_approval"
    measured_by = first_approved_on if at_first else law_on
    retires_on = retirement(born_on, category, law_on=measured_by).retires_on
    limit = anniversary(first_approved_on, _value("urban_ext_years", law_on))
    return retires_on < limit or (retires_on == limit and not _value("urban_ext_strict", law_on))


def retirement_end(born_on: date, category: Category, *, law_on: date) -> date:
    """The last day that an urban engagement may reach by the law of ``law_on`` (R-3.3h)."""
    day = retirement(born_on, category, law_on=law_on).retires_on
    return end_of_month(day) if _value("retire_end_day", law_on) == "month_end" else day


def rural_extension_limit(ends_on: date) -> date:
    """The latest end of one rural extension: an assumption, shown as such to staff (R-3.3f)."""
    next_day = ends_on + timedelta(days=1)
    return last_day_of_term(next_day, _value("rural_ext_max_months", ends_on))


def months_begun(from_on: date, to_on: date) -> int:
    """Months that count to the 36 for a stretch from its first to its last day: those begun."""
    whole = (to_on.year - from_on.year) * 12 + to_on.month - from_on.month
    return max(whole + (1 if to_on.day >= from_on.day else 0), 0)


def _regular_end(started_on: date, months_used: int) -> date | None:
    if months_used < 0:
        raise InvalidQuestion("out_of_range", key="months_used", value=months_used, least=0)
    left = _value("subsidy_months", started_on) - months_used
    return last_day_of_term(started_on, left) if left > 0 else None


def _value(name: str, day: date) -> Any:
    """A term parameter; engagements from before the programme go by its first value (R-3.1e)."""
    return parameters.in_force_or_first(f"term.{name}", day).value
