"""What did not get through, and what nobody knows of: three lists, and what was done about each."""

from __future__ import annotations

import uuid

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.base import (
    NAV,
    Elsewhere,
    NavItem,
    console,
    current,
    door,
    look,
    needs,
    page,
    say,
    tell,
)
from models import Delivery, Person, Role
from models.telling import Attended
from services import channel_rests, dead_letters, failures, message_story, uncertain
from services.dead_letters import CannotAttend, Pile
from wording.hearing import mask_name

ACT = frozenset({Role.DISTRICT_CLERK, Role.ADMINISTRATOR})
SEE = ACT | {Role.SUPERVISION}
SHOWN = 100

NAV.append(NavItem("console.outbox_piles", "outbox.nav", SEE, order=84, group="house"))


@door.get("/outbox")
@needs(*SEE)
def outbox_piles() -> str:
    """The three lists, the newest first, and how all of the outbox stands."""
    seat = current()
    piles = {pile: dead_letters.lying(seat.session, pile, limit=SHOWN) for pile in Pile}
    shown = sum(len(rows) for rows in piles.values())
    if shown:
        look("outbox", "piles", rows=shown)
    return page(
        "outbox.html",
        piles={pile: [_line(one) for one in rows] for pile, rows in piles.items()},
        counts=dead_letters.count(seat.session),
        states=uncertain.counts(seat.session),
        sort_of=failures.sort_of,
        resting=channel_rests.stopped(seat.session, seat.wall),
    )


@door.get("/outbox/<uuid:key>")
@needs(*SEE)
def outbox_letter(key: uuid.UUID) -> str:
    """One delivery, and what can be done about it."""
    return _screen(_found(key))


@door.post("/outbox/<uuid:key>")
@needs(*ACT)
def outbox_attend(key: uuid.UUID) -> ResponseReturnValue:
    """Write down what was done about it; or send it again."""
    seat, one = current(), _found(key)
    try:
        how = Attended(request.form.get("how", ""))
    except ValueError:
        return _screen(one, say("outbox.choose")), 422
    try:
        dead_letters.attend(seat.session, one, how, seat.acting, seat.now)
    except CannotAttend as error:
        return _screen(one, say(error.key)), 409
    tell(f"outbox.done_{how}")
    return redirect(url_for("console.outbox_piles"))


def _found(key: uuid.UUID) -> Delivery:
    found = dead_letters.find(current().session, key)
    if found is None:
        raise Elsewhere("delivery", str(key))
    return found


def _screen(one: Delivery, why: str = "") -> str:
    seat = current()
    look("delivery", one.id)
    ways = [how for how in Attended if dead_letters.why_not(one, how, seat.now) is None]
    return page(
        "outbox_letter.html",
        it=one,
        line=_line(one),
        phone=one.address if one.channel == "sms" and seat.role in ACT else None,
        ways=[(how, say(f"outbox.how_{how}")) for how in ways] if seat.role in ACT else [],
        words=message_story.said(seat.session, one),
        because=say(f"outbox.because_{failures.sort_of(one.error)}") if one.error else "",
        no_again=dead_letters.why_not(one, Attended.AGAIN, seat.now),
        why=why,
    )


def _line(one: Delivery) -> dict[str, object]:
    """How a delivery reads in a list."""
    person = current().session.get(Person, one.person_id) if one.person_id else None
    channel = f"outbox.channel_{one.channel}"
    return {
        "it": one,
        "who": mask_name(person.name) if person is not None else say("outbox.no_name"),
        "channel": say(channel) if channel in console().book.phrases else one.channel,
        "what": say(f"outbox.happening_{one.happening}"),
        "asking": one.ask_at is not None,
    }
