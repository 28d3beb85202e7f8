"""Who gets through the door. Closed by default: the exceptions are two names long."""

from __future__ import annotations

from functools import partial

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden

from console.base import UPLOAD_LIMIT_BYTES, Seat, console, door
from models import Role, reading
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

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing."""

KEEPS = frozenset(
    {
        "console.second_step",  # the secret of a code generator is made when it is first shown
        "console.days_photo_small",  # so is a small picture
        "console.days_worker",  # one person's days are derived anew, so that they are as of now
        "console.days_day",
        "console.days_confirm",  # a round is drawn for the head
        "console.days_round",
        "console.days_sheet_seen",
        "console.month_sheet",  # a sheet that nobody has signed is brought up to the days
        "console.people_export",  # the verb writes down what was taken
        "console.post_page",
        "console.spot_check_photo",
        "console.term_agreement",  # it names an ID number: the verb writes down who printed it
    }
)
"""Pages that write something short while they are looked at. All others only read."""

FOUND_OUT: set[str] = set()
"""Pages that turned out to write, in this process. Each is a mistake of ours, which the log names
and `KEEPS` should; nobody at the counter has to wait for that."""

KEEPS_ASKED = {"console.days": "roll"}
"""Pages that write where this is asked of them: a clerk's roll-call derives the village's day."""


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
    only_reads = _only_reads()
    opened = g.console_session = reading(room.sessions) if only_reads else room.sessions()
    now, wall = room.clock.now(opened), room.wall()
    token = session.get("token")
    signed_in = staff.of_token(opened, token, wall, business_date(now)) if token else None
    if signed_in is None:
        session.pop("token", None)
        raise SignInFirst(ended=token is not None)
    seat = g.seat = Seat(opened, signed_in, signed_in.grant, now, wall, only_reads)
    if staff.is_news(signed_in, wall):
        seat.to_keep.append(partial(staff.note_seen, token_hash=signed_in.token_hash, now=wall))
    return seat


def _only_reads() -> bool:
    page = str(request.endpoint)
    if request.method not in READS or page in KEEPS | FOUND_OUT:
        return False
    return KEEPS_ASKED.get(page, "") not in request.args


def _check_role(seat: Seat) -> None:
    view = current_app.view_functions[str(request.endpoint)]
    allowed: frozenset[Role] = getattr(view, "roles", frozenset())
    if seat.role not in allowed:
        raise NotYourRole
    posts = request.method not in READS and request.endpoint not in OWN | ANSWERS
    if seat.role is Role.SUPERVISION and posts:
        raise NotYourRole


@door.teardown_request
def leave(_error: BaseException | None) -> None:
    """Whatever was not committed is gone."""
    opened = g.pop("console_session", None)
    g.pop("seat", None)
    if opened is not None:
        opened.close()
