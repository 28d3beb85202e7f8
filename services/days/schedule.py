"""What a day owes and when: two reminders, the evening, the town's call, the end.

Each step is done once a day, in order; what is done has a row (`DayStep`), so that a clock that
stood still, or was moved, goes through the days it missed in order. Reminders and calls that come
too late are not given any more: nobody is asked today for a day of last month. Days that are long
over are closed together, a month at a time, without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import DayStep, Engagement
from rules import parameters
from services.clock import SHANGHAI, business_date
from services.days import closing, confirming, deriving

STEPS = ("remind", "remind_again", "evening", "overdue", "final")
PLACES = frozenset({"remind", "remind_again", "overdue"})
"""Steps that are done place by place; the others go by batches of workers."""
CATCH_UP = "catch_up"
MOST_TOGETHER = 31
FRESH = {"remind": 2, "remind_again": 2, "evening": 14, "overdue": 8, "final": 24}
"""Hours after which a step is done without telling anybody."""
LAST_REMINDER = "attendance.village_confirms_by"


@dataclass(frozen=True)
class Due:
    """One step of one day. `fresh`: whether it is still worth telling somebody. `until`: the last
    of several days that are long over (`catch_up`)."""

    day: date
    step: str
    due_at: datetime
    fresh: bool
    until: date


def due(session: Session, now: datetime) -> Iterator[Due]:
    """The steps that are owed, the oldest day first."""
    today = business_date(now)
    first = _first_open(session, today)
    done = set(session.execute(select(DayStep.day_on, DayStep.step).where(DayStep.day_on >= first))
               .tuples())  # fmt: skip
    day = first
    if (over := _long_over(first, today, now)) is not None:
        yield Due(first, CATCH_UP, now, fresh=False, until=over)
        day = over + timedelta(days=1)
    while day <= today:
        for step, due_at in times(day):
            if due_at <= now and (day, step) not in done:
                fresh = now - due_at < timedelta(hours=FRESH[step])
                yield Due(day, step, due_at, fresh, until=day)
        day += timedelta(days=1)


def _long_over(first: date, today: date, now: datetime) -> date | None:
    """The last of the days from the first open one on whose end is so long past that nobody is told
    of it; None where there is none."""
    last = None
    day = first
    while day <= today and (day - first).days < MOST_TOGETHER:
        ends_at = times(day)[-1][1]
        if now - ends_at < timedelta(hours=FRESH["final"]):
            break
        last, day = day, day + timedelta(days=1)
    return last


def times(day: date) -> list[tuple[str, datetime]]:
    """When each step of a day falls due."""
    opens, latest = confirming.window(day)
    by = parameters.in_force_or_first(LAST_REMINDER, day).value
    at = deriving.moment(datetime.combine(day, time(12), SHANGHAI))
    ends = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    return [
        ("remind", opens),
        ("remind_again", datetime.combine(day, time.fromisoformat(by), SHANGHAI)),
        ("evening", datetime.combine(day, at.evening, SHANGHAI)),
        ("overdue", latest),
        ("final", ends + timedelta(hours=at.late_hours)),
    ]


def pieces(session: Session, owed: Due) -> Sequence[object]:
    """What a step is done for, each in a transaction of its own: places, or batches of workers."""
    if owed.step in PLACES:
        return closing.places(session, owed.day) if owed.fresh else []
    return closing.batches(session, owed.day, owed.until)


def derive(session: Session, owed: Due, piece: object, now: datetime) -> None:
    """Derive the days of one piece. In a transaction of its own: it holds the engagements, for
    which others wait."""
    if owed.step in PLACES:
        assert isinstance(piece, int)
        piece = deriving.of_place(session, piece, owed.day)
    assert isinstance(piece, list)
    deriving.derive(session, piece, from_on=owed.day, to_on=owed.until, now=now)


def tell(session: Session, owed: Due, piece: object, now: datetime) -> int:
    """Tell whom a piece concerns; how many were told. Safe to repeat."""
    if not owed.fresh:
        return 0
    if owed.step == "overdue":
        assert isinstance(piece, int)
        return closing.call_town(session, piece, owed.day, now)
    if owed.step in PLACES:
        assert isinstance(piece, int)
        return closing.remind_heads(session, piece, owed.day, turn=owed.step, now=now)
    assert isinstance(piece, list)
    tells = closing.tell_evening if owed.step == "evening" else closing.tell_end
    return sum(tells(session, piece, owed.day, now).values())


def settle(session: Session, owed: Due, told: int, now: datetime) -> None:
    """Write down that the step is done; of days that were caught up with, all their steps."""
    day = owed.day
    while day <= owed.until:
        for step in STEPS if owed.step == CATCH_UP else (owed.step,):
            session.merge(DayStep(day_on=day, step=step, done_at=now, told=told))
        day += timedelta(days=1)


def _first_open(session: Session, today: date) -> date:
    """The day after the last one that closed for good; a house that never closed one begins with
    the first day that somebody was on a post, or with yesterday."""
    last = session.scalar(select(func.max(DayStep.day_on)).where(DayStep.step == "final"))
    if last is not None:
        return last + timedelta(days=1)
    started = session.scalar(select(func.min(Engagement.starts_on)))
    yesterday = today - timedelta(days=1)
    return min(max(started, today - timedelta(days=40)), yesterday) if started else yesterday
