"""A bare number, or a bare yes or no, means what the writer saw last.

The menu shown last is `standing.offered`; where a form or another matter waits behind it, going on
with that is one number more (`bot.forms` says so). A menu holds for its day: who answers this
morning's reminder with “1” has forgotten last night's.
"""

from __future__ import annotations

from bot.answers import step_aside
from bot.forms import follow, go_on, open_counter
from bot.standing import Standing
from dialog import Heard, Say, State
from handlers.counter import Asked
from handlers.desk import Desk
from wording.hearing import hear_number


def choose(desk: Desk, standing: Standing, heard: Heard) -> tuple[Say, ...] | None:
    """Take the menu back, and what its number chose. None where the message chooses nothing."""
    offered = standing.take_offers(desk.today)
    if not offered:
        return None
    last = len(offered)
    number = hear_number(heard.text) if heard.text else None
    if number is not None and 1 <= number <= last:
        return _open(desk, standing, Asked(offered[number - 1], heard))
    if standing.top is not None:
        return go_on(desk, standing) if _is_for_a_menu(standing.top, heard, last + 1) else None
    if number == last + 1 and standing.queued:
        return follow(desk, standing)
    standing.queued.clear()  # it was offered, and something else is said
    return None


def _open(desk: Desk, standing: Standing, asked: Asked) -> tuple[Say, ...]:
    if standing.top is None:
        return open_counter(desk, standing, asked)
    return step_aside(desk, standing, asked)


def _is_for_a_menu(top: State, heard: Heard, way_on: int) -> bool:
    """Whether the words can only be meant for some menu: the form's own was not shown last, so its
    question is put again before they count. Words of the form's answers count at once."""
    if heard.affirms is not None or hear_number(heard.text) == way_on:
        return True
    signs = [sign for sign in heard.text if sign.isalnum()]
    return bool(top.menu) and bool(signs) and all(sign.isdigit() for sign in signs)
