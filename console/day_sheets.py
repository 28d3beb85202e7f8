"""The month in Excel: taken away as clerks know it, brought back filled in, shown beside what
stands, and taken as the clerk's roll-call (requirements 3.4; F-10, F-20)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from console import forms
from console.base import Elsewhere, current, door, keep, look, needs, page, say, tell
from console.day_seconds import opened, seconds_since
from console.days import SEES, place_asked, places
from console.downloads import xlsx
from console.files import upload
from console.months import month_of
from console.words import obstacle_words
from models import Role, RollSheet
from services import sheets_in
from services.days import month_sheets
from services.days.events import DayLocked
from services.days.month_compare import Compared, Fate, Piece
from services.guards import Obstacle
from services.pay import grid_paper
from services.procedure import Hindered
from services.sheets_in import Unfit

SHOWN_ROWS = 200


@dataclass
class Shown:
    """Cells of one worker that say the same and meet the same fate: one row of the page."""

    name: str
    stands: str
    says: str
    fate: str
    days: list[int] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


@door.get("/days/grid.xlsx", endpoint="days_grid_excel")
@needs(*SEES)
def grid_taken_away() -> Response:
    """The month as it stands, to be printed, or filled in and brought back."""
    seat = current()
    place = place_asked(places())
    month_on = month_of(request.args.get("month", "")) or seat.today.replace(day=1)
    if place is None:
        raise Elsewhere("region", "")
    content = grid_paper.as_it_stands(seat.session, place, month_on, seat.acting, seat.now)
    keep("days.taken_away", ("region", place.code), month=f"{month_on:%Y-%m}")
    return xlsx(content, f"{place.code}-{month_on:%Y-%m}-attendance.xlsx")


@door.get("/days/sheet", endpoint="days_sheet")
@needs(Role.VILLAGE_CLERK)
def sheet_page() -> str:
    """Where a month's sheet is brought, and what was taken before."""
    return _bring_page()


def _bring_page(words: tuple[str, ...] = ()) -> str:
    seat = current()
    asked = request.values.get("month", "")
    month_on = month_of(asked) or seat.today.replace(day=1)
    return page(
        "days_sheet.html",
        month_on=month_on,
        taken=month_sheets.of_month(seat.session, seat.region, month_on),
        words=words,
    )


@door.post("/days/sheet", endpoint="days_sheet_brought")
@needs(Role.VILLAGE_CLERK)
def sheet_brought() -> ResponseReturnValue:
    """Keep the file and show it beside what stands; nothing counts yet."""
    seat, file = current(), upload("list")
    month_on = month_of(forms.text("month", 7))
    try:
        if file is None or month_on is None:
            raise Hindered("month_sheet", (sheets_in.NO_FILE,))
        with seat.session.begin_nested():
            sheet = month_sheets.bring(seat.session, file, month_on, seat.acting, seat.now)
    except Unfit as unfit:
        return _bring_page((obstacle_words(unfit.obstacle),)), 422
    except Hindered as hindered:
        return _bring_page(tuple(map(obstacle_words, hindered.obstacles))), 409
    return redirect(url_for("console.days_sheet_seen", key=sheet.id))


@door.get("/days/sheets/<uuid:key>", endpoint="days_sheet_seen")
@needs(Role.VILLAGE_CLERK)
def sheet_seen(key: uuid.UUID) -> str:
    """What of the sheet would count, what would be asked for, and what cannot be."""
    return _seen_page(_sheet(key))


def _sheet(key: uuid.UUID) -> RollSheet:
    seat = current()
    found = month_sheets.find(seat.session, key, seat.acting)
    if found is None:
        raise Elsewhere("roll_sheet", key)
    return found


def _seen_page(sheet: RollSheet, words: tuple[str, ...] = ()) -> str:
    seat = current()
    found = month_sheets.beside(seat.session, sheet, seat.acting, seat.now)
    rows = _rows(found)
    look("roll_sheet", sheet.id, rows=len(rows))
    return page(
        "days_sheet_seen.html",
        sheet=sheet,
        rows=rows[:SHOWN_ROWS],
        more=max(0, len(rows) - SHOWN_ROWS),
        counts={fate: len(found.of(fate)) for fate in Fate},
        same=found.same,
        reasons=[(name, say(f"backfill.reason_{name}")) for name in month_sheets.REASONS],
        opened=opened(seat),
        words=words,
    )


def _rows(found: Compared) -> list[Shown]:
    """Troubles first: they are what somebody must do something about."""
    order = (Fate.REFUSED, Fate.ASKED, Fate.CALLED)
    return [row for fate in order for row in _grouped(found.of(fate))]


def _grouped(pieces: Iterable[Piece]) -> list[Shown]:
    rows: dict[tuple[str, ...], Shown] = {}
    for piece in pieces:
        stands = say(f"day_state.{piece.stands}") if piece.stands else ""
        whose = str(piece.engagement_id or piece.address)
        key = (whose, stands, piece.says, _fate(piece, whole=False))
        row = rows.setdefault(key, Shown(piece.name, stands, piece.says, _fate(piece, whole=True)))
        if piece.day:
            row.days.append(piece.day)
        row.cells.append(piece.address)
    return list(rows.values())


def _fate(piece: Piece, *, whole: bool) -> str:
    """What becomes of a cell, in words; not `whole`: the same for cells of one kind."""
    if piece.why is None:
        return say(f"day_console.fate_{piece.fate}")
    return obstacle_words(piece.why) if whole else piece.why.key


@door.post("/days/sheets/<uuid:key>", endpoint="days_sheet_taken")
@needs(Role.VILLAGE_CLERK)
def sheet_taken(key: uuid.UUID) -> ResponseReturnValue:
    """Take the sheet into the days."""
    seat, sheet = current(), _sheet(key)
    try:
        with seat.session.begin_nested():
            taken = month_sheets.take(seat.session, sheet, seat.acting,
                                      reason=forms.text("reason", 16),
                                      seconds=seconds_since(seat), now=seat.now)  # fmt: skip
    except DayLocked:
        return _seen_page(sheet, (obstacle_words(Obstacle("day_console.locked")),)), 409
    except Hindered as hindered:
        return _seen_page(sheet, tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.sheet_taken", called=taken.called, asked=taken.asked)
    return redirect(url_for("console.days", month=f"{sheet.month_on:%Y-%m}"))
