"""Phones that may check in for a worker: a daughter's for her mother, declared by the village or
the town and ended there (F-17)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from console.days import SEES
from console.files import shown, upload
from console.words import obstacle_words
from models import Attachment, CheckInHelper, Engagement, EngagementStatus, Post, Region
from services.acting import covers
from services.days import declaring, stand_ins
from services.days.declaring import DECLARES, RELATIONS, Phone
from services.guards import Obstacle
from services.procedure import Hindered
from services.staff import area
from wording.hearing.phones import hear_phone

CHOICES = 500

NAV.append(NavItem("console.check_in_helpers", "helper.nav", SEES, order=58, group="at_work"))


@door.get("/check-in-helpers")
@needs(*SEES)
def check_in_helpers() -> str:
    """The declared phones of the area, and the form for one more."""
    return _screen()


def _screen(words: tuple[str, ...] = ()) -> str:
    seat = current()
    rows = stand_ins.of_area(seat.session, seat.region)
    may = seat.role in DECLARES
    workers = _workers() if may else []
    if rows or workers:
        look("check_in_helpers", seat.region.code, rows=len(rows) + len(workers))
    return page(
        "check_in_helpers.html",
        rows=rows,
        may=may,
        workers=[
            (str(one.id), f"{one.person.name}（{one.post.region.name} {one.worker_code}）")
            for one in workers
        ],
        relations=[(one, say(f"helper.relation_{one}")) for one in RELATIONS],
        chosen=request.values.get("worker", ""),
        typed=request.form,
        words=words,
    )


def _workers() -> Sequence[Engagement]:
    """Whom the form offers: everybody on a post of the area."""
    seat = current()
    return seat.session.scalars(
        select(Engagement)
        .join(Engagement.post)
        .join(Post.region)
        .where(area(seat.region), Engagement.status == EngagementStatus.ON_POST)
        .order_by(Region.path, Engagement.worker_code)
        .limit(CHOICES)
        .options(
            joinedload(Engagement.person),
            joinedload(Engagement.post).joinedload(Post.region),
        )
    ).all()


@door.post("/check-in-helpers", endpoint="check_in_helper_declared")
@needs(*DECLARES)
def declared() -> ResponseReturnValue:
    """Declare a phone; what cannot be is said, and what was typed stays."""
    seat, worker = current(), _worker()
    try:
        phone = _phone()
        with seat.session.begin_nested():
            made = declaring.declare(seat.session, worker, phone, seat.acting, seat.now)
    except Hindered as hindered:
        return _screen(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("helper.declared", name=made.name, from_on=made.from_on.isoformat(),
         worker=worker.person.name)  # fmt: skip
    return redirect(url_for("console.check_in_helpers"))


def _worker() -> Engagement:
    seat, text = current(), forms.text("worker", 36)
    try:
        found = seat.session.get(Engagement, uuid.UUID(text))
    except ValueError:
        found = None
    if found is None or not covers(seat.region, found.post.region):
        raise Elsewhere("engagement", text)
    return found


def _phone() -> Phone:
    seat, heard = current(), hear_phone(forms.text("number", 32))
    if heard.mobile is None:
        raise Hindered("declare_helper", (Obstacle("helper.wrong_number"),))
    return Phone(
        name=forms.text("name", 64),
        relation=forms.text("relation", 16),
        number=heard.mobile,
        from_on=forms.day("from_on") or seat.today,
        to_on=forms.day("to_on"),
        paper=upload("paper"),
    )


@door.post("/check-in-helpers/<uuid:key>/end", endpoint="check_in_helper_ended")
@needs(*DECLARES)
def ended(key: uuid.UUID) -> ResponseReturnValue:
    """The phone signs for its owner only from now on."""
    seat, held = current(), _found(key)
    stand_ins.end(seat.session, held, seat.acting, seat.now)
    tell("helper.ended", worker=held.engagement.person.name)
    return redirect(url_for("console.check_in_helpers"))


@door.get("/check-in-helpers/<uuid:key>/paper", endpoint="check_in_helper_paper")
@needs(*SEES)
def paper(key: uuid.UUID) -> Response:
    """The worker's signed consent."""
    seat, held = current(), _found(key)
    kept = seat.session.get(Attachment, held.paper_id) if held.paper_id else None
    if kept is None:
        raise Elsewhere("attachment", key)
    look("attachment", kept.id, check_in_helper=str(held.id))
    return shown(kept)


def _found(key: uuid.UUID) -> CheckInHelper:
    seat = current()
    found = stand_ins.find(seat.session, key, seat.acting)
    if found is None:
        raise Elsewhere("check_in_helper", key)
    return found
