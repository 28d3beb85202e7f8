"""How many days of work a month has on a post, or the part of it that somebody was there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DutyPlan
from rules.months import end_of_month
from services.days.duty import Duties

WorkDays = frozenset[int]
"""Days of the month."""


def work_days(session: Session, month_on: date, post_ids: Collection[int]) -> dict[int, WorkDays]:
    """Post → the days of the month that its duty plans and the calendar make days of work. Posts
    without a plan of their own share one reckoning."""
    if not post_ids:
        return {}
    own = set(
        session.scalars(select(DutyPlan.post_id).where(DutyPlan.post_id.in_(post_ids)).distinct())
    )
    duties = Duties(session, own)
    shared = _of(duties, 0, month_on)
    return {
        post_id: _of(duties, post_id, month_on) if post_id in own else shared
        for post_id in post_ids
    }


def _of(duties: Duties, post_id: int, month_on: date) -> WorkDays:
    length = (end_of_month(month_on) - month_on).days + 1
    days = (month_on + timedelta(days=more) for more in range(length))
    return frozenset(day.day for day in days if duties.on(post_id, day).kind_of_day(day) == "work")
