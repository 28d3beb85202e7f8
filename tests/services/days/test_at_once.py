"""Two at once about one day: one truth, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models import AttendanceDay, AttendanceEvent, DayState, EventKind
from services.acting import Acting
from services.days import closing, deriving, signing
from services.days.events import Word, say
from services.days.signing import Sign
from tests.builders import at
from tests.services.days.stage import DAY, Village, village

MORNING, EVENING = at("2022-04-06 07:00"), at("2022-04-06 20:15")
LATER = at("2022-04-08 00:05")
Act = Callable[[Session], object]


@pytest.fixture
def place(seeded_sessions: sessionmaker[Session]) -> Village:
    with seeded_sessions.begin() as session:
        made = village(session)
        session.flush()
        session.expunge_all()
    return made


def together(sessions: sessionmaker[Session], *acts: Act) -> None:
    """Each act in a transaction and thread of its own, begun at the same moment. SQLite may say
    that it is busy: the door begins anew, and so does this."""
    gate = Barrier(len(acts))

    def run(act: Act) -> None:
        gate.wait(timeout=20)
        for _ in range(5):
            try:
                with sessions.begin() as session:
                    act(session)
            except OperationalError:
                continue
            return
        raise AssertionError("never got through")

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result(timeout=60)


def state(sessions: sessionmaker[Session], place: Village) -> tuple[str, list[str]]:
    with sessions.begin() as session:
        day = session.get_one(AttendanceDay, (place.workers[0].id, DAY))
        return str(day.state), list(day.reasons)


def check_in(place: Village, now: object = MORNING) -> Act:
    def act(session: Session) -> None:
        standing = signing.standing_of(session, place.contacts[0].id, now)  # type: ignore[arg-type]  # an instant
        assert standing is not None
        signing.sign(session, standing, place.contacts[0].id, Sign(), now)  # type: ignore[arg-type]  # an instant

    return act


def word(place: Village, kind: EventKind, acting: Acting) -> Act:
    def act(session: Session) -> None:
        say(session, [place.workers[0].id], DAY, Word(kind, acting, "console"), EVENING)

    return act


def close(place: Village) -> Act:
    def act(session: Session) -> None:
        deriving.derive(session, [place.workers[0].id], from_on=DAY, to_on=DAY, now=EVENING)
        closing.tell_evening(session, [place.workers[0].id], DAY, EVENING)

    return act


def test_two_check_ins_make_one_day(seeded_sessions: sessionmaker[Session], place: Village) -> None:
    together(seeded_sessions, check_in(place), check_in(place), check_in(place))
    together(seeded_sessions, word(place, EventKind.CONFIRMED, place.head))
    assert state(seeded_sessions, place) == (DayState.COUNTED, ["agreed"])
    with seeded_sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(AttendanceDay)) == 1


def test_head_and_clerk_at_once_are_both_heard(
    seeded_sessions: sessionmaker[Session], place: Village
) -> None:
    together(
        seeded_sessions,
        word(place, EventKind.CONFIRMED, place.head),
        word(place, EventKind.PRESENT, place.clerk),
    )
    assert state(seeded_sessions, place) == (DayState.COUNTED, ["seen_by_two"])


def test_a_check_in_while_the_day_closes_is_not_lost(
    seeded_sessions: sessionmaker[Session], place: Village
) -> None:
    together(seeded_sessions, word(place, EventKind.CONFIRMED, place.head))
    together(seeded_sessions, close(place), check_in(place, EVENING), close(place))
    with seeded_sessions.begin() as session:
        deriving.derive(session, [place.workers[0].id], from_on=DAY, to_on=DAY, now=LATER)
    held, reasons = state(seeded_sessions, place)
    assert (held, reasons[0]) == (DayState.COUNTED, "agreed")


def test_contrary_words_at_once_end_as_one_of_them(
    seeded_sessions: sessionmaker[Session], place: Village
) -> None:
    together(seeded_sessions, check_in(place))
    together(
        seeded_sessions,
        word(place, EventKind.CONFIRMED, place.head),
        word(place, EventKind.DENIED, place.head),
    )
    before = state(seeded_sessions, place)
    with seeded_sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(AttendanceEvent)) == 3
        deriving.forget(session, place.workers[0].id, DAY, DAY)
        deriving.derive(session, [place.workers[0].id], from_on=DAY, to_on=DAY, now=EVENING)
    assert state(seeded_sessions, place) == before
