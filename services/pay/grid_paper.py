"""The month of a place as it stands this moment, as Excel: to be printed, or filled in and brought
back (`month_sheets`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Region
from rules.months import end_of_month
from services.acting import Acting
from services.days import month
from services.days.month import WorkerMonth
from services.pay import papers
from services.pay.batches import WORDS
from services.sheets_out_paper import attendance_sheet


def as_it_stands(
    session: Session, place: Region, month_on: date, acting: Acting, now: datetime
) -> bytes:
    """Everybody on a post of the place in that month, a day a column; days to come stay empty."""
    length = end_of_month(month_on).day
    rows: list[tuple[Sequence[Any], Sequence[str], int]] = [
        ((number, one.code, one.name, one.post), _marks(one, length), one.counted)
        for number, one in enumerate(month.of_village(session, place.id, month_on), start=1)
    ]
    frame = papers.frame("attendance", place.name, month_on, acting, now)
    return attendance_sheet(frame, papers.month_rows(month_on, rows))


def _marks(worker: WorkerMonth, length: int) -> list[str]:
    signs = [""] * length
    for day in worker.days:
        signs[day.day_on.day - 1] = WORDS["marks"].get(day.state, "")
    return signs
