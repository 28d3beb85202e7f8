"""Broadcasts: the list, and writing one. What is decided about it: `console.broadcast_acts`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console import forms
from console.base import NAV, NavItem, current, door, needs, page, say, tell
from console.broadcast_screen import (
    MAKERS,
    READERS,
    VILLAGE,
    found,
    is_stale,
    names_in,
    own,
    reasons,
    screen,
)
from console.files import upload
from console.words import obstacle_words
from models import Broadcast, Region
from services.broadcasts import audience as audiences
from services.broadcasts import hardship, listing, texts, writing
from services.broadcasts.audience import STAFF_ROLES, Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Sheet, Urgency
from services.procedure import Hindered
from services.staff import area

SHOWN_ROWS = 30

NAV.append(
    NavItem("console.broadcasts", "broadcast.nav", frozenset(READERS), order=43, group="telling")
)


@door.get("/broadcasts")
@needs(*READERS)
def broadcasts() -> str:
    """Those of the place and below; from above, those that were sent."""
    seat = current()
    own = [] if seat.role in VILLAGE else writing.every(seat.session, seat.region)
    return page(
        "broadcasts.html",
        rows=own,
        above=writing.published_above(seat.session, seat.region),
        may_write=seat.role in writing.MAKERS,
    )


@door.get("/broadcasts/new")
@needs(*MAKERS)
def broadcast_new() -> str:
    """An empty form."""
    return _form({})


@door.post("/broadcasts/new")
@needs(*MAKERS)
def broadcast_draft() -> ResponseReturnValue:
    """Write a draft; what is not fit comes back as it was typed."""
    seat, place, sheet = current(), _place(), _sheet()
    if place is None or sheet is None:
        return _form(request.form, (say("broadcast.place_needed"),)), 422
    try:
        with seat.session.begin_nested():
            made = writing.draft(seat.session, place, sheet, seat.acting, seat.now)
    except Hindered as hindered:
        return _form(request.form, reasons(hindered), None, names_in(hindered)), 422
    tell("broadcast.saved")
    return redirect(url_for("console.broadcast", key=made.id))


@door.get("/broadcasts/<uuid:key>")
@needs(*READERS)
def broadcast(key: uuid.UUID) -> str:
    """One broadcast: how it reads, what it costs, what may be done, whom it reached."""
    return screen(found(key))


@door.get("/broadcasts/<uuid:key>/edit")
@needs(*MAKERS)
def broadcast_edit_form(key: uuid.UUID) -> str:
    """The form with what it says now."""
    one = own(key)
    typed = {**writing.plain(one), **one.audience, "urgency": one.kind}
    return _form({**typed, "mass": "yes" if one.mass else ""}, (), one)


@door.post("/broadcasts/<uuid:key>/edit")
@needs(*MAKERS)
def broadcast_edit(key: uuid.UUID) -> ResponseReturnValue:
    """Put it into other words."""
    seat, one, sheet = current(), own(key), _sheet()
    if is_stale(one):
        return _form(request.form, (say("broadcast.moved_on"),), one), 409
    if sheet is None:
        return _form(request.form, (say("broadcast.audience_unfit"),), one), 422
    try:
        with seat.session.begin_nested():
            writing.edit(seat.session, one, sheet, seat.acting, seat.now)
    except Hindered as hindered:
        return _form(request.form, reasons(hindered), one, names_in(hindered)), 422
    tell("broadcast.saved")
    return redirect(url_for("console.broadcast", key=key))


@door.post("/broadcasts/<uuid:key>/list")
@needs(*MAKERS)
def broadcast_list(key: uuid.UUID) -> ResponseReturnValue:
    """Take the people of an Excel list; the rows that could not be taken are named."""
    seat, one, sheet = current(), own(key), upload("list")
    if sheet is None:
        return screen(one, (say("broadcast.list_needed"),)), 422
    try:
        with seat.session.begin_nested():
            came = listing.take_list(seat.session, one, sheet.content, seat.acting, seat.now)
    except Hindered as hindered:
        return screen(one, reasons(hindered)), 422
    rows = [obstacle_words(remark) for remark in came.remarks[:SHOWN_ROWS]]
    if (more := len(came.remarks) - len(rows)) > 0:
        rows.append(say("broadcast.list_more", number=more))
    return screen(one, (), (say("broadcast.list_taken", people=came.taken), *rows))


def _place() -> Region | None:
    seat = current()
    code = forms.text("region", 32)
    return seat.session.scalars(
        select(Region).where(Region.code == code, area(seat.region))
    ).first()


def _sheet() -> Sheet | None:
    """The form; None where a choice is none of ours."""
    try:
        who = Who(forms.text("who", 16))
        urgency = Urgency(forms.text("urgency", 48) or Urgency.PUBLICITY)
    except ValueError:
        return None
    track = forms.text("track", 8) if who in audiences.BY_TRACK else ""
    roles = tuple(request.form.getlist("roles")) if who is Who.STAFF else ()
    words = Words(forms.text("title", 80), forms.text("body", 2000), forms.text("sms_body", 500))
    mass, no_names = request.form.get("mass") == "yes", tuple(request.form.getlist("no_name"))
    return Sheet(words, urgency, Audience(who, track, roles), mass, no_names)


def _form(
    typed: Mapping[str, Any],
    said: tuple[str, ...] = (),
    one: Broadcast | None = None,
    names: tuple[str, ...] = (),
) -> str:
    """`names`: what in the text is somebody's name, and may be a word."""
    seat = current()
    ticked = request.form.getlist("no_name")
    if one is not None and request.method == "GET":
        ticked = list(hardship.declared(seat.session, one))
    places = select(Region).where(area(seat.region)).order_by(Region.path)
    chosen = request.form.getlist("roles") or (one.audience.get("roles", []) if one else [])
    return page(
        "broadcast_form.html",
        typed=typed,
        said=said,
        one=one,
        places=[(place.code, _indented(place)) for place in seat.session.scalars(places)],
        urgencies=[(str(kind), say(f"broadcast.kind_{kind}")) for kind in Urgency],
        whos=[(str(who), say(f"broadcast.who_{who}")) for who in Who],
        tracks=[(track, say(f"broadcast.track_{track}")) for track in ("rural", "urban")],
        roles=[(str(role), say(f"role.{role}")) for role in STAFF_ROLES],
        chosen=chosen,
        names=[(name, name in ticked) for name in dict.fromkeys((*ticked, *names))],
        slots=list(texts.placeholders()),
        default_place=seat.region.code,
    )


def _indented(place: Region) -> str:
    village = place.kind == "village" and place.parent is not None
    return f"{place.parent.name}{place.name}" if village and place.parent else place.name
