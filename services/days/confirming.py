"""The village head's confirmation of a day (requirements 3.4, F-11).

By exception, in an order drawn by lot, some people at a time; never of oneself or of relatives.
From 17:30 on, by 20:00, at the latest the next day at 12:00; then the town must. How long it took
is kept with the round.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    ConfirmationRound,
    DayState,
    Engagement,
    EventKind,
    Post,
    Region,
    Role,
)
from models.sealing import blind_index
from rules import parameters
from services.acting import Acting
from services.clock import SHANGHAI, business_date
from services.days import people
from services.days.events import Word, say
from services.days.people import Look

TOWN = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})


class TooEarly(Exception):
    """Nobody confirms a day that is not over; the argument says from when."""


class TooLate(Exception):
    """The village's time is over: the town confirms."""


@dataclass(frozen=True)
class Round:
    """A round with the people in it, in the order shown; `left_out`: on whom this head has no say,
    and the town decides."""

    row: ConfirmationRound
    looks: tuple[Look, ...]
    left_out: int


def due_days(session: Session, place: Region, now: datetime) -> list[date]:
    """The days that the village may confirm now and has not finished, the older first."""
    today = business_date(now)
    found = []
    for day in (today - timedelta(days=1), today):
        opens, latest = window(day)
        if opens <= now < latest and waiting(people.of_place(session, place, day, now)):
            found.append(day)
    return found


def window(day: date) -> tuple[datetime, datetime]:
    """From when and until when the village confirms a day."""
    opens = parameters.in_force_or_first("attendance.village_confirms_from", day).value
    latest = parameters.in_force_or_first("attendance.village_confirms_latest", day).value
    return (
        datetime.combine(day, time.fromisoformat(opens), SHANGHAI),
        datetime.combine(day + timedelta(days=1), time.fromisoformat(latest), SHANGHAI),
    )


def waiting(looks: Sequence[Look]) -> list[Look]:
    """Those of whom the head has still to say something."""
    return [
        look
        for look in looks
        if look.said.head == "none" and not look.is_off and not look.is_on_leave
    ]


def count_open(
    session: Session, place: Region, day: date, *, without: Collection[uuid.UUID] = ()
) -> int:
    """How many of a place's day, as it was last derived, the head has still to say something about;
    `without` these people. Holds no lock."""
    said = exists().where(
        AttendanceEvent.engagement_id == AttendanceDay.engagement_id,
        AttendanceEvent.day_on == AttendanceDay.day_on,
        AttendanceEvent.kind.in_((EventKind.CONFIRMED, EventKind.DENIED)),
    )
    asked = (
        select(func.count())
        .select_from(AttendanceDay)
        .join(Engagement, AttendanceDay.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(
            Post.region_id == place.id,
            AttendanceDay.day_on == day,
            AttendanceDay.state == DayState.UNKNOWN,
            Engagement.person_id.not_in(without),
            ~said,
        )
    )
    return session.scalar(asked) or 0


def open_round(
    session: Session, acting: Acting, day: date, *, source: str, now: datetime
) -> Round | None:
    """Draw up a round for a head; None where nobody is left to be confirmed by them. Raises
    `TooEarly` and `TooLate`."""
    assert acting.staff is not None
    assert acting.region is not None
    opens, latest = window(day)
    if now < opens:
        raise TooEarly(opens)
    if now >= latest:
        raise TooLate
    everybody = people.of_place(session, acting.region, day, now)
    looks = waiting(everybody)
    barred = people.barred(session, acting.staff)
    mine = [look for look in looks if look.person_id not in barred]
    left_out = len(looks) - len(mine)
    if not mine:
        return None
    seed = blind_index(f"{acting.region.code}|{day}|{acting.staff.login}", "confirmation_order")
    lot = random.Random(seed)  # noqa: S311 - the seed is a keyed hash
    mine += _planted([look for look in everybody if look.person_id not in barred], day, lot)
    lot.shuffle(mine)
    row = ConfirmationRound(
        region_id=acting.region.id,
        day_on=day,
        staff_id=acting.staff.id,
        source=source,
        shown=[str(look.engagement_id) for look in mine],
        opened_at=now,
    )
    session.add(row)
    session.flush()
    return Round(row, tuple(mine), left_out)


def _planted(looks: Sequence[Look], day: date, lot: random.Random) -> list[Look]:
    """Now and then somebody who is on leave that day (F-11): a head who confirms them has not read
    the list, and that is a signal. Their day stays a day of leave, whatever is answered."""
    percent = int(parameters.in_force_or_first("anomaly.attention_percent", day).value)
    away = [look for look in looks if look.is_on_leave and look.said.head == "none"]
    return [lot.choice(away)] if away and lot.randrange(100) < percent else []


def find_round(session: Session, key: str, acting: Acting, now: datetime) -> Round | None:
    """A round of this member of staff that is not answered yet."""
    row = session.get(ConfirmationRound, uuid.UUID(key), with_for_update=True)
    if row is None or acting.staff is None or row.staff_id != acting.staff.id:
        return None
    if row.answered_at is not None or acting.region is None:
        return None
    looks = people.of_place(session, acting.region, row.day_on, now)
    known = {str(look.engagement_id): look for look in looks}
    return Round(row, tuple(known[key] for key in row.shown if key in known), 0)


@dataclass(frozen=True)
class Answers:
    """Who came and who did not, and of whom the head is not sure: the town looks at those."""

    confirmed: tuple[uuid.UUID, ...] = ()
    denied: tuple[uuid.UUID, ...] = ()
    unsure: tuple[uuid.UUID, ...] = ()


def answer(
    session: Session, round_: Round, acting: Acting, answers: Answers, now: datetime
) -> None:
    """Write the answers of a round down, once. Who is not in the round is not touched, nor who is
    barred meanwhile. Raises `TooLate`."""
    assert acting.staff is not None
    row = round_.row
    if now >= window(row.day_on)[1]:
        raise TooLate
    barred = people.barred(session, acting.staff)
    allowed = {look.engagement_id for look in round_.looks if look.person_id not in barred}
    seconds = int((now - row.opened_at).total_seconds())
    evidence = {"round": str(row.id), "seconds": seconds, "shown": len(row.shown)}
    for kind, ids in (
        (EventKind.CONFIRMED, answers.confirmed),
        (EventKind.DENIED, answers.denied),
    ):
        word = Word(kind, acting, row.source, evidence)
        say(session, [key for key in ids if key in allowed], row.day_on, word, now)
    row.answered_at = now
    row.answers = {
        "confirmed": [str(key) for key in answers.confirmed],
        "denied": [str(key) for key in answers.denied],
        "unsure": [str(key) for key in answers.unsure],
    }
    session.flush()


def rounds(session: Session, place: Region, day: date) -> Sequence[ConfirmationRound]:
    """All rounds about a day of a place, in order."""
    asked = select(ConfirmationRound).where(
        ConfirmationRound.region_id == place.id, ConfirmationRound.day_on == day
    )
    return session.scalars(asked.order_by(ConfirmationRound.opened_at)).all()
