"""A roll-call from the month's Excel sheet as clerks fill it: one day's column, nothing else."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import date, datetime

from sqlalchemy.orm import Session

from services.acting import Acting
from services.days import month_file, roll
from services.days.month_file import Cell, Line
from services.days.people import Look
from services.days.roll import Marks
from services.guards import Obstacle
from services.sheets_in import Unfit, plain

Wrong = list[tuple[int, Obstacle]]
CALLED = frozenset({"present", "absent", "on_leave"})


def read(
    session: Session, content: bytes, acting: Acting, day: date, now: datetime
) -> tuple[Marks, Wrong]:
    """The marks of a day's column, and what is wrong, each with its row. Rows without a mark are
    left out. Raises `sheets_in.Unfit` for another file or one without that day."""
    filled = month_file.read(content, day.replace(day=1))
    if day.day not in filled.days:
        raise Unfit("day_console.sheet_no_day", day=day.day)
    known = {look.code: look for look in roll.to_call(session, acting, day, now)}
    marks: dict[str, list[uuid.UUID]] = defaultdict(list)
    wrong: Wrong = []
    for line in filled.lines:
        cell = next((one for one in line.cells if one.day == day.day), None)
        if cell is None or cell.mark in {"open", "off"}:
            continue
        look = known.get(line.code) or _named(line, known)
        if cell.mark in CALLED and look is not None and line.name in {"", plain(look.name)}:
            assert cell.mark is not None
            marks[cell.mark].append(look.engagement_id)
        elif why := _why(line, cell, look):
            wrong.append((line.number, why))
    return Marks(**{name: tuple(keys) for name, keys in marks.items()}), wrong


def _named(line: Line, known: dict[str, Look]) -> Look | None:
    """Whom a row without a number means: the only one of that name."""
    found = [look for look in known.values() if plain(look.name) == line.name]
    return found[0] if not line.code and len(found) == 1 else None


def _why(line: Line, cell: Cell, look: Look | None) -> Obstacle | None:
    """What is wrong with a row; None where somebody's earlier mark simply stands in it: those on
    leave are not called."""
    if cell.mark is None:
        return Obstacle("day_console.sheet_mark", {"cell": cell.address})
    who = line.code or line.name
    if look is not None:
        return Obstacle("day_console.sheet_name", {"code": who, "name": line.name})
    return (
        None if cell.mark == "on_leave" else Obstacle("day_console.sheet_stranger", {"code": who})
    )
