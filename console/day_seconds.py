"""How long somebody had a form open before they sent it: the page carries a moment that only this
house can write, so nobody makes a look longer than it was."""

from __future__ import annotations

import hmac

from flask import request

from console.base import Seat
from models.sealing import blind_index


def opened(seat: Seat) -> str:
    """The moment of now, sealed for this member of staff: the value of a hidden field."""
    moment = int(seat.wall.timestamp())
    return f"{moment}.{_seal(seat, moment)}"


def seconds_since(seat: Seat, field: str = "opened") -> int:
    """Seconds since the page was made; 0 where the field is missing or not ours."""
    text, _, seal = request.form.get(field, "")[:64].partition(".")
    if not (text.isascii() and text.isdigit()):
        return 0
    moment = int(text)
    if not hmac.compare_digest(seal.encode(), _seal(seat, moment).encode()):
        return 0
    return max(0, int(seat.wall.timestamp()) - moment)


def _seal(seat: Seat, moment: int) -> str:
    return blind_index(f"{seat.staff.id}|{moment}", "page_opened")[:32]
