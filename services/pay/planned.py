"""How many days of work a whole month has on a post."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy.orm import Session

from rules.months import end_of_month
from services.days.duty import Duties


def planned_days(session: Session, month_on: date, post_ids: Collection[int]) -> dict[int, int]:
    """Post → days of the month that its duty plans and the calendar make days of work."""
    if not post_ids:
        return {}
    duties = Duties(session, post_ids)
    length = (end_of_month(month_on) - month_on).days + 1
    days = [month_on + timedelta(days=more) for more in range(length)]
    return {
        post_id: sum(duties.on(post_id, day).kind_of_day(day) == "work" for day in days)
        for post_id in post_ids
    }
