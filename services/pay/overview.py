"""A month over an area: where each place's sheet stands, how much, by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Engagement,
    MonthDispute,
    MonthLine,
    MonthSheet,
    Payment,
    Region,
    SubsidyRecord,
)
from models.pay_steps import SheetState
from services.pay.facts import places_of_month
from services.staff import area


@dataclass
class Row:
    """One place, or one town with all of its places."""

    place: Region
    sheets: list[MonthSheet] = field(default_factory=list)
    missing: int = 0
    """Places with workers and no sheet yet."""

    @property
    def workers(self) -> int:
        return sum(one.workers for one in self.sheets)

    @property
    def amount_fen(self) -> int:
        return sum(one.amount_fen for one in self.sheets)

    def number(self, state: SheetState) -> int:
        return sum(one.state == state for one in self.sheets)

    def overdue(self, today: date) -> int:
        return sum(one.due_on is not None and one.due_on < today for one in self.sheets)


def of_area(session: Session, region: Region, month_on: date) -> list[Row]:
    """The places of a town (or a village alone); of the district, its towns."""
    sheets = session.scalars(
        select(MonthSheet)
        .join(MonthSheet.region)
        .where(area(region), MonthSheet.month_on == month_on)
        .options(joinedload(MonthSheet.region))
        .order_by(Region.path)
    ).all()
    rows: dict[int, Row] = {}
    for sheet in sheets:
        place = _shown_as(sheet.region, region)
        rows.setdefault(place.id, Row(place)).sheets.append(sheet)
    there = {one.region_id for one in sheets}
    for place in _without(session, region, month_on, there):
        shown = _shown_as(place, region)
        rows.setdefault(shown.id, Row(shown)).missing += 1
    return sorted(rows.values(), key=lambda row: row.place.path)


def _shown_as(place: Region, region: Region) -> Region:
    """The district looks at towns, a town at its places."""
    if region.parent_id is None and place.parent is not None and place.parent.parent is not None:
        return place.parent
    return place


def _without(session: Session, region: Region, month_on: date, there: set[int]) -> Sequence[Region]:
    ids = set(places_of_month(session, month_on)) - there
    return session.scalars(select(Region).where(area(region), Region.id.in_(ids))).all()


def months(session: Session, region: Region, limit: int = 36) -> list[date]:
    """The months that an area has sheets of, the newest first."""
    return list(
        session.scalars(
            select(MonthSheet.month_on)
            .join(MonthSheet.region)
            .where(area(region))
            .distinct()
            .order_by(MonthSheet.month_on.desc())
            .limit(limit)
        )
    )


@dataclass(frozen=True)
class Line:
    """A line with what is shown beside it."""

    line: MonthLine
    worker_code: str
    name: str
    post: str
    payment: str
    """State of its payment, or empty."""
    disputed: bool


def lines_of(session: Session, sheet: MonthSheet) -> list[Line]:
    """The lines of a sheet in the order of the register, in three statements."""
    lines = session.scalars(
        select(MonthLine)
        .join(MonthLine.engagement)
        .where(MonthLine.sheet_id == sheet.id)
        .options(joinedload(MonthLine.person), joinedload(MonthLine.engagement).joinedload(
            Engagement.post))
        .order_by(Engagement.worker_code)
    ).all()  # fmt: skip
    paid: dict[Any, str] = {}
    rows = session.execute(
        select(SubsidyRecord.line_id, Payment.state)
        .join(Payment, Payment.record_id == SubsidyRecord.id)
        .where(SubsidyRecord.line_id.in_([one.id for one in lines]))
        .order_by(Payment.id)
    )
    for line_id, state in rows:
        paid[line_id] = str(state)
    disputed = _disputed(session, sheet)
    return [
        Line(
            one,
            one.engagement.worker_code,
            one.person.name,
            one.engagement.post.name,
            paid.get(one.id, ""),
            one.id in disputed,
        )
        for one in lines
    ]


def _disputed(session: Session, sheet: MonthSheet) -> set[Any]:
    return set(
        session.scalars(
            select(MonthDispute.line_id)
            .join(MonthDispute.line)
            .where(MonthLine.sheet_id == sheet.id, MonthDispute.answered_at.is_(None))
        )
    )


def paid_of_month(session: Session, region: Region, month_on: date) -> dict[str, tuple[int, int]]:
    """Payment state → how many and how much, of an area's month."""
    rows = session.execute(
        select(Payment.state, func.count(), func.sum(Payment.amount_fen))
        .join(Payment.record)
        .join(SubsidyRecord.region)
        .where(area(region), SubsidyRecord.month_on == month_on)
        .group_by(Payment.state)
    )
    return {str(state): (count, int(fen)) for state, count, fen in rows}
