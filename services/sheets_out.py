"""Sheets that leave the house as Excel: marked with who took them and when, never with a formula
made from somebody's text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from rules import quota as law
from services.clock import SHANGHAI
from services.sheets_excel import WORDS

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@dataclass(frozen=True)
class Column:
    """The head of a column and its width in characters."""

    head: str
    width: int = 14


def register(
    title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], who: str, now: datetime
) -> bytes:
    """A register: the mark of who took it in the first row and on every printed page, then the
    heads (they stay in view), then the rows."""
    mark = mark_of(who, now)
    out = BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        sheet = book.add_worksheet(title)
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
        grey = book.add_format({"font_color": "#8A1F11", "italic": True})
        sheet.set_header(f"&C{escaped(mark)}")
        sheet.set_footer(f"&L{escaped(mark)}&R&P/&N")
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1)
        sheet.freeze_panes(2, 0)
        sheet.write_string(0, 0, mark, grey)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(1, place, column.head, bold)
        for place, row in enumerate(rows, start=2):
            for at, value in enumerate(row):
                write_cell(sheet, place, at, value)
    return out.getvalue()


def plan_sheet(
    year: int, numbers: dict[str, dict[law.Track, int]], who: str, now: datetime
) -> bytes:
    """The allocation table of a year as `read_plan` takes it back, with these numbers in it."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        sheet = book.add_worksheet(WORDS["plan_sheet"])
        bold = book.add_format({"bold": True, "border": 1})
        sheet.set_footer(f"&L{escaped(mark_of(who, now))}&R&P/&N")
        sheet.set_column(0, 0, 22)
        sheet.write_string(0, 0, WORDS["year_title"].format(year=year), bold)
        for place, head in enumerate(WORDS["plan_heads"]):
            sheet.write_string(1, place, head, bold)
        rows = [town for town in law.towns() if town.kind != "committee" or town.code in numbers]
        for place, town in enumerate(rows, start=2):
            row = numbers.get(town.code, {})
            urban, rural = row.get("urban", 0), row.get("rural", 0)
            sheet.write_string(place, 0, town.name)
            for at, number in enumerate((urban + rural, urban, rural), start=1):
                sheet.write_number(place, at, number)
        last = len(rows) + 2
        sheet.write_string(last, 0, WORDS["total_row"], bold)
        totals = [
            sum(row.get(track, 0) for row in numbers.values()) for track in ("urban", "rural")
        ]
        for at, number in enumerate((sum(totals), *totals), start=1):
            sheet.write_number(last, at, number, bold)
    return out.getvalue()


def mark_of(who: str, now: datetime) -> str:
    """Who took a sheet away, and when."""
    when = now.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    mark: str = WORDS["watermark"].format(who=who, when=when)
    return mark


def escaped(text: str) -> str:
    """Excel's page lines read `&` as an order."""
    return text.replace("&", "&&")[:200]


def write_cell(sheet: Any, row: int, column: int, value: Any, look: Any = None) -> None:
    """A number as a number, all else as text; never a formula."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, column, value, look)
    elif value is not None:
        sheet.write_string(row, column, str(value), look)
    elif look is not None:
        sheet.write_blank(row, column, None, look)
