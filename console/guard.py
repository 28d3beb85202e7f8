"""Who gets through the door. Closed by default: the exceptions are two names long."""

from __future__ import annotations

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden

from console.base import UPLOAD_LIMIT_BYTES, Seat, console, door
from models import Role
from services import staff
from services.clock import business_date

csrf = CSRFProtect()

OPEN = frozenset({"console.static", "console.sign_in"})
"""Reached by anybody."""

STEPS = {
    staff.Step.CODE: "console.second_step",
    staff.Step.PASSWORD: "console.change_password",
    staff.Step.ROLE: "console.choose_role",
}
"""The page on which each further step of signing in is taken."""

OWN = frozenset({"console.sign_out", "console.sign_out_others", *STEPS.values()})
"""One's own account: whoever is signed in may post here, supervision too."""

ANSWERS = frozenset({"console.ticket_step"})
"""What is complained of about the whole district only supervision sees: it answers that itself."""


class SignInFirst(Forbidden):
    """Nobody is signed in, or no longer (`ended`)."""

    def __init__(self, *, ended: bool) -> None:
        super().__init__()
        self.ended = ended


class NotYourRole(Forbidden):
    """Signed in, but this page or this button is another role's."""


class RoleEnded(Forbidden):
    """The role's time ran out while a form was open."""


@door.before_request
def guard() -> ResponseReturnValue | None:
    """Every request of the console comes through here first."""
    request.max_content_length = UPLOAD_LIMIT_BYTES
    if request.endpoint == "console.static":
        return None
    if request.endpoint not in OPEN:
        seat = _take_seat()
        step = staff.next_step(seat.signed_in, seat.today)
        if step is None:
            _check_role(seat)
        elif request.endpoint not in {STEPS[step], "console.sign_out"}:
            return _step_first(step)
    csrf.protect()
    return None


def _step_first(step: staff.Step) -> ResponseReturnValue:
    """On to the step that is missing; what was typed into a form meanwhile is not lost."""
    if request.method != "GET" and step is staff.Step.ROLE:
        raise RoleEnded
    return redirect(url_for(STEPS[step]))


def _take_seat() -> Seat:
    room = console()
    opened = g.console_session = room.sessions()
    now, wall = room.clock.now(opened), room.wall()
    token = session.get("token")
    signed_in = staff.of_token(opened, token, wall, business_date(now)) if token else None
    if signed_in is None:
        session.pop("token", None)
        raise SignInFirst(ended=token is not None)
    seat = g.seat = Seat(opened, signed_in, signed_in.grant, now, wall)
    return seat


def _check_role(seat: Seat) -> None:
    view = current_app.view_functions[str(request.endpoint)]
    allowed: frozenset[Role] = getattr(view, "roles", frozenset())
    if seat.role not in allowed:
        raise NotYourRole
    reads = request.method in {"GET", "HEAD", "OPTIONS"}
    if seat.role is Role.SUPERVISION and not reads and request.endpoint not in OWN | ANSWERS:
        raise NotYourRole


@door.teardown_request
def leave(_error: BaseException | None) -> None:
    """Whatever was not committed is gone."""
    opened = g.pop("console_session", None)
    g.pop("seat", None)
    if opened is not None:
        opened.close()
