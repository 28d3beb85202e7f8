"""People to be told in person: whom, the words to say, and how it went."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from models import Role, Visit
from services import visit_work, visits
from services.visit_work import KNOCK
from services.visits import Outcome, Report, VisitError, Way

SEE = KNOCK | {Role.DISTRICT_CLERK, Role.SUPERVISION}
SHOWN = 200
PAST_DAYS = 60

NAV.append(NavItem("console.visit_list", "visit.nav", SEE, order=29, group="telling"))


@door.get("/visits")
@needs(*SEE)
def visit_list() -> str:
    """The open visits of the area, those that are this office's own first, and the last done."""
    seat = current()
    waiting = visits.waiting(seat.session, seat.region, limit=SHOWN)
    since = seat.today - timedelta(days=PAST_DAYS)
    done = visits.of_day(seat.session, seat.region, since, limit=SHOWN)
    if waiting or done:
        look("visits", seat.region.code, rows=len(waiting) + len(done))
    return page(
        "visits.html",
        rows=[(one, visit_work.words(one), visit_work.place(one)) for one in waiting],
        done=[(one, visit_work.place(one)) for one in done],
        may=seat.role in KNOCK,
    )


@door.get("/visits/<uuid:key>")
@needs(*SEE)
def visit(key: uuid.UUID) -> str:
    """One visit, with the words to say."""
    return _screen(_found(key))


@door.post("/visits/<uuid:key>")
@needs(*KNOCK)
def visit_done(key: uuid.UUID) -> ResponseReturnValue:
    """Write down how it went."""
    seat, one = current(), _found(key)
    report = _report()
    if report is None:
        return _screen(one, say("visit.form_incomplete")), 422
    try:
        visits.finish(seat.session, one, seat.acting, report, seat.now)
    except VisitError as error:
        return _screen(one, say(error.key)), 409
    tell("visit.done")
    return redirect(url_for("console.visit_list"))


def _found(key: uuid.UUID) -> Visit:
    seat = current()
    found = visits.find(seat.session, key, seat.acting)
    if found is None:
        raise Elsewhere("visit", str(key))
    return found


def _screen(one: Visit, why: str = "") -> str:
    seat = current()
    look("visit", one.id)
    is_open = one.done_at is None and one.withdrawn_at is None
    return page(
        "visit.html",
        it=one,
        words=visit_work.words(one),
        place=visit_work.place(one),
        phone=one.person.phone if is_open and seat.role in KNOCK else None,
        may=is_open and seat.role in KNOCK,
        why=why,
        ways=list(Way),
        outcomes=list(Outcome),
        typed=request.form,
    )


def _report() -> Report | None:
    """What the form says; None where something is missing or is no such thing."""
    form = request.form
    try:
        return Report(
            date.fromisoformat(form.get("on", "")),
            Way(form.get("way", "")),
            Outcome(form.get("outcome", "")),
        )
    except ValueError:
        return None
