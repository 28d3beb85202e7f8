"""Broadcasts: written, looked at, agreed to by somebody else, paused and stopped."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, needs, page, say, tell
from console.files import upload
from console.words import obstacle_words
from models import Broadcast, BroadcastAct, BroadcastState, Region, Role
from services.acting import covers
from services.broadcasts import audience as audiences
from services.broadcasts import deciding, paper, reach, texts, writing
from services.broadcasts.audience import STAFF_ROLES, Audience, Who
from services.broadcasts.texts import Words
from services.broadcasts.writing import Sheet, Urgency
from services.guards import Obstacle
from services.procedure import Hindered
from services.staff import area

MAKERS = tuple(writing.MAKERS)
APPROVERS = tuple(deciding.APPROVERS)
VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
READERS = tuple(writing.READERS | VILLAGE)
PUBLISHED = (BroadcastState.SENDING, BroadcastState.DONE)
SENT = (*PUBLISHED, BroadcastState.PAUSED, BroadcastState.STOPPED)
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
        return _form(request.form, _words(hindered)), 422
    tell("broadcast.saved")
    return redirect(url_for("console.broadcast", key=made.id))


@door.get("/broadcasts/<uuid:key>")
@needs(*READERS)
def broadcast(key: uuid.UUID) -> str:
    """One broadcast: how it reads, what it costs, what may be done, whom it reached."""
    return _screen(found(key))


@door.get("/broadcasts/<uuid:key>/edit")
@needs(*MAKERS)
def broadcast_edit_form(key: uuid.UUID) -> str:
    """The form with what it says now."""
    one = _own(key)
    return _form({**writing.plain(one), **one.audience, "urgency": one.kind}, (), one)


@door.post("/broadcasts/<uuid:key>/edit")
@needs(*MAKERS)
def broadcast_edit(key: uuid.UUID) -> ResponseReturnValue:
    """Put it into other words."""
    seat, one, sheet = current(), _own(key), _sheet()
    if _is_stale(one):
        return _form(request.form, (say("broadcast.moved_on"),), one), 409
    if sheet is None:
        return _form(request.form, (say("broadcast.audience_unfit"),), one), 422
    try:
        with seat.session.begin_nested():
            writing.edit(seat.session, one, sheet, seat.acting, seat.now)
    except Hindered as hindered:
        return _form(request.form, _words(hindered), one), 422
    tell("broadcast.saved")
    return redirect(url_for("console.broadcast", key=key))


@door.post("/broadcasts/<uuid:key>/list")
@needs(*MAKERS)
def broadcast_list(key: uuid.UUID) -> ResponseReturnValue:
    """Take the people of an Excel list; the rows that could not be taken are named."""
    seat, one, sheet = current(), _own(key), upload("list")
    if sheet is None:
        return _screen(one, (say("broadcast.list_needed"),)), 422
    try:
        with seat.session.begin_nested():
            came = writing.take_list(seat.session, one, sheet.content, seat.acting, seat.now)
    except Hindered as hindered:
        return _screen(one, _words(hindered)), 422
    rows = tuple(obstacle_words(remark) for remark in came.remarks[:SHOWN_ROWS])
    return _screen(one, (), (say("broadcast.list_taken", people=came.taken), *rows))


@door.post("/broadcasts/<uuid:key>/submit")
@needs(*MAKERS)
def broadcast_submit(key: uuid.UUID) -> ResponseReturnValue:
    """The writer is done."""
    seat, one = current(), _own(key)
    return _do(
        one,
        lambda: deciding.submit(seat.session, one, seat.acting, seat.now),
        "broadcast.submitted",
        edition=True,
    )


@door.post("/broadcasts/<uuid:key>/approve")
@needs(*APPROVERS)
def broadcast_approve(key: uuid.UUID) -> ResponseReturnValue:
    """Somebody else agrees: now, or at a time."""
    seat, one = current(), _own(key)
    at = seat.now if request.form.get("when") == "now" else forms.moment("at")
    if at is None:
        return _screen(one, (say("broadcast.time_needed"),)), 422
    return _do(
        one,
        lambda: deciding.approve(seat.session, one, at, seat.acting, seat.now),
        "broadcast.approved",
        edition=True,
    )


@door.post("/broadcasts/<uuid:key>/return")
@needs(*APPROVERS)
def broadcast_return(key: uuid.UUID) -> ResponseReturnValue:
    """Give it back to its writer, saying why."""
    seat, one, why = current(), _own(key), forms.text("why", 255)
    return _do(
        one,
        lambda: deciding.give_back(seat.session, one, why, seat.acting, seat.now),
        "broadcast.returned",
    )


@door.post("/broadcasts/<uuid:key>/discard")
@needs(*MAKERS)
def broadcast_discard(key: uuid.UUID) -> ResponseReturnValue:
    """Give it up before anything left."""
    seat, one = current(), _own(key)
    return _do(
        one,
        lambda: deciding.discard(seat.session, one, seat.acting, seat.now),
        "broadcast.discarded",
    )


@door.post("/broadcasts/<uuid:key>/pause")
@needs(*MAKERS)
def broadcast_pause(key: uuid.UUID) -> ResponseReturnValue:
    """Let nothing more leave for now."""
    seat, one, why = current(), _own(key), forms.text("why", 255)
    return _do(
        one,
        lambda: deciding.pause(seat.session, one, why, seat.acting, seat.now),
        "broadcast.paused",
    )


@door.post("/broadcasts/<uuid:key>/resume")
@needs(*APPROVERS)
def broadcast_resume(key: uuid.UUID) -> ResponseReturnValue:
    """Go on where it was paused."""
    seat, one = current(), _own(key)
    return _do(
        one,
        lambda: deciding.resume(seat.session, one, seat.acting, seat.now),
        "broadcast.resumed",
    )


@door.post("/broadcasts/<uuid:key>/stop")
@needs(*MAKERS)
def broadcast_stop(key: uuid.UUID) -> ResponseReturnValue:
    """End it for good."""
    seat, one, why = current(), _own(key), forms.text("why", 255)
    return _do(
        one,
        lambda: deciding.stop(seat.session, one, why, seat.acting, seat.now),
        "broadcast.stopped",
    )


def _do(
    one: Broadcast, act: Callable[[], int | None], done: str, *, edition: bool = False
) -> ResponseReturnValue:
    """Do it and say so, or show the page with every reason why not."""
    seat = current()
    if edition and _is_stale(one):
        return _screen(one, (say("broadcast.moved_on"),)), 409
    try:
        with seat.session.begin_nested():
            count = act() or 0
    except Hindered as hindered:
        return _screen(one, _words(hindered)), 422
    tell(done, count=count)
    if one.state == BroadcastState.DISCARDED:
        return redirect(url_for("console.broadcasts"))
    return redirect(url_for("console.broadcast", key=one.id))


def found(key: uuid.UUID) -> Broadcast:
    """One of the place or below; or, once sent, one from above."""
    seat = current()
    one = seat.session.get(Broadcast, key)
    if one is None or not (is_own(one) or _is_from_above(one)):
        raise Elsewhere("broadcast", key)
    return one


def _own(key: uuid.UUID) -> Broadcast:
    one = found(key)
    if not is_own(one):
        raise Elsewhere("broadcast", key)
    return one


def is_own(one: Broadcast) -> bool:
    seat = current()
    return seat.role not in VILLAGE and covers(seat.region, one.region)


def _is_from_above(one: Broadcast) -> bool:
    return one.state in PUBLISHED and covers(one.region, current().region)


def _is_stale(one: Broadcast) -> bool:
    return request.form.get("edition") != str(one.edition)


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
    return Sheet(words, urgency, Audience(who, track, roles))


def _screen(one: Broadcast, said: tuple[str, ...] = (), came: tuple[str, ...] = ()) -> str:
    seat = current()
    own = is_own(one)
    people = audiences.count(seat.session, one, seat.now) if own else 0
    obstacles: tuple[Obstacle, ...] = ()
    if own and one.state == BroadcastState.DRAFT:
        obstacles = writing.obstacles(seat.session, one, seat.now)
    return page(
        "broadcast.html",
        one=one,
        own=own,
        people=people,
        who=audience_words(one),
        previews=texts.previews(writing.words_of(one), seat.today),
        obstacles=[obstacle_words(obstacle) for obstacle in obstacles],
        loudspeaker=paper.loudspeaker(one, seat.region if not own else one.region),
        reach=reach.report(seat.session, one) if own and one.state in SENT else None,
        said=said,
        came=came,
        may={str(act): _may(one, act) for act in BroadcastAct} if own else {},
    )


def _may(one: Broadcast, act: BroadcastAct) -> bool:
    """Whether this person sees the button; the service judges again."""
    seat = current()
    decides = act in (BroadcastAct.APPROVE, BroadcastAct.RETURN, BroadcastAct.RESUME)
    roles = deciding.APPROVERS if decides else writing.MAKERS
    if not one.allows(act) or seat.role not in roles:
        return False
    return act != BroadcastAct.APPROVE or not deciding.wrote(seat.session, one, seat.acting)


def audience_words(one: Broadcast) -> str:
    """For whom it is, in words."""
    audience = audiences.read(one.audience)
    parts = [say(f"broadcast.who_{audience.who}")]
    if audience.track:
        parts.append(say(f"broadcast.track_{audience.track}"))
    parts += [say(f"role.{role}") for role in audience.roles]
    return f"{one.region.name} · " + " · ".join(parts)


def _form(
    typed: Mapping[str, Any], said: tuple[str, ...] = (), one: Broadcast | None = None
) -> str:
    seat = current()
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
        slots=list(texts.placeholders()),
        default_place=seat.region.code,
    )


def _indented(place: Region) -> str:
    village = place.kind == "village" and place.parent is not None
    return f"{place.parent.name}{place.name}" if village and place.parent else place.name


def _words(hindered: Hindered) -> tuple[str, ...]:
    return tuple(obstacle_words(one) for one in hindered.obstacles)
