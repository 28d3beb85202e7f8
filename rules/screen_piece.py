"""Screening one piece of a list: bytes in, the text of the good and the bad rows out.

This is what runs in the worker processes; it keeps nothing from piece to piece but readings.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from rules import messages
from rules.eligibility import decide
from rules.errors import InvalidQuestion, RuleError
from rules.messages import Language
from rules.question import Decision, TraceEntry
from rules.screen_file import Piece
from rules.screen_rows import Given, RowReader, find_columns

ADDED = ("outcome", "matched", "becomes_eligible_on", "missing", "reasons")
# A spreadsheet runs a cell that begins so as a formula.
_FORMULA = frozenset("=+-@\t\r＝＋－＠")


@dataclass(frozen=True, slots=True)
class Plan:
    """What every piece of one list has in common."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    given: Given
    language: Language
    file: str


@dataclass(slots=True)
class Screened:
    """The text of one piece's rows, with what came out of them."""

    good: str = ""
    bad: str = ""
    counts: Counter[str] = field(default_factory=Counter)


def kept_columns(header: Sequence[str]) -> tuple[int, ...]:
    """The places of the columns that go into the result; an earlier result's own are replaced."""
    return tuple(place for place, name in enumerate(header) if name not in ADDED)


def screen_piece(plan: Plan, piece: Piece) -> Screened:
    """Screen the rows of ``piece`` in order; a row that cannot be read becomes a bad row."""
    good, bad = io.StringIO(), io.StringIO()
    good_rows = csv.writer(good, lineterminator="\n")
    bad_rows = csv.writer(bad, lineterminator="\n")
    reader, kept, width = _reader(plan), kept_columns(plan.header), len(plan.header)
    keeps_all = len(kept) == width
    counts: Counter[str] = Counter()
    for line, row in _rows(plan, piece):
        cells = _guarded(row)
        try:
            if len(row) != width:
                row, cells = _fitted(row, width), _fitted(cells, width)  # noqa: PLW2901
            decision = decide(reader.question(row))
        except RuleError as error:
            counts["bad"] += 1
            bad_rows.writerow([line, messages.say(error, plan.language), *cells])
            continue
        counts[decision.outcome] += 1
        shown = cells if keeps_all else [cells[place] for place in kept]
        good_rows.writerow([*shown, *_added(decision)])
    return Screened(good.getvalue(), bad.getvalue(), counts)


def _rows(plan: Plan, piece: Piece) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of every row that is not blank; unreadable ones raise when they are used."""
    text, broken = _decoded(piece.content, plan.encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=plan.delimiter)
    while True:
        line = piece.first_line + reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            row = ["�"]
        if any(row):
            yield line, row
    for line in broken:
        yield piece.first_line + line, ["�"]


def _decoded(content: bytes, encoding: str) -> tuple[str, list[int]]:
    """The text, and the numbers of the lines that are not text; those are left blank in it."""
    try:
        return content.decode(encoding), []
    except UnicodeDecodeError:
        pass
    lines, broken = [], []
    for number, line in enumerate(content.split(b"\n")):
        try:
            lines.append(line.decode(encoding))
        except UnicodeDecodeError:
            lines.append("")
            broken.append(number)
    return "\n".join(lines), broken


def _fitted(row: list[str], width: int) -> list[str]:
    """The row without blank cells beyond the header; a row of another width is refused."""
    if row == ["�"]:
        raise InvalidQuestion("row_unreadable", why="its bytes are no text, or a cell is too long")
    if len(row) < width or any(row[width:]):
        raise InvalidQuestion("row_ragged", found=len(row), expected=width)
    return row[:width]


def _guarded(row: list[str]) -> list[str]:
    """The cells, with an apostrophe before what a spreadsheet would run."""
    for cell in row:
        if cell and cell[0] in _FORMULA:
            return [_harmless(cell) for cell in row]
    return row


def _harmless(cell: str) -> str:
    if not cell or cell[0] not in _FORMULA:
        return cell
    is_number = cell[0] in "+-" and cell[1:].replace(".", "", 1).isdecimal()
    return cell if is_number else "'" + cell


def _added(decision: Decision) -> tuple[str, str, Any, str, str]:
    day: date | None = decision.becomes_eligible_on
    return (
        decision.outcome,
        "|".join(decision.matched),
        day or "",
        "|".join(decision.missing),
        _reasons(decision),
    )


def _reasons(decision: Decision) -> str:
    """The clauses that speak for the person, or else those that are open or speak against."""
    if decision.matched:
        return "; ".join(
            [_reason(entry) for entry in decision.trace if entry.rule in decision.matched]
        )
    return "; ".join([_reason(entry) for entry in decision.trace if entry.outcome != "met"])


def _reason(entry: TraceEntry) -> str:
    if entry.reached_on or entry.fact == "retires_on":
        return _written(entry)
    kept = _reasons_kept.get(id(entry))
    if kept is None or kept[0] is not entry:
        kept = _reasons_kept[id(entry)] = (entry, _written(entry))
    return kept[1]


# Entries without a date of their own are few and live as long as the compiled rules, so that their
# identity finds their text.
_reasons_kept: dict[int, tuple[TraceEntry, str]] = {}


def _written(entry: TraceEntry) -> str:
    return f"{entry.clause} {entry.rule}: {entry.fact}={_plain(entry.value)} {entry.outcome}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(value) or "none"
    if isinstance(value, dict):
        return "|".join([f"{key} {day}" for key, day in value.items()])
    return "?" if value is None else str(value)


@cache
def _reader(plan: Plan) -> RowReader:
    return RowReader(find_columns(plan.header, plan.given, file=plan.file), plan.given)
