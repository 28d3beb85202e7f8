"""What a day owes and when: word to who has not signed, the list at noon, two reminders, the
evening, the town's call, the end; on Mondays the district's count of the week before.

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
from services.days import closing, confirming, deriving, judging, unsigned
from services.days.duty import default_duty

STEPS = ("week", "unsigned", "noon", "remind", "remind_again", "evening", "overdue", "final")
PLACES = frozenset({"noon", "remind", "remind_again", "overdue"})
"""Steps that are done place by place; the others go by batches of workers, the week's in one."""
CATCH_UP = "catch_up"
MOST_TOGETHER = 31
FRESH = {
    "week": 8, "unsigned": 2, "noon": 2,
    "remind": 2, "remind_again": 2, "evening": 14, "overdue": 8, "final": 24,
}  # fmt: skip
"""Hours after which a step is done without telling anybody."""
LAST_REMINDER = "attendance.village_confirms_by"
MONDAY = 1


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
    """When each step of a day falls due, the end last."""
    opens, latest = confirming.window(day)
    at = judging.moment(datetime.combine(day, time(12), SHANGHAI))
    ends = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    week = [("week", _hour(day, "attendance.week_count_at"))]
    return [
        *(week if day.isoweekday() == MONDAY else ()),
        ("unsigned", _windows_end(day)),
        ("noon", _hour(day, "attendance.unsigned_list_at")),
        ("remind", opens),
        ("remind_again", _hour(day, LAST_REMINDER)),
        ("evening", datetime.combine(day, at.evening, SHANGHAI)),
        ("overdue", latest),
        ("final", ends + timedelta(hours=at.late_hours)),
    ]


def _hour(day: date, name: str) -> datetime:
    """The time of day that a parameter names."""
    value = parameters.in_force_or_first(name, day).value
    return datetime.combine(day, time.fromisoformat(value), SHANGHAI)


def _windows_end(day: date) -> datetime:
    """When the window of posts without a plan of their own is over, and its grace. Who has a later
    one is looked at again at noon."""
    late = int(parameters.in_force_or_first("attendance.late_minutes", day).value)
    return datetime.combine(day, default_duty(day).closes, SHANGHAI) + timedelta(minutes=late)


def pieces(session: Session, owed: Due) -> Sequence[object]:
    """What a step is done for, each in a transaction of its own: places, or batches of workers."""
    if owed.step in {"week", "unsigned"} and not owed.fresh:
        return []
    if owed.step == "week":
        return [None]
    if owed.step in PLACES:
        return closing.places(session, owed.day) if owed.fresh else []
    return closing.batches(session, owed.day, owed.until)


def derive(session: Session, owed: Due, piece: object, now: datetime) -> None:
    """Derive the days of one piece. In a transaction of its own: it holds the engagements, for
    which others wait."""
    if owed.step == "week":
        return
    if owed.step in PLACES:
        assert isinstance(piece, int)
        piece = deriving.of_place(session, piece, owed.day)
    assert isinstance(piece, list)
    deriving.derive(session, piece, from_on=owed.day, to_on=owed.until, now=now)


def tell(session: Session, owed: Due, piece: object, now: datetime) -> int:
    """Tell whom a piece concerns; how many were told. Safe to repeat."""
    if not owed.fresh:
        return 0
    if owed.step == "week":
        return unsigned.tell_week(session, owed.day, now)
    if owed.step in PLACES:
        assert isinstance(piece, int)
        return _tell_place(session, owed, piece, now)
    assert isinstance(piece, list)
    if owed.step == "unsigned":
        return unsigned.tell_workers(session, piece, owed.day, now)
    tells = closing.tell_evening if owed.step == "evening" else closing.tell_end
    return sum(tells(session, piece, owed.day, now).values())


def _tell_place(session: Session, owed: Due, place_id: int, now: datetime) -> int:
    if owed.step == "overdue":
        return closing.call_town(session, place_id, owed.day, now)
    if owed.step == "noon":
        return unsigned.tell_noon(session, place_id, owed.day, now)
    return closing.remind_heads(session, place_id, owed.day, turn=owed.step, now=now)


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
