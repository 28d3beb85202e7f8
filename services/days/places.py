"""Where check-ins came from: kept for a while, then forgotten (requirements 2.9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from models import CheckInPoint
from rules import parameters
from services.clock import business_date


def forget_points(session: Session, now: datetime) -> int:
    """Delete raw points older than `attendance.location_kept_days`; how many."""
    days = parameters.in_force_or_first("attendance.location_kept_days", business_date(now)).value
    gone = session.execute(
        delete(CheckInPoint).where(CheckInPoint.taken_at < now - timedelta(days=int(days)))
    )
    return cast("CursorResult[tuple[()]]", gone).rowcount
