"""Lists read from Excel, row by row; every trouble is named by its cell, nothing is guessed.

An ID number that Excel keeps as a number has lost its last digits for good: it is refused, not
repaired.

    Unfit                 the file as a whole: no workbook, no such columns, merged cells, too long
    BadCell               one cell: empty, no date, no valid ID number
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from rules import id_number as id_numbers
from rules import strict_yaml
from services import sheets_in_size
from services.guards import Obstacle

WORDS: Any = strict_yaml.load(Path(__file__).with_suffix(".yaml"))
MOST_ROWS = 20_000
HEAD_WITHIN = 10
LONGEST = 64
NO_FILE = Obstacle("sheet.no_file")


class Unfit(Exception):
    """The file cannot be read as this list."""

    def __init__(self, key: str, **slots: Any) -> None:
        super().__init__(key)
        self.obstacle = Obstacle(key, slots)


class BadCell(Exception):
    """One cell does not hold what it must."""

    def __init__(self, key: str, cell: str) -> None:
        super().__init__(key)
        self.obstacle = Obstacle(key, {"cell": cell})


@dataclass(frozen=True)
class Row:
    """One row of a list: `number` as Excel counts it, and the places of its columns."""

    number: int
    values: tuple[Any, ...]
    places: dict[str, int]

    def text(self, column: str) -> str:
        """The cell's text, in form; `BadCell` where it is empty or too long."""
        text = self.maybe_text(column)
        if not text:
            raise BadCell("sheet.empty_cell", self.cell(column))
        if len(text) > LONGEST:
            raise BadCell("sheet.too_long", self.cell(column))
        return text

    def maybe_text(self, column: str) -> str:
        value = self._value(column)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return plain(value)

    def day(self, column: str) -> date:
        """The cell's date, from a date cell or from digits with anything between."""
        found = self.maybe_day(column)
        if found is None:
            raise BadCell("sheet.empty_cell", self.cell(column))
        return found

    def maybe_day(self, column: str) -> date | None:
        value = self._value(column)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = self.maybe_text(column)
        if not text:
            return None
        try:
            return _day(text)
        except ValueError:
            raise BadCell("sheet.no_date", self.cell(column)) from None

    def id_number(self, column: str, on: date) -> str:
        """A valid ID number that stands there as text."""
        value = self._value(column)
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise BadCell("sheet.id_as_number", self.cell(column))
        read = id_numbers.read(self.text(column), on=on)
        if read.problem == "scientific":
            raise BadCell("sheet.id_as_number", self.cell(column))
        if read.id_number is None:
            raise BadCell("sheet.id_wrong", self.cell(column))
        return read.id_number

    def cell(self, column: str) -> str:
        """`B7`."""
        return f"{letters(self.places[column])}{self.number}"

    def _value(self, column: str) -> Any:
        at = self.places.get(column)
        return "" if at is None or at >= len(self.values) else self.values[at]


def read(content: bytes, name: str) -> Iterator[Row]:
    """The rows of the list `name` (a key of `sheets_in.yaml`) in the first sheet that has its
    columns; empty rows are left out. Raises `Unfit`, before the first row."""
    for sheet in sheets(content):
        found = _head(sheet, name)
        if found is not None:
            return iter(_rows(sheet, *found))
    needed = [WORDS[name]["heads"][column][0] for column in WORDS[name]["needed"]]
    raise Unfit("sheet.no_head", columns=needed)


def sheets(content: bytes) -> Iterator[CalamineSheet]:
    """The sheets of a workbook in its order. Raises `Unfit` for what is none."""
    if not sheets_in_size.fits(content):
        raise Unfit("sheet.unreadable_or_vast")
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(content))
        for name in workbook.sheet_names:
            yield workbook.get_sheet_by_name(name)
    except (CalamineError, ValueError, OSError):
        raise Unfit("sheet.unreadable") from None


def _head(sheet: CalamineSheet, name: str) -> tuple[int, dict[str, int]] | None:
    """Where the row of heads is, and the columns that it names."""
    heads = WORDS[name]["heads"]
    for at, row in enumerate(sheet.to_python(skip_empty_area=False, nrows=HEAD_WITHIN)):
        texts = [plain(value) for value in row]
        places = {
            column: texts.index(text)
            for column, spellings in heads.items()
            for text in texts
            if text in spellings
        }
        if places.keys() >= set(WORDS[name]["needed"]):
            return at, places
    return None


def _rows(sheet: CalamineSheet, head: int, places: dict[str, int]) -> list[Row]:
    for (_, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if bottom > head and set(range(left, right + 1)) & set(places.values()):
            raise Unfit("sheet.merged", cell=f"{letters(left)}{bottom + 1}")
    values = sheet.to_python(skip_empty_area=False, nrows=head + MOST_ROWS + 2)
    if len(values) > head + MOST_ROWS + 1:
        raise Unfit("sheet.too_many_rows", most=MOST_ROWS)
    return [
        Row(at + 1, tuple(row), places)
        for at, row in enumerate(values)
        if at > head and any(plain(row[place]) for place in places.values() if place < len(row))
    ]


def plain(value: Any) -> str:
    """A cell's text without blanks, full-width signs as plain ones."""
    return "".join(unicodedata.normalize("NFKC", str(value)).split())


def _day(text: str) -> date:
    if re.fullmatch(r"[0-9]{8}", text):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    year, month, day = (int(part) for part in re.split(r"[^0-9]+", text) if part)
    return date(year, month, day)


def letters(column: int) -> str:
    """What Excel calls a column, counted from 0: `A`, `AB`."""
    found, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
