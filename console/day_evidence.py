"""One worker's month in words, one day with what lies behind it, and the town's ruling on it
(R-3.5d, R-3.6b)."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from console import day_marks
from console.base import Elsewhere, current, door, look, needs, page, say, tell
from console.days import SEES, TOWN
from console.files import picture, shown
from console.months import month_of
from console.words import obstacle_words
from models import Attachment, Engagement
from rules.months import add_months
from services import thumbnails
from services.days import deriving, disputes, evidence, month
from services.days.events import DayLocked
from services.guards import Obstacle
from services.procedure import Hindered

EVIDENCE = ("distance_m", "inside", "outside", "place", "code", "code_wrong", "by_helper",
            "by_clerk", "photo", "called", "seconds", "shown")  # fmt: skip
"""What of an event's evidence is put into words, in this order."""


@door.get("/days/workers/<uuid:key>", endpoint="days_worker")
@needs(*SEES)
def worker_days(key: uuid.UUID) -> str:
    """One worker's month in words; each day leads to what lies behind it."""
    seat = current()
    worker = _worker(key)
    month_on = month_of(request.args.get("month", "")) or seat.today.replace(day=1)
    days = month.of_worker(seat.session, worker.id, month_on, seat.now)
    look("engagement", worker.id, month=f"{month_on:%Y-%m}")
    return page(
        "days_worker.html",
        worker=worker,
        month_on=month_on,
        before=add_months(month_on, -1),
        after=add_months(month_on, 1),
        days=[(one, day_marks.reasons_in_words(one.reasons)) for one in days],
        counted=sum(one.counted for one in days),
    )


def _worker(key: uuid.UUID) -> Engagement:
    seat = current()
    found = evidence.worker_of(seat.session, key, seat.acting)
    if found is None:
        raise Elsewhere("engagement", key)
    return found


@door.get("/days/workers/<uuid:key>/<day>", endpoint="days_day")
@needs(*SEES)
def one_day(key: uuid.UUID, day: str) -> str:
    """One day with its evidence: who said what, when, and the row that decided."""
    return day_page(*_day_asked(key, day))


def _day_asked(key: uuid.UUID, text: str) -> tuple[Engagement, date]:
    worker, day = _worker(key), day_marks.of_text(text)
    if day is None:
        raise Elsewhere("day", text)
    return worker, day


def day_page(worker: Engagement, day: date, words: tuple[str, ...] = ()) -> str:
    """The page of a day, for whoever shows it again with a refusal."""
    seat = current()
    if day <= seat.today:
        deriving.derive(seat.session, [worker.id], from_on=day, to_on=day, now=seat.now)
    found = evidence.of_day(seat.session, worker, day)
    look("attendance_day", f"{worker.id}|{day}", events=len(found.pieces))
    return page(
        "days_day.html",
        it=found,
        worker=worker,
        words=words,
        reasons=day_marks.reasons_in_words(found.day.reasons) if found.day else [],
        rules=seat.role in disputes.RULERS and _is_open(found),
        told=evidence_words,
    )


def _is_open(found: evidence.Evidence) -> bool:
    day = found.day
    return day is not None and day.month_sheet_id is None and day.state in month.OPEN


def evidence_words(held: dict[str, Any]) -> list[str]:
    """What was checked and how it came out, for people."""
    return [
        say(f"day_evidence.{name}", value=held[name])
        for name in EVIDENCE
        if held.get(name) is not None and held[name] is not False
    ]


@door.post("/days/workers/<uuid:key>/<day>/rule", endpoint="days_rule")
@needs(*TOWN)
def day_ruled(key: uuid.UUID, day: str) -> ResponseReturnValue:
    """The town decides an open day, with its reason."""
    seat = current()
    worker, day_on = _day_asked(key, day)
    present = request.form.get("present", "")
    try:
        if present not in {"yes", "no"}:
            raise Hindered("rule", (Obstacle("day_console.choose"),))
        with seat.session.begin_nested():
            disputes.rule(seat.session, worker, day_on, acting=seat.acting,
                          present=present == "yes", words=request.form.get("words", "")[:200],
                          now=seat.now)  # fmt: skip
    except DayLocked:
        return day_page(worker, day_on, (obstacle_words(Obstacle("day_console.locked")),)), 409
    except Hindered as hindered:
        return day_page(worker, day_on, tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.ruled", name=worker.person.name, day_on=day_on.isoformat())
    return redirect(url_for("console.days_disputes"))


@door.get("/days/photos/<int:event_id>", endpoint="days_photo")
@needs(*SEES)
def day_photo(event_id: int) -> Response:
    """The photo of a check-in, or of the paper sheet: opened for this look only."""
    found = _picture(event_id)
    look("attachment", found.id, event=event_id)
    return shown(found)


@door.get("/days/photos/<int:event_id>/small", endpoint="days_photo_small")
@needs(*SEES)
def day_photo_small(event_id: int) -> Response:
    """The same photo small, for pages of many; the whole one where it cannot be made small."""
    seat, found = current(), _picture(event_id)
    look("attachment", found.id, event=event_id, small=True)
    small = thumbnails.of(seat.session, found, seat.now)
    return shown(found) if small is None else picture(small, thumbnails.CONTENT_TYPE)


def _picture(event_id: int) -> Attachment:
    seat = current()
    found = evidence.picture_of(seat.session, event_id, seat.acting)
    if found is None:
        raise Elsewhere("attendance_event", event_id)
    return found
