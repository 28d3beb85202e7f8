"""The attendance sheet and the pay list of a place's month, as Excel and as printed paper, in the
form that clerks know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import MonthLine, MonthSheet, SubsidyRecord
from rules import pay
from rules.months import end_of_month
from rules.pay import Carry, Terms, Work
from services import documents
from services.pay.batches import WORDS
from services.pay.overview import Line, lines_of
from services.sheets_out import Column, register


def pay_list(session: Session, sheet: MonthSheet, who: str, now: datetime) -> bytes:
    """Excel: a worker a row, the levels' parts, a row of totals."""
    words = WORDS["pay_list"]
    rows = list(_pay_rows(session, sheet))
    widths = (6, 14, 10, 16, 6, 8, 8, 10, 10, 10, 10, 10, 10, 10, 14)
    columns = [Column(head, width) for head, width in zip(words["heads"], widths, strict=True)]
    days = sum(row[6] for row in rows)
    sums = [_yuan_sum(rows, at) for at in range(7, 14)]
    total = ["", "", words["total"], "", "", "", days, *sums, ""]
    return register(words["sheet"], columns, [*rows, total], who, now)


def attendance(session: Session, sheet: MonthSheet, who: str, now: datetime) -> bytes:
    """Excel: a worker a row, a day a column."""
    words = WORDS["attendance"]
    days = end_of_month(sheet.month_on).day
    heads = [*words["heads"], *map(str, range(1, days + 1)), words["sum"]]
    columns = [Column(head, 4 if head.isdigit() else 12) for head in heads]
    rows = [
        [number, one.worker_code, one.name, one.post, *marks(one.line, days), one.line.paid_days]
        for number, one in enumerate(lines_of(session, sheet), start=1)
    ]
    return register(words["sheet"], columns, [*rows, [words["legend"]]], who, now)


def printed_attendance(session: Session, sheet: MonthSheet) -> bytes:
    """Word: the same, to be signed and kept."""
    rows = [
        {
            "number": number,
            "name": one.name,
            "days": one.line.paid_days,
            **{f"d{day}": mark for day, mark in enumerate(marks(one.line, 31), start=1)},
        }
        for number, one in enumerate(lines_of(session, sheet), start=1)
    ]
    legend = WORDS["attendance"]["legend"]
    return documents.render("attendance_sheet", {**_head(sheet), "rows": rows, "legend": legend})


def printed_pay_list(session: Session, sheet: MonthSheet) -> bytes:
    """Word: a worker a row, with room for a signature; the signatures of the offices."""
    rows = [
        {
            "number": row[0], "name": row[2], "post": row[3], "planned": row[5], "days": row[6],
            "whole": f"{row[7]:.2f}", "less": f"{row[8]:.2f}", "amount": f"{row[9]:.2f}",
            "why": row[14],
        }
        for row in _pay_rows(session, sheet)
    ]  # fmt: skip
    return documents.render("pay_list", {**_head(sheet), "rows": rows})


def marks(line: MonthLine, days: int) -> list[str]:
    """The sign of each day of a month; blank where nothing was planned."""
    signs = [""] * days
    for state, written in line.days.items():
        for day in filter(None, written.split(",")):
            if int(day) <= days:
                signs[int(day) - 1] = WORDS["marks"].get(state, "")
    return signs


def parts_of(session: Session, sheet: MonthSheet) -> dict[Any, tuple[int, int, int]]:
    """Line → the levels' parts, as they were recorded; before that, as they would be now."""
    recorded = session.execute(
        select(SubsidyRecord.line_id, SubsidyRecord.province_fen, SubsidyRecord.city_fen,
               SubsidyRecord.district_fen)
        .join(MonthLine, SubsidyRecord.line_id == MonthLine.id)
        .where(MonthLine.sheet_id == sheet.id)
    )  # fmt: skip
    return {line: (province, city, district) for line, province, city, district in recorded}


def _pay_rows(session: Session, sheet: MonthSheet) -> Iterator[list[Any]]:
    known = parts_of(session, sheet)
    terms = Terms.read(sheet.terms) if sheet.terms else None
    for number, one in enumerate(lines_of(session, sheet), start=1):
        line = one.line
        parts = known.get(line.id) or _parts_now(line, terms)
        yield [
            number, one.worker_code, one.name, one.post, WORDS["tracks"][line.track],
            line.planned_days, line.paid_days,
            *(fen / 100 for fen in (line.whole_fen, line.deduction_fen, line.amount_fen, *parts,
                                    line.other_fen)),
            _why(one),
        ]  # fmt: skip


def _parts_now(line: MonthLine, terms: Terms | None) -> tuple[int, int, int]:
    if terms is None or not line.shared_fen:
        return (0, 0, 0)
    carried = Carry.read(line.basis["carried"])
    found = pay.month_pay(Work(**line.basis["work"]), terms, carried).parts
    return (found.province_fen, found.city_fen, found.district_fen)


def _why(one: Line) -> str:
    said: list[str] = [WORDS["reasons"][reason] for reason in one.line.reasons]
    return str(WORDS["comma"]).join(said)


def _yuan_sum(rows: Sequence[Sequence[Any]], at: int) -> float:
    """In whole fen, so that no float drifts."""
    fen: int = sum(round(row[at] * 100) for row in rows)
    return fen / 100


def _head(sheet: MonthSheet) -> dict[str, Any]:
    return {
        "place": sheet.region.name,
        "year": sheet.month_on.year,
        "month": sheet.month_on.month,
        "workers": sheet.workers,
        "total": f"{sheet.amount_fen / 100:.2f}",
        "certified": sheet.certified,
        "signed": sheet.signed_by.name if sheet.signed_by else "",
        "checked": sheet.checked_by.name if sheet.checked_by else "",
        "approved": sheet.approved_by.name if sheet.approved_by else "",
        "sha256": sheet.lines_sha256[:16],
    }
