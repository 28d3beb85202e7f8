"""How many days of work a whole month has on a post."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DutyPlan
from rules import calendar
from rules.months import end_of_month

WEEK = "12345"
"""Where a post has no duty plan of its own."""


def planned_days(session: Session, month_on: date, post_ids: Iterable[int]) -> dict[int, int]:
    """Post → days of the month that its duty plans and the calendar make days of work."""
    ids = list(post_ids)
    plans: dict[int, list[DutyPlan]] = defaultdict(list)
    if ids:
        held = select(DutyPlan).where(DutyPlan.post_id.in_(ids)).order_by(DutyPlan.from_on)
        for plan in session.scalars(held):
            plans[plan.post_id].append(plan)
    return {post_id: _number(month_on, plans[post_id]) for post_id in ids}


def _number(month_on: date, plans: list[DutyPlan]) -> int:
    days = (end_of_month(month_on) - month_on).days + 1
    return sum(_is_planned(month_on + timedelta(days=more), plans) for more in range(days))


def _is_planned(day: date, plans: list[DutyPlan]) -> bool:
    held = [plan for plan in plans if plan.from_on <= day]
    if not held:
        return calendar.is_working_day(day)
    plan = held[-1]
    if not plan.holidays_worked and calendar.odd_days(day.year).get(day) is False:
        return False
    return str(day.isoweekday()) in plan.weekdays
