"""What goes out of a broadcast's page: the poster, the reach report as a table and a picture."""

from __future__ import annotations

import uuid

from werkzeug.wrappers import Response

from console import charts
from console.base import Elsewhere, current, door, look, needs, say
from console.broadcast_screen import READERS, SENT, found, is_own
from console.downloads import xlsx
from console.files import docx
from models import Broadcast
from services.broadcasts import paper, reach
from services.broadcasts.writing import READERS as REPORT
from services.sheets_out import Column, register

CHART_ROWS = 40


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
