"""What looks odd about days, for town and district only, and the visits without notice. Villages
never see this: nobody is shown as a suspect to those concerned."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

import services.anomalies.spot_work as _work  # noqa: F401 - puts the visits on the worklist
from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from console.days import DISTRICT, TOWN
from console.files import shown, upload
from console.months import month_of
from console.words import obstacle_words
from models import Attachment, Finding, Role, SpotCheck
from rules.months import add_months
from services.anomalies import looking, rates, sampling, spot_checks
from services.anomalies.spot_checks import VISITS, Report
from services.guards import Obstacle
from services.procedure import Hindered

SEES = TOWN | DISTRICT | {Role.SUPERVISION}
SHOWN = 200
PAST_DAYS = 90

NAV.append(NavItem("console.anomalies", "anomaly.nav", SEES, order=56, group="at_work"))


@door.get("/anomalies")
@needs(*SEES)
def anomalies() -> str:
    """A month's places and workers with what looks odd, the highest score first."""
    seat = current()
    month_on = month_of(request.args.get("month", "")) or seat.today.replace(day=1)
    found = looking.of_area(seat.session, seat.region, month_on)
    workers = looking.worker_scores(found)
    if found:
        look("anomalies", seat.region.code, month=f"{month_on:%Y-%m}", rows=len(found))
    return page(
        "anomalies.html",
        month_on=month_on,
        before=add_months(month_on, -1),
        after=add_months(month_on, 1),
        places=looking.place_scores(seat.session, found),
        workers=workers[:SHOWN],
        more=max(0, len(workers) - SHOWN),
        declared=looking.declared_days(seat.session, found),
        false_alarms=rates.false_alarms(seat.session, seat.region, month_on),
        false_rejects=rates.false_rejects(seat.session, seat.region, month_on),
        may=seat.role in DISTRICT,
    )


@door.post("/anomalies")
@needs(*DISTRICT)
def anomalies_found() -> ResponseReturnValue:
    """Find a month's signals now; the clock does it every night."""
    seat = current()
    month_on = month_of(forms.text("month", 7)) or seat.today.replace(day=1)
    tell("anomaly.found", count=looking.find(seat.session, month_on, seat.now))
    return redirect(url_for("console.anomalies", month=f"{month_on:%Y-%m}"))


@door.get("/spot-checks")
@needs(*SEES)
def spot_check_list() -> str:
    """Whom to visit without notice, and what was found lately."""
    return _list()


def _list(words: tuple[str, ...] = ()) -> str:
    seat = current()
    waiting = spot_checks.waiting(seat.session, seat.acting, limit=SHOWN)
    since = seat.today - timedelta(days=PAST_DAYS)
    done = spot_checks.done(seat.session, seat.region, since, limit=SHOWN)
    if waiting or done:
        look("spot_checks", seat.region.code, rows=len(waiting) + len(done))
    return page(
        "spot_checks.html",
        waiting=waiting,
        done=done,
        draws=[
            (one, sampling.is_true(seat.session, one))
            for one in sampling.lately(seat.session, seat.region, since)
        ],
        may=seat.role in VISITS,
        findings=[(one.value, say(f"anomaly.finding_{one.value}")) for one in Finding],
        words=words,
    )


@door.post("/spot-checks/<uuid:key>")
@needs(*VISITS)
def spot_check_done(key: uuid.UUID) -> ResponseReturnValue:
    """Write down what a visit found."""
    seat, check = current(), _found(key)
    try:
        with seat.session.begin_nested():
            spot_checks.finish(seat.session, check, seat.acting, _report(), seat.now)
    except Hindered as hindered:
        return _list(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("anomaly.visited")
    return redirect(url_for("console.spot_check_list"))


def _found(key: uuid.UUID) -> SpotCheck:
    seat = current()
    found = spot_checks.find(seat.session, key, seat.acting)
    if found is None:
        raise Elsewhere("spot_check", key)
    return found


def _report() -> Report:
    finding = forms.text("finding", 12)
    on: date | None = forms.day("on")
    if on is None or finding not in set(Finding):
        raise Hindered("spot_check", (Obstacle("anomaly.form_incomplete"),))
    return Report(on, Finding(finding), forms.text("remark", 255), upload("photo"))


@door.get("/spot-checks/<uuid:key>/photo")
@needs(*SEES)
def spot_check_photo(key: uuid.UUID) -> Response:
    """The visitor's photo."""
    seat, check = current(), _found(key)
    photo = seat.session.get(Attachment, check.photo_id) if check.photo_id else None
    if photo is None:
        raise Elsewhere("attachment", key)
    look("attachment", photo.id, spot_check=str(check.id))
    return shown(photo)
