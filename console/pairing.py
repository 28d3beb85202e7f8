"""Pairing a village worker's own WeChat or phone with their account."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from console.base import NAV, NavItem, current, door, needs, page, say, tell
from rules import parameters
from services import village_desk
from services.village_desk import VILLAGE

NAV.append(NavItem("console.pairing", "village_staff.nav", VILLAGE, order=70, group="house"))


@door.get("/pairing")
@needs(*VILLAGE)
def pairing() -> str:
    """Which chats work for this account."""
    return _screen("")


def _screen(code: str) -> str:
    seat = current()
    minutes = int(parameters.in_force("conversation.code_minutes", seat.today).value)
    shown = say("village_staff.offered", code=code, minutes=minutes) if code else ""
    return page(
        "pairing.html",
        code=code,
        shown=shown,
        paired=village_desk.paired(seat.session, seat.staff),
    )


@door.post("/pairing")
@needs(*VILLAGE)
def pairing_offer() -> str:
    """A new code; shown once."""
    seat = current()
    return _screen(village_desk.offer(seat.session, seat.staff, seat.now))


@door.post("/pairing/end")
@needs(*VILLAGE)
def pairing_end() -> ResponseReturnValue:
    """No chat works for this account any more."""
    seat = current()
    count = village_desk.end(seat.session, seat.staff, seat.now)
    tell("village_staff.ended", count=count)
    return redirect(url_for("console.pairing"))
