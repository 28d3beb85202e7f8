"""A roll-call from the month's Excel sheet as clerks fill it: one day's column, nothing else."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import date, datetime

from sqlalchemy.orm import Session

from services.acting import Acting
from services.days import roll
from services.days.people import Look
from services.days.roll import Marks
from services.guards import Obstacle
from services.sheets_in import WORDS, Row, Unfit
from services.sheets_in import read as read_sheet

Wrong = list[tuple[int, Obstacle]]


def read(
    session: Session, content: bytes, acting: Acting, day: date, now: datetime
) -> tuple[Marks, Wrong]:
    """The marks of a day's column, and what is wrong, each with its row. Rows without a mark are
    left out. Raises `sheets_in.Unfit` for another file or one without that day."""
    column = f"d{day.day}"
    known = {look.code: look for look in roll.to_call(session, acting, day, now)}
    marks: dict[str, list[uuid.UUID]] = defaultdict(list)
    wrong: Wrong = []
    for row in read_sheet(content, "roll"):
        if column not in row.places:
            raise Unfit("day_console.sheet_no_day", day=day.day)
        code, text = row.maybe_text("code"), row.maybe_text(column)
        if not code or not text:
            continue
        mark = next((name for name, signs in WORDS["roll_marks"].items() if text in signs), None)
        look = known.get(code)
        if mark is not None and look is not None and not _misnamed(row, look):
            marks[mark].append(look.engagement_id)
        elif why := _why(row, column, mark, look):
            wrong.append((row.number, why))
    return Marks(**{name: tuple(keys) for name, keys in marks.items()}), wrong


def _misnamed(row: Row, look: Look) -> bool:
    return row.maybe_text("name") not in {"", look.name}


def _why(row: Row, column: str, mark: str | None, look: Look | None) -> Obstacle | None:
    """What is wrong with a row; None where somebody's earlier mark simply stands in it: those on
    leave are not called."""
    code = row.text("code")
    if mark is None:
        return Obstacle("day_console.sheet_mark", {"cell": row.cell(column)})
    if look is not None:
        return Obstacle("day_console.sheet_name", {"code": code, "name": row.maybe_text("name")})
    return None if mark == "on_leave" else Obstacle("day_console.sheet_stranger", {"code": code})
