"""The month's attendance sheet read from Excel as clerks fill it: a title, a row of day numbers
somewhere below it, a person a row, signs in the cells, and a legend at the end.

Nothing is guessed: a sign that is not known stays as it was written. Whom a row means, and what a
sign may change, is for `month_compare`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import CalamineSheet

from rules import strict_yaml
from services.sheets_in import Unfit, letters, plain, sheets

WORDS: Any = strict_yaml.load(Path(__file__).with_suffix(".yaml"))
SIGNS = {sign: mark for mark, signs in WORDS["marks"].items() for sign in map(plain, signs)}
HEAD_WITHIN = 20
MOST_ROWS = 2_000
FEW_DAYS = 5
"""So many day numbers in a row are a head even where the names' head stands beside it."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""How .xls begins, and also a workbook with a password."""
_DAY = re.compile(WORDS["day"])


@dataclass(frozen=True)
class Cell:
    """One day of one row. `mark`: a name of `month_file.yaml`; None where the sign is not known, or
    stands in a cell that is merged over several people."""

    day: int
    address: str
    text: str
    mark: str | None
    merged: bool = False


@dataclass(frozen=True)
class Line:
    """One row with at least one sign."""

    number: int
    code: str
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Filled:
    """A sheet as it was filled. `month_on`: what its title says, if it says so; `days`: those that
    have a column."""

    month_on: date | None
    days: frozenset[int]
    lines: tuple[Line, ...]


def read(content: bytes, month_on: date) -> Filled:
    """The first sheet of a workbook that is a month's attendance, one of that month before others.
    Raises `Unfit` where there is none."""
    if content.startswith(OLD_EXCEL):
        raise Unfit("day_console.sheet_old_excel")
    found, is_pay = [], False
    for sheet in sheets(content):
        grid = _Grid(sheet)
        if grid.has_head:
            found.append(grid.filled())
        is_pay = is_pay or grid.is_pay_list
    if not found:
        raise Unfit("day_console.sheet_is_pay_list" if is_pay else "day_console.sheet_no_head")
    same = [one for one in found if one.month_on in {None, month_on}]
    if not same:
        said = found[0].month_on
        assert said is not None
        raise Unfit(
            "day_console.sheet_other_month", said=f"{said:%Y-%m}", asked=f"{month_on:%Y-%m}"
        )
    return same[0]


class _Grid:
    """One sheet on its way into a `Filled`."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self.rows: list[list[Any]] = sheet.to_python(
            skip_empty_area=False, nrows=HEAD_WITHIN + MOST_ROWS
        )
        self.merged = list(sheet.merged_cell_ranges or ())
        self.head = self.body = -1
        self.places: dict[str, int] = {}
        self.days: dict[int, int] = {}
        self._find_head()

    @property
    def has_head(self) -> bool:
        return bool(self.days and self.places)

    @property
    def is_pay_list(self) -> bool:
        """Whether its heads are those of money."""
        heads = set(map(plain, WORDS["pay_heads"]))
        return any(heads & set(map(plain, row)) for row in self.rows[:HEAD_WITHIN])

    def _find_head(self) -> None:
        """The row of day numbers; the heads of names stand in it, or in a row beside it."""
        for at, row in enumerate(self.rows[:HEAD_WITHIN]):
            days = _days_of(row)
            near = range(at, at + 1)
            if len(days) >= FEW_DAYS:
                near = range(max(0, at - 2), min(at + 2, len(self.rows)))
            for other in sorted(near, key=lambda one: abs(one - at)):
                places = _places_of(self.rows[other])
                if days and places:
                    self.head, self.body = at, max(at, other) + 1
                    self.days, self.places = days, places
                    return

    def filled(self) -> Filled:
        return Filled(self._month(), frozenset(self.days), tuple(self._lines()))

    def _month(self) -> date | None:
        for row in self.rows[: self.head + 1]:
            for value in row:
                found = re.search(WORDS["title"], plain(value)) if isinstance(value, str) else None
                if found and 1 <= int(found[2]) <= 12:
                    return date(int(found[1]), int(found[2]), 1)
        return None

    def _lines(self) -> Iterator[Line]:
        over, held = self._merges()
        for at in range(self.body, len(self.rows)):
            code, name = self._text(at, "code"), self._text(at, "name")
            if not (code or name) or _is_footer(code or name) or _is_footer(name):
                continue
            cells = tuple(
                Cell(day, f"{letters(column)}{at + 1}", text[:12], SIGNS.get(text),
                     merged=(at, column) in over)
                for day, column in self.days.items()
                if (text := held.get((at, column)) or self._at(at, column))
            )  # fmt: skip
            if cells:
                yield Line(at + 1, code, name, cells)

    def _merges(self) -> tuple[set[tuple[int, int]], dict[tuple[int, int], str]]:
        """Cells merged over several people; and what a stretch of one person's days says, for each
        of them: an illness is often one long cell."""
        over: set[tuple[int, int]] = set()
        held: dict[tuple[int, int], str] = {}
        for (top, left), (bottom, right) in self.merged:
            if bottom < self.body or top >= len(self.rows):
                continue
            text = self._at(top, left)
            columns = [one for one in self.days.values() if left <= one <= right]
            for at in range(max(top, self.body), min(bottom, len(self.rows) - 1) + 1):
                for column in columns:
                    held[at, column] = text
                    if bottom > top:
                        over.add((at, column))
        return over, held

    def _text(self, at: int, column: str) -> str:
        place = self.places.get(column)
        return "" if place is None else self._at(at, place)[:32]

    def _at(self, at: int, column: int) -> str:
        row = self.rows[at]
        value = row[column] if column < len(row) else ""
        return _text_of(value)


def _text_of(value: Any) -> str:
    """A cell's text; Excel's whole numbers without a point."""
    return plain(int(value) if isinstance(value, float) and value.is_integer() else value)


def _days_of(row: Sequence[Any]) -> dict[int, int]:
    """Day → column of a row of day numbers; empty where it is none: they only rise."""
    days: dict[int, int] = {}
    for column, value in enumerate(row):
        day = _day_of(value)
        if day is None:
            continue
        if days and day <= max(days):
            return {}
        days[day] = column
    return days


def _day_of(value: Any) -> int | None:
    if isinstance(value, date | datetime):
        return value.day
    found = _DAY.fullmatch(_text_of(value))
    return int(found[1]) if found and 1 <= int(found[1]) <= 31 else None


def _places_of(row: Sequence[Any]) -> dict[str, int]:
    texts = [plain(value) for value in row]
    return {
        name: texts.index(text)
        for name, spellings in WORDS["heads"].items()
        for text in spellings
        if text in texts
    }


def _is_footer(text: str) -> bool:
    return bool(text) and any(text.startswith(word) for word in WORDS["footers"])
