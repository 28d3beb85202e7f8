"""A department's list, from Excel or CSV: rows that can be used, and the trouble with each other
one by its cell. Nothing is guessed."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services import sheets_in
from services.attachments import Upload
from services.cross_checks.kinds import ListKind
from services.guards import Obstacle
from services.sheets_in import BadCell, Row, Unfit

_BOOKS = (b"PK", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls begin; anything else is read as text."""


@dataclass(frozen=True)
class ListRow:
    """One row that can be used."""

    number: int
    id_number: str
    name: str
    since_on: date
    until_on: date | None
    remark: str


@dataclass(frozen=True)
class Reading:
    """What a file says: its rows, and what is wrong with the others."""

    rows: tuple[ListRow, ...]
    troubles: tuple[tuple[int, Obstacle], ...]


def read(file: Upload, kind: ListKind, month_on: date, today: date) -> Reading:
    """Read a whole file. Raises `sheets_in.Unfit` where it is no such list at all."""
    rows: list[ListRow] = []
    troubles: list[tuple[int, Obstacle]] = []
    for row in _rows(file.content, f"list_{kind.name}"):
        try:
            rows.append(_row(row, kind, month_on, today))
        except BadCell as bad:
            troubles.append((row.number, bad.obstacle))
    return Reading(tuple(rows), tuple(troubles))


def _row(row: Row, kind: ListKind, month_on: date, today: date) -> ListRow:
    id_number, name = row.id_number("id_number", today), row.text("name")
    since_on = row.day("since_on") if kind.dated else row.maybe_day("since_on") or month_on
    until_on = row.maybe_day("until_on")
    if since_on > today:
        raise BadCell("cross_check.date_ahead", row.cell("since_on"))
    if until_on is not None and until_on < since_on:
        raise BadCell("cross_check.dates_turned", row.cell("until_on"))
    remark = row.maybe_text("remark")[: sheets_in.LONGEST]
    return ListRow(row.number, id_number, name, since_on, until_on, remark)


def _rows(content: bytes, name: str) -> Iterator[Row]:
    if content.startswith(_BOOKS):
        return sheets_in.read(content, name)
    return iter(_csv_rows(content, name))


def _csv_rows(content: bytes, name: str) -> list[Row]:
    lines = list(csv.reader(io.StringIO(_decoded(content), newline="")))
    if len(lines) > sheets_in.MOST_ROWS + sheets_in.HEAD_WITHIN:
        raise Unfit("sheet.too_many_rows", most=sheets_in.MOST_ROWS)
    head, places = _head(lines, name)
    return [
        Row(number, tuple(line), places)
        for number, line in enumerate(lines[head + 1 :], start=head + 2)
        if any(line[place].strip() for place in places.values() if place < len(line))
    ]


def _head(lines: list[list[str]], name: str) -> tuple[int, dict[str, int]]:
    """Where the row of heads is, and the columns that it names."""
    known = sheets_in.WORDS[name]
    for at, line in enumerate(lines[: sheets_in.HEAD_WITHIN]):
        texts = ["".join(unicodedata.normalize("NFKC", cell).split()) for cell in line]
        places = {
            column: texts.index(text)
            for column, spelt in known["heads"].items()
            for text in texts
            if text in spelt
        }
        if places.keys() >= set(known["needed"]):
            return at, places
    raise Unfit("sheet.no_head", columns=[known["heads"][one][0] for one in known["needed"]])


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Unfit("sheet.unreadable")
