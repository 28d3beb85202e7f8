"""How days look on the console's pages: a sign, a word, a tone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from console.base import say
from models import DayState
from services.days.facts import SIGNALS
from services.days.month import OPEN, Day, WorkerMonth

AWAY = frozenset({DayState.LEAVE_PAID, DayState.LEAVE_UNPAID})
DOUBTS = frozenset({*SIGNALS, "late", "early", "clerk_differs", "confirmed_on_leave"})
"""Reasons that make a day worth a look, though it may count."""
TONES = {
    DayState.UNKNOWN: "d-open",
    DayState.DISPUTED: "d-open",
    DayState.ABSENT: "d-absent",
    DayState.COUNTED: "d-counted",
}
FILTERS = ("all", "open", "absent", "leave", "doubt")


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the grid; `mark` is empty where nothing was planned."""

    mark: str
    title: str
    tone: str


NOTHING = Cell("", "", "")


def cells(worker: WorkerMonth, length: int) -> list[Cell]:
    """The month's days in order, as signs."""
    found = [NOTHING] * length
    for one in worker.days:
        found[one.day_on.day - 1] = _cell(one.state, is_doubtful(one))
    return found


@cache
def _cell(state: DayState, doubtful: bool) -> Cell:  # noqa: FBT001 - a key of the cache
    words = say(f"day_state.{state}")
    if doubtful:
        words = say("day_console.with_doubt", state=words)
    tone = TONES.get(state, "d-off")
    return Cell(say(f"day_mark.{state}"), words, f"{tone} d-doubt" if doubtful else tone)


def is_doubtful(one: Day) -> bool:
    """Whether something about a day is worth a look."""
    return not DOUBTS.isdisjoint(one.reasons)


def reasons_in_words(reasons: Sequence[str]) -> list[str]:
    """The row that decided, then what was noticed."""
    return [say(f"day_reason.{reason}") for reason in reasons]


def fits(worker: WorkerMonth, chosen: str) -> bool:
    """Whether a worker has a day that the filter asks for."""
    if chosen == "open":
        return any(one.state in OPEN for one in worker.days)
    if chosen == "absent":
        return any(one.state == DayState.ABSENT for one in worker.days)
    if chosen == "leave":
        return any(one.state in AWAY for one in worker.days)
    if chosen == "doubt":
        return any(is_doubtful(one) for one in worker.days)
    return True


def of_text(text: str) -> date | None:
    """`2022-04-06` as a day; None where it is none."""
    try:
        return date.fromisoformat(text) if len(text) == len("2022-04-06") else None
    except ValueError:
        return None
