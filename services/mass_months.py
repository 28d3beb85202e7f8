"""Mass messages of WeChat: four reach a follower in a calendar month (platform.md 2)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from models.credit import MonthlyCount
from models.upserting import upserting
from services.clock import business_date

MASS_A_MONTH = 4


def spend_month(
    session: Session, contact_ids: Collection[uuid.UUID], now: datetime
) -> set[uuid.UUID]:
    """Count one mass message for each who had one left in the calendar month of `now`, and give
    those. The platform itself skips the others."""
    if not contact_ids:
        return set()
    table = upserting(session).insert(MonthlyCount)
    rows = [{"contact_id": one, "month": month_of(now), "spent": 1} for one in contact_ids]
    counted = table.values(rows).on_conflict_do_update(
        index_elements=["contact_id", "month"],
        set_={"spent": MonthlyCount.spent + 1},
        where=MonthlyCount.spent < MASS_A_MONTH,
    )
    return set(session.scalars(counted.returning(MonthlyCount.contact_id)))


def month_of(now: datetime) -> str:
    """The calendar month, in China, that mass messages are counted in."""
    return f"{business_date(now):%Y-%m}"
