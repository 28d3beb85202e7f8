"""Running numbers for receipts: short enough to read out on the phone, never given twice."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import NumberSeries


def next_number(session: Session, series: str) -> int:
    """The next number of the series, from 1. Others who draw wait until this transaction ends."""
    drawn = update(NumberSeries).where(NumberSeries.name == series)
    number = session.scalar(drawn.values(last=NumberSeries.last + 1).returning(NumberSeries.last))
    if number is not None:
        return number
    try:
        with session.begin_nested():
            session.add(NumberSeries(name=series, last=1))
    except IntegrityError:  # somebody began the series at the same moment: draw after them
        return next_number(session, series)
    return 1
