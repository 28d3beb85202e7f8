"""Sheets in the form that clerks know on paper: a title over the whole width, ruled rows, A4 laid
across, heads on every page, room for signatures below. Attendance by day, and lists with sums."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from rules.months import end_of_month
from services.sheets_out import OPTIONS, Column, escaped, mark_of, write_cell

A4 = 9
MARGINS_INCHES = {"left": 0.4, "right": 0.4, "top": 0.6, "bottom": 0.6}
ROW_POINTS = 21


@dataclass(frozen=True)
class Frame:
    """What stands around the rows: the worksheet's name, the title, the legend and the line for
    signatures below, and who takes the sheet away when."""

    sheet: str
    title: str
    legend: str
    signatures: str
    who: str
    now: datetime


@dataclass(frozen=True)
class MonthRows:
    """A worker a row: `heads` and the cells under them, then a sign a day, then a sum. `weekdays`:
    what the days of a week are called, Monday first; `resting`: days that are shaded; `signs`: what
    may be chosen in a day's cell."""

    month_on: date
    heads: Sequence[Column]
    rows: Sequence[tuple[Sequence[Any], Sequence[str], int]]
    sum_head: str
    weekdays: Sequence[str]
    resting: Collection[int]
    signs: Sequence[str]


def attendance_sheet(frame: Frame, held: MonthRows) -> bytes:
    """The month's attendance as `days.month_file` takes it back."""
    days = end_of_month(held.month_on).day
    first = len(held.heads)
    last = first + days
    paper = _Paper(frame, last + 1)
    for place, column in enumerate(held.heads):
        paper.sheet.set_column(place, place, column.width)
        paper.sheet.merge_range(2, place, 3, place, column.head, paper.head)
    paper.sheet.set_column(first, last - 1, 3.2)
    paper.sheet.set_column(last, last, 9)
    paper.sheet.merge_range(2, last, 3, last, held.sum_head, paper.head)
    for day in range(1, days + 1):
        weekday = held.weekdays[held.month_on.replace(day=day).weekday()]
        look = paper.rest_head if day in held.resting else paper.head
        paper.sheet.write_number(2, first + day - 1, day, look)
        paper.sheet.write_string(3, first + day - 1, weekday, look)
    for place, (cells, marks, total) in enumerate(held.rows, start=4):
        paper.row(place, [*cells, *marks, total], _shaded(first, held.resting))
    end = 4 + len(held.rows)
    if held.rows:
        paper.sheet.data_validation(4, first, end - 1, last - 1, {
            "validate": "list", "source": list(held.signs), "show_error": False})  # fmt: skip
    paper.sheet.freeze_panes(4, min(first, 3))
    return paper.finish(end, heads=(2, 3))


def list_sheet(
    frame: Frame, columns: Sequence[Column], rows: Sequence[Sequence[Any]], sums: Sequence[Any]
) -> bytes:
    """A list with a row of sums at its end."""
    paper = _Paper(frame, len(columns))
    for place, column in enumerate(columns):
        paper.sheet.set_column(place, place, column.width)
        paper.sheet.write_string(2, place, column.head, paper.head)
    paper.sheet.set_row(2, 32)
    for place, row in enumerate(rows, start=3):
        paper.row(place, row)
    paper.row(3 + len(rows), sums, bold=True)
    paper.sheet.freeze_panes(3, 3)
    return paper.finish(4 + len(rows), heads=(2, 2))


def _shaded(first: int, resting: Collection[int]) -> frozenset[int]:
    return frozenset(first + day - 1 for day in resting)


class _Paper:
    """One worksheet on its way: title in the first row, who took it in the second."""

    def __init__(self, frame: Frame, width: int) -> None:
        self.frame, self.width = frame, width
        self._out = BytesIO()
        self._book = xlsxwriter.Workbook(self._out, OPTIONS)
        self.sheet = self._book.add_worksheet(frame.sheet)
        ruled = {"border": 1, "valign": "vcenter", "font_size": 10}
        middle = {**ruled, "align": "center", "text_wrap": True}
        grey = {"bg_color": "#E8EEF4"}
        self.head = self._book.add_format({**middle, **grey, "bold": True})
        self.rest_head = self._book.add_format({**middle, "bg_color": "#D9D9D9", "bold": True})
        self._cell = self._book.add_format({**ruled, "text_wrap": True})
        self._sign = self._book.add_format({**ruled, "align": "center"})
        self._rest = self._book.add_format({**ruled, "align": "center", "bg_color": "#F2F2F2"})
        self._money = self._book.add_format({**ruled, "num_format": "0.00"})
        self._bold = self._book.add_format({**ruled, "bold": True})
        self._bold_money = self._book.add_format({**ruled, "bold": True, "num_format": "0.00"})
        self._set_up()

    def _set_up(self) -> None:
        mark = mark_of(self.frame.who, self.frame.now)
        self.sheet.set_paper(A4)
        self.sheet.set_landscape()
        self.sheet.set_margins(**MARGINS_INCHES)
        self.sheet.center_horizontally()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer(f"&L{escaped(mark)}&R&P/&N")
        title = {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"}
        self._across(0, self.frame.title, title)
        self._across(1, mark, {"font_color": "#8A1F11", "italic": True, "align": "right"})
        self.sheet.set_row(0, 30)

    def row(
        self, at: int, cells: Sequence[Any], rests: Collection[int] = (), *, bold: bool = False
    ) -> None:
        """One ruled row."""
        self.sheet.set_row(at, ROW_POINTS)
        for place, value in enumerate(cells):
            write_cell(self.sheet, at, place, value, self._look(value, place in rests, bold))

    def _look(self, value: Any, rests: bool, bold: bool) -> Any:  # noqa: FBT001 - a cell's two marks
        if isinstance(value, float):
            return self._bold_money if bold else self._money
        if bold:
            return self._bold
        short = isinstance(value, int) or (isinstance(value, str) and len(value) <= 1)
        return self._rest if rests else self._sign if short else self._cell

    def finish(self, end: int, heads: tuple[int, int]) -> bytes:
        """Legend and signatures below, heads on every page."""
        self.sheet.repeat_rows(*heads)
        if self.frame.legend:
            self._across(end, self.frame.legend, {"font_size": 10})
        self._across(end + 1, self.frame.signatures, {"font_size": 11, "valign": "vcenter"})
        self.sheet.set_row(end + 1, 32)
        self.sheet.print_area(0, 0, end + 1, self.width - 1)
        self._book.close()
        return self._out.getvalue()

    def _across(self, at: int, text: str, look: dict[str, Any]) -> None:
        self.sheet.merge_range(at, 0, at, self.width - 1, text, self._book.add_format(look))
