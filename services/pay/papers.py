"""The attendance sheet and the pay list of a place's month, as Excel and as printed paper, in the
form that clerks know."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import BankAccount, MonthLine, MonthSheet, SubsidyRecord
from rules import calendar, pay
from rules.errors import UnknownYear
from rules.months import end_of_month
from rules.pay import Carry, Terms, Work
from services import accounts as accounts_of
from services import documents
from services.acting import Acting
from services.masking import mask_id_number
from services.pay.batches import WORDS
from services.pay.overview import Line, lines_of
from services.registers import SEES_ID_NUMBERS
from services.sheets_out import Column
from services.sheets_out_paper import Frame, MonthRows, attendance_sheet, list_sheet

WIDTHS = (5, 10, 20, 13, 16, 6, 7, 8, 9, 9, 9, 26, 9, 9, 9, 9, 9, 10, 12)


def pay_list(session: Session, sheet: MonthSheet, acting: Acting, now: datetime) -> bytes:
    """Excel: a worker a row, the levels' parts, a row of sums, room for a signature. Whole ID
    numbers only for roles that need them (`registers.SEES_ID_NUMBERS`)."""
    words = WORDS["pay_list"]
    whole = acting.role in SEES_ID_NUMBERS
    tails = _card_tails(session, sheet)
    rows = [_list_row(row, tails, whole=whole) for row in _pay_rows(session, sheet)]
    columns = [Column(head, width) for head, width in zip(words["heads"], WIDTHS, strict=True)]
    at = dict(zip(words["heads"], range(len(words["heads"])), strict=True))
    sums: list[Any] = [""] * len(columns)
    sums[1] = words["total"]
    for head, place in at.items():
        if rows and isinstance(rows[0][place], float):
            sums[place] = _yuan_sum(rows, place)
        elif head in words["counted"]:
            sums[place] = sum(row[place] for row in rows)
    return list_sheet(_frame(sheet, "pay_list", acting, now), columns, rows, sums)


def attendance(session: Session, sheet: MonthSheet, acting: Acting, now: datetime) -> bytes:
    """Excel: a worker a row, a day a column, as it may be filled in and brought back."""
    days = end_of_month(sheet.month_on).day
    rows: list[tuple[Sequence[Any], Sequence[str], int]] = [
        ((number, one.worker_code, one.name, one.post), marks(one.line, days), one.line.paid_days)
        for number, one in enumerate(lines_of(session, sheet), start=1)
    ]
    return attendance_sheet(_frame(sheet, "attendance", acting, now),
                            month_rows(sheet.month_on, rows))  # fmt: skip


def month_rows(
    month_on: date, rows: Sequence[tuple[Sequence[Any], Sequence[str], int]]
) -> MonthRows:
    """Rows of a month's attendance with their heads: number, code, name, post; signs; days."""
    words = WORDS["attendance"]
    widths = (5, 12, 10, 14)
    days = range(1, end_of_month(month_on).day + 1)
    return MonthRows(
        month_on=month_on,
        heads=[Column(head, width) for head, width in zip(words["heads"], widths, strict=True)],
        rows=rows,
        sum_head=words["sum"],
        weekdays=words["weekdays"],
        resting=frozenset(day for day in days if not _is_worked(month_on.replace(day=day))),
        signs=words["signs"],
    )


def frame(name: str, place: str, month_on: date, acting: Acting, now: datetime) -> Frame:
    """What stands around a sheet of a place's month; `name`: `attendance` or `pay_list`."""
    words = WORDS[name]
    title = words["title"].format(place=place, year=month_on.year, month=month_on.month)
    who = f"{acting.staff.unit} {acting.staff.name}" if acting.staff else ""
    return Frame(words["sheet"], title, words["legend"], WORDS["signatures"], who, now)


def _frame(sheet: MonthSheet, name: str, acting: Acting, now: datetime) -> Frame:
    return frame(name, sheet.region.name, sheet.month_on, acting, now)


def _is_worked(day: date) -> bool:
    """Whether offices work that day; of a year whose calendar is not known, by the weekday."""
    try:
        return calendar.is_working_day(day)
    except UnknownYear:
        return day.isoweekday() <= 5


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
            "number": row.number, "name": row.one.name, "post": row.one.post,
            "planned": row.line.planned_days, "days": row.line.paid_days,
            "whole": _yuan(row.line.whole_fen), "less": _yuan(row.line.deduction_fen),
            "amount": _yuan(row.line.amount_fen), "why": row.why,
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


@dataclass(frozen=True)
class PayRow:
    """One worker of a pay list."""

    number: int
    one: Line
    parts: tuple[int, int, int]
    why: str

    @property
    def line(self) -> MonthLine:
        return self.one.line


def _pay_rows(session: Session, sheet: MonthSheet) -> Iterator[PayRow]:
    known = parts_of(session, sheet)
    terms = Terms.read(sheet.terms) if sheet.terms else None
    for number, one in enumerate(lines_of(session, sheet), start=1):
        parts = known.get(one.line.id) or _parts_now(one.line, terms)
        yield PayRow(number, one, parts, _why(one))


def _list_row(row: PayRow, tails: Mapping[uuid.UUID, str], *, whole: bool) -> list[Any]:
    line = row.line
    number = line.person.id_number or ""
    rate = "" if line.rate_fen is None else line.rate_fen / 100
    return [
        row.number, row.one.name, number if whole else mask_id_number(number),
        row.one.worker_code, row.one.post, WORDS["tracks"][line.track],
        line.planned_days, line.paid_days, rate,
        line.whole_fen / 100, line.deduction_fen / 100, row.why, line.amount_fen / 100,
        *(fen / 100 for fen in (*row.parts, line.other_fen)),
        tails.get(line.person_id, ""), "",
    ]  # fmt: skip


def _card_tails(session: Session, sheet: MonthSheet) -> dict[uuid.UUID, str]:
    """The last digits of each worker's own account."""
    accounts = session.scalars(
        select(BankAccount)
        .join(MonthLine, MonthLine.person_id == BankAccount.person_id)
        .where(MonthLine.sheet_id == sheet.id, BankAccount.replaced_at.is_(None))
    )
    return {one.person_id: accounts_of.tail(one) for one in accounts}


def _parts_now(line: MonthLine, terms: Terms | None) -> tuple[int, int, int]:
    if terms is None or not line.shared_fen:
        return (0, 0, 0)
    carried = Carry.read(line.basis["carried"])
    found = pay.month_pay(Work(**line.basis["work"]), terms, carried).parts
    return (found.province_fen, found.city_fen, found.district_fen)


def _why(one: Line) -> str:
    """How the amount was reckoned; which days were not paid, where some were not."""
    line = one.line
    said: list[str] = [WORDS["reasons"][reason] for reason in line.reasons]
    if line.deduction_fen:
        said += [
            WORDS["deduction"].format(
                what=what, count=line.days[state].count(",") + 1, days=line.days[state]
            )
            for state, what in WORDS["deducted"].items()
            if line.days.get(state)
        ]
    return str(WORDS["semicolon"]).join(said)


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f}"


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
