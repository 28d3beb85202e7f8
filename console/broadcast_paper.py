"""What goes out of a broadcast's page: the poster, the reach report as a table, a picture, and by
name."""

from __future__ import annotations

import uuid

from flask import request
from werkzeug.wrappers import Response

from console import charts
from console.base import Elsewhere, current, door, look, needs, page, say
from console.broadcast_screen import READERS, SENT, found, is_own
from console.downloads import xlsx
from console.files import docx
from models import Broadcast
from services.broadcasts import paper, reach, untold
from services.broadcasts.writing import READERS as REPORT
from services.sheets_out import Column, register

CHART_ROWS = 40
SHOWN_PEOPLE = 200
SHEET_PEOPLE = 20_000


@door.get("/broadcasts/<uuid:key>/poster.docx")
@needs(*READERS)
def broadcast_poster(key: uuid.UUID) -> Response:
    """The sheet for the board, to print."""
    seat, one = current(), found(key)
    place = one.region if is_own(one) else seat.region
    return docx(paper.poster(one, place, seat.today), f"notice-{seat.today:%m%d}.docx")


@door.get("/broadcasts/<uuid:key>/reach.xlsx")
@needs(*REPORT)
def broadcast_reach_sheet(key: uuid.UUID) -> Response:
    """The reach report, village by village."""
    seat, one = current(), _sent(key)
    told = reach.report(seat.session, one)
    look("broadcast", one.id, rows=len(told.lines))
    heads, widths = ("place", "people", *reach.SORTS, "read"), {"place": 22}
    columns = [Column(say(f"broadcast.head_{name}"), widths.get(name, 10)) for name in heads]
    told.total.place = say("broadcast.total")
    rows = [
        (line.place or say("broadcast.no_place"), line.people, *line.counts.values(), line.read)
        for line in (*told.lines, told.total)
    ]
    content = register(say("broadcast.reach"), columns, rows, seat.staff.name, seat.now)
    return xlsx(content, f"reach-{seat.today:%m%d}.xlsx")


@door.get("/broadcasts/<uuid:key>/untold")
@needs(*REPORT)
def broadcast_untold(key: uuid.UUID) -> str:
    """By name: whom it has not told yet, and why."""
    seat, one = current(), _sent(key)
    sort = request.args.get("sort", "")
    rows = untold.find(seat.session, one, sort=sort, limit=SHOWN_PEOPLE)
    if rows:
        look("broadcast", one.id, untold=len(rows))
    return page(
        "broadcast_untold.html",
        one=one,
        rows=[(it, reasons_of(it)) for it in rows],
        sort=sort if sort in untold.SORTS else "",
        sorts=[(name, say(f"broadcast.head_{name}")) for name in untold.SORTS],
        most=SHOWN_PEOPLE,
    )


@door.get("/broadcasts/<uuid:key>/untold.xlsx")
@needs(*REPORT)
def broadcast_untold_sheet(key: uuid.UUID) -> Response:
    """The same as a sheet, to hand to the villages."""
    seat, one = current(), _sent(key)
    found = untold.find(seat.session, one, limit=SHEET_PEOPLE)
    look("broadcast", one.id, untold=len(found))
    widths = {"town": 16, "village": 20, "name": 12, "how": 12, "because": 60}
    columns = [Column(say(f"broadcast.untold_{name}"), width) for name, width in widths.items()]
    rows = [
        (it.town, it.village, it.name, say(f"broadcast.head_{it.sort}"), reasons_of(it))
        for it in found
    ]
    content = register(say("broadcast.untold"), columns, rows, seat.staff.name, seat.now)
    return xlsx(content, f"untold-{seat.today:%m%d}.xlsx")


def reasons_of(it: untold.Untold) -> str:
    """Why, as one line."""
    return say("broadcast.and").join(say(f"message.why_{why}") for why in it.why)


@door.get("/broadcasts/<uuid:key>/reach.svg")
@needs(*REPORT)
def broadcast_reach_chart(key: uuid.UUID) -> Response:
    """Told and not yet told, village by village, as bars."""
    one = _sent(key)
    lines = reach.report(current().session, one).lines[:CHART_ROWS]
    return charts.bars(
        one.title,
        [line.place or say("broadcast.no_place") for line in lines],
        [
            (say("broadcast.told_already"), [line.told for line in lines]),
            (say("broadcast.not_told"), [line.people - line.told for line in lines]),
        ],
    )


def _sent(key: uuid.UUID) -> Broadcast:
    one = found(key)
    if one.state not in SENT or not is_own(one):
        raise Elsewhere("broadcast", key)
    return one
