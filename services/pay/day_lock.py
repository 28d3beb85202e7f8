"""The days of a sheet, locked by its village's signature: from then on the database refuses to
change them (R-3.5d, design.md 6 invariant 7)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from models import AttendanceDay, Engagement, MonthSheet, Post
from rules.months import end_of_month
from services.days import deriving


def settle(session: Session, region_id: int, month_on: date, now: datetime) -> None:
    """Derive the month of everybody on a place's posts from what was said, so that no day is
    missing."""
    ids = session.scalars(
        deriving.asked_span(month_on, end_of_month(month_on))
        .join(Post, Engagement.post_id == Post.id)
        .where(Post.region_id == region_id)
    ).all()
    deriving.derive(session, ids, from_on=month_on, to_on=end_of_month(month_on), now=now)


def lock(session: Session, sheet: MonthSheet) -> None:
    """Lock the month's days of everybody on the place's posts. Whoever is changing one of them at
    this moment is waited for."""
    session.execute(
        update(AttendanceDay)
        .where(
            AttendanceDay.engagement_id.in_(_people(sheet)),
            AttendanceDay.day_on.between(sheet.month_on, end_of_month(sheet.month_on)),
            AttendanceDay.month_sheet_id.is_(None),
        )
        .values(month_sheet_id=sheet.id)
        .execution_options(synchronize_session=False)
    )


def let_go(session: Session, sheet: MonthSheet) -> None:
    """Let the days go again, before the district has approved them."""
    session.execute(
        update(AttendanceDay)
        .where(AttendanceDay.month_sheet_id == sheet.id)
        .values(month_sheet_id=None)
        .execution_options(synchronize_session=False)
    )


def _people(sheet: MonthSheet) -> Select[tuple[uuid.UUID]]:
    return (
        select(Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(Post.region_id == sheet.region_id)
    )
