"""What is decided about a broadcast: a table of acts, each a button of its page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import forms
from console.base import Seat, current, door, needs, say, tell
from console.broadcast_screen import APPROVERS, MAKERS, is_stale, own, reasons, screen
from models import Broadcast, BroadcastState, Role
from services.broadcasts import deciding
from services.procedure import Hindered

Do = Callable[[Seat, Broadcast], int | None]


@dataclass(frozen=True)
class Act:
    """One act: whose it is, what it does, the phrase that says that it is done. `edition`: only of
    the words that were on the screen."""

    roles: tuple[Role, ...]
    do: Do
    done: str
    edition: bool = False


def _why() -> str:
    return forms.text("why", 255)


def _submit(seat: Seat, one: Broadcast) -> None:
    deciding.submit(seat.session, one, seat.acting, seat.now)


def _give_back(seat: Seat, one: Broadcast) -> None:
    deciding.give_back(seat.session, one, _why(), seat.acting, seat.now)


def _discard(seat: Seat, one: Broadcast) -> None:
    deciding.discard(seat.session, one, seat.acting, seat.now)


def _pause(seat: Seat, one: Broadcast) -> int:
    return deciding.pause(seat.session, one, _why(), seat.acting, seat.now)


def _resume(seat: Seat, one: Broadcast) -> None:
    deciding.resume(seat.session, one, seat.acting, seat.now)


def _stop(seat: Seat, one: Broadcast) -> int:
    return deciding.stop(seat.session, one, _why(), seat.acting, seat.now)


ACTS = {
    "submit": Act(MAKERS, _submit, "broadcast.submitted", edition=True),
    "return": Act(APPROVERS, _give_back, "broadcast.returned"),
    "discard": Act(MAKERS, _discard, "broadcast.discarded"),
    "pause": Act(MAKERS, _pause, "broadcast.paused"),
    "resume": Act(APPROVERS, _resume, "broadcast.resumed"),
    "stop": Act(MAKERS, _stop, "broadcast.stopped"),
}


def _route(name: str, act: Act) -> None:
    def view(key: uuid.UUID) -> ResponseReturnValue:
        return _do(own(key), act)

    path, endpoint = f"/broadcasts/<uuid:key>/{name}", f"broadcast_{name}"
    door.post(path, endpoint=endpoint)(needs(*act.roles)(view))


for _name, _act in ACTS.items():
    _route(_name, _act)


@door.post("/broadcasts/<uuid:key>/approve")
@needs(*APPROVERS)
def broadcast_approve(key: uuid.UUID) -> ResponseReturnValue:
    """Somebody else agrees: now, or at a time."""
    seat, one = current(), own(key)
    at = seat.now if request.form.get("when") == "now" else forms.moment("at")
    if at is None:
        return screen(one, (say("broadcast.time_needed"),)), 422

    def approve(seat: Seat, one: Broadcast) -> None:
        deciding.approve(seat.session, one, at, seat.acting, seat.now)

    return _do(one, Act(APPROVERS, approve, "broadcast.approved", edition=True))


def _do(one: Broadcast, act: Act) -> ResponseReturnValue:
    """Do it and say so, or show the page with every reason why not."""
    seat = current()
    if act.edition and is_stale(one):
        return screen(one, (say("broadcast.moved_on"),)), 409
    try:
        with seat.session.begin_nested():
            count = act.do(seat, one) or 0
    except Hindered as hindered:
        return screen(one, reasons(hindered)), 422
    tell(act.done, count=count)
    if one.state == BroadcastState.DISCARDED:
        return redirect(url_for("console.broadcasts"))
    return redirect(url_for("console.broadcast", key=one.id))
