"""The yearly recruitment announcement: which one applies on a day (R-3.4a)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Announcement


def open_on(session: Session, day: date) -> Announcement | None:
    """The newest published announcement whose window holds the day; None when none is open."""
    return session.scalars(
        select(Announcement)
        .where(
            Announcement.published_at.is_not(None),
            Announcement.opens_on <= day,
            Announcement.closes_on >= day,
        )
        .order_by(Announcement.year.desc(), Announcement.version.desc())
        .limit(1)
    ).first()


def latest_before(session: Session, day: date) -> Announcement | None:
    """The newest announcement that was published by the day, open or not."""
    return session.scalars(
        select(Announcement)
        .where(Announcement.published_at.is_not(None), Announcement.opens_on <= day)
        .order_by(Announcement.year.desc(), Announcement.version.desc())
        .limit(1)
    ).first()
