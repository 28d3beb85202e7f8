"""The plan's sheet read from Excel, with every trouble named by sheet and cell (R-A2a).

Clerks merge cells, type numbers as text, leave a title above the table and a row of totals below.
What can be read for certain is read; what cannot is said, all of it at once, and nothing is
entered.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet

from rules import quota as law
from rules import strict_yaml
from rules.errors import UnknownTown
from rules.quota import TRACKS, Track
from services.guards import Obstacle
from services.sheets_in import Unfit, sheets

WORDS: Any = strict_yaml.load(Path(__file__).with_suffix(".yaml"))
COLUMNS = ("town", "total", "urban", "rural")
ROWS_LOOKED_AT = 500


@dataclass
class PlanSheet:
    """What a sheet says: town code → track → posts, the row of totals, the year in its title."""

    numbers: dict[str, dict[Track, int]] = field(default_factory=dict)
    targets: dict[Track, int] = field(default_factory=dict)
    year: int | None = None
    errors: list[Obstacle] = field(default_factory=list)
    remarks: list[Obstacle] = field(default_factory=list)


def read_plan(content: bytes) -> PlanSheet:
    """Read an allocation table. `errors` is empty exactly when rows, columns and totals fit."""
    try:
        for sheet in sheets(content):
            reader = _Reader(sheet)
            if reader.find_head():
                return reader.read()
    except (Unfit, CalamineError, ValueError, OSError):
        return PlanSheet(errors=[Obstacle("plan.sheet_unreadable")])
    return PlanSheet(errors=[Obstacle("plan.sheet_no_table")])


class _Reader:
    """One sheet on its way into a `PlanSheet`."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self.name = sheet.name
        self.rows: list[list[Any]] = sheet.to_python(skip_empty_area=False, nrows=ROWS_LOOKED_AT)
        self.merged = list(sheet.merged_cell_ranges or ())
        self.found = PlanSheet()
        self.head = -1
        self.places: dict[str, int] = {}
        self.as_text = 0
        self.totals: tuple[int, dict[str, int]] | None = None

    def find_head(self) -> bool:
        """Look for the row that names the columns; the year may stand above it."""
        for place, row in enumerate(self.rows):
            texts = [_plain(cell) for cell in row]
            places = {
                name: texts.index(text)
                for name in COLUMNS
                for text in texts
                if text in WORDS["heads"][name]
            }
            if {"town", "urban", "rural"} <= places.keys():
                self.head, self.places = place, places
                return True
            for text in texts:
                if year := re.search(WORDS["year_pattern"], text):
                    self.found.year = int(year[1])
        return False

    def read(self) -> PlanSheet:
        self._refuse_merged()
        lines: list[tuple[int, str, dict[str, int]]] = []
        for place in range(self.head + 1, len(self.rows)):
            called = _plain(self._cell(place, "town"))
            if not called:
                continue
            if called in WORDS["total_rows"]:
                self._take_total(place)
            elif (code := self._town(place, called)) is not None:
                lines.append((place, code, self._numbers(place)))
        self._take_lines(lines)
        self._compare(lines)
        if self.as_text:
            self.found.remarks.append(Obstacle("plan.sheet_text_numbers", {"count": self.as_text}))
        return self.found

    def _refuse_merged(self) -> None:
        """Merged titles do no harm; a merged cell among the numbers belongs to nobody."""
        for (top, left), (bottom, right) in self.merged:
            columns = set(range(left, right + 1)) & set(self.places.values())
            if bottom > self.head and columns:
                where = f"{_address(max(top, self.head + 1), left)}:{_address(bottom, right)}"
                self._say("merged", where)

    def _take_total(self, place: int) -> None:
        if self.totals is not None:
            self._say("two_total_rows", _address(place, self.places["town"]))
            return
        numbers = self._numbers(place)
        self.totals = (place, numbers)
        self.found.targets = {track: numbers[track] for track in TRACKS if track in numbers}

    def _take_lines(self, lines: list[tuple[int, str, dict[str, int]]]) -> None:
        for place, code, numbers in lines:
            if code in self.found.numbers:
                text = _plain(self._cell(place, "town"))
                self._say("town_twice", _address(place, self.places["town"]), text=text)
            self.found.numbers[code] = {
                track: numbers[track] for track in TRACKS if track in numbers
            }

    def _compare(self, lines: list[tuple[int, str, dict[str, int]]]) -> None:
        """Rows across, then columns down, as far as their cells could be read."""
        if self.totals is None:
            self.found.errors.append(Obstacle("plan.sheet_no_total_row"))
            return
        rows = [(place, numbers) for place, _, numbers in lines] + [self.totals]
        for place, numbers in rows:
            if numbers.keys() == {"total", "urban", "rural"}:
                summed = numbers["urban"] + numbers["rural"]
                if summed != numbers["total"]:
                    where = _address(place, self.places["total"])
                    self._say("row_sum", where, sum=summed, total=numbers["total"])
        for column in self.places.keys() - {"town"}:
            whole = [numbers[column] for _, _, numbers in lines if column in numbers]
            total = self.totals[1].get(column)
            if total is not None and len(whole) == len(lines) and sum(whole) != total:
                where = _address(self.totals[0], self.places[column])
                self._say("column_sum", where, sum=sum(whole), total=total)

    def _town(self, place: int, called: str) -> str | None:
        try:
            return law.find_town(called).code
        except UnknownTown:
            self._say("unknown_town", _address(place, self.places["town"]), text=called[:20])
            return None

    def _numbers(self, place: int) -> dict[str, int]:
        """The row's numbers by column; a cell that is none is said and left out."""
        numbers = {}
        for column in self.places.keys() - {"town"}:
            number = self._number(place, column)
            if number is not None:
                numbers[column] = number
        return numbers

    def _number(self, place: int, column: str) -> int | None:
        cell = self._cell(place, column)
        where = _address(place, self.places[column])
        text = _plain(cell)
        if not text:
            self._say("empty", where)
            return None
        if isinstance(cell, float) and cell.is_integer() and cell >= 0:
            return int(cell)
        if isinstance(cell, str) and re.fullmatch(r"[0-9]{1,6}", text):
            self.as_text += 1
            return int(text)
        self._say("not_a_number", where, text=text[:20])
        return None

    def _cell(self, place: int, column: str) -> Any:
        row = self.rows[place]
        at = self.places[column]
        return row[at] if at < len(row) else ""

    def _say(self, what: str, cell: str, **slots: Any) -> None:
        slots = {"sheet": self.name, "cell": cell, **slots}
        self.found.errors.append(Obstacle(f"plan.sheet_{what}", slots))


def _plain(cell: Any) -> str:
    """A cell's text without blanks, full-width digits as digits."""
    return "".join(unicodedata.normalize("NFKC", str(cell)).split())


def _address(row: int, column: int) -> str:
    """`B7` of a place counted from zero."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
