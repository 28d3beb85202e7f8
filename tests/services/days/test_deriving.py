"""Days out of events: the same whatever their order, however often, and whoever comes at once."""

from __future__ import annotations

import random
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendanceDay, AttendanceEvent, DayState, EventKind
from services.days import deriving
from services.days.duty import Duty
from services.days.facts import HELD, SIGNALS, listen
from tests.builders import at
from tests.services.days.stage import DAY, said, village

EVENING, LATER = at("2022-04-06 21:00"), at("2022-04-08 00:30")
KINDS = [kind for kind in EventKind if kind != EventKind.TAKEN_BACK]


def test_two_of_three_make_a_day(seeded: Session) -> None:
    place = village(seeded)
    one = place.workers[0]
    said(seeded, one, EventKind.CHECKIN, at("2022-04-06 07:00"))
    assert deriving.derive_day(seeded, one.id, DAY, EVENING) == DayState.UNKNOWN
    said(seeded, one, EventKind.CONFIRMED, at("2022-04-06 18:00"))
    assert deriving.derive_day(seeded, one.id, DAY, EVENING) == DayState.COUNTED
    day = seeded.get_one(AttendanceDay, (one.id, DAY))
    assert (day.counted, day.minutes, day.late, day.reasons) == (True, 240, False, ["agreed"])


def test_a_day_is_open_until_the_last_late_arrival(seeded: Session) -> None:
    one = village(seeded).workers[0]
    assert deriving.derive_day(seeded, one.id, DAY, EVENING) == DayState.UNKNOWN
    assert deriving.derive_day(seeded, one.id, DAY, at("2022-04-07 23:59")) == DayState.UNKNOWN
    assert deriving.derive_day(seeded, one.id, DAY, LATER) == DayState.ABSENT


def test_deriving_again_gives_the_same(seeded: Session) -> None:
    place = village(seeded, workers=4)
    rng = random.Random(7)
    for worker in place.workers:
        for more in range(6):
            kind = rng.choice(KINDS)
            said(seeded, worker, kind, at("2022-04-06 07:00") + timedelta(minutes=more))
    ids = [worker.id for worker in place.workers]
    deriving.derive(seeded, ids, from_on=date(2022, 4, 1), to_on=DAY, now=LATER)
    first = rows(seeded)
    assert deriving.derive(seeded, ids, from_on=date(2022, 4, 1), to_on=DAY, now=LATER) == 0
    for key in ids:
        deriving.forget(seeded, key, date(2022, 4, 1), DAY)
    assert rows(seeded) == []
    deriving.derive(seeded, ids, from_on=date(2022, 4, 1), to_on=DAY, now=LATER)
    assert rows(seeded) == first


def test_rest_days_and_holidays_are_no_days_of_work(seeded: Session) -> None:
    one = village(seeded).workers[0]
    deriving.derive(seeded, [one.id], from_on=date(2022, 4, 1), to_on=DAY, now=LATER)
    states = {day.day_on.day: day.state for day in seeded.scalars(select(AttendanceDay))}
    assert states[2] == "absent", "a Saturday on which offices worked"
    assert states[4] == "holiday"
    assert states[3] == "holiday"
    assert states[6] == "absent"


def test_before_the_first_day_and_after_the_last(seeded: Session) -> None:
    one = village(seeded).workers[0]
    one.ended_on = date(2022, 4, 5)
    seeded.flush()
    assert deriving.derive_day(seeded, one.id, DAY, LATER) == DayState.OFF_POST
    assert deriving.derive_day(seeded, one.id, date(2022, 3, 31), LATER) == DayState.OFF_POST


def test_a_locked_day_stays_as_it_is(seeded: Session) -> None:
    place = village(seeded)
    one = place.workers[0]
    deriving.derive_day(seeded, one.id, DAY, LATER)
    seeded.get_one(AttendanceDay, (one.id, DAY)).month_sheet_id = place.sheet().id
    seeded.flush()
    said(seeded, one, EventKind.PRESENT, LATER)
    said(seeded, one, EventKind.CONFIRMED, LATER)
    assert deriving.derive_day(seeded, one.id, DAY, LATER) == DayState.ABSENT


DUTY = Duty(time(6, 30), time(8, 30), 240)


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(0, 600), st.sets(st.sampled_from(SIGNALS)))
    ),
    st.randoms(use_true_random=False),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_order_of_the_same_events_gives_the_same_facts(
    told: list[tuple[EventKind, int, set[str]]], rng: random.Random
) -> None:
    events = [
        AttendanceEvent(
            id=number,
            kind=kind,
            happened_at=at("2022-04-06 06:00") + timedelta(minutes=minute),
            recorded_at=at("2022-04-06 06:00") + timedelta(minutes=minute),
            source="wechat",
            evidence=dict.fromkeys(signals, True),
        )
        for number, (kind, minute, signals) in enumerate(told)
    ]
    first = listen(events, DUTY, 30)
    rng.shuffle(events)
    assert listen(events, DUTY, 30) == first


@given(st.sets(st.sampled_from(SIGNALS)))
def test_what_speaks_against_a_check_in_never_costs_the_sign(signals: set[str]) -> None:
    event = AttendanceEvent(
        id=1,
        kind=EventKind.CHECKIN,
        happened_at=at("2022-04-06 12:00"),
        recorded_at=at("2022-04-06 12:00"),
        source="wechat",
        evidence=dict.fromkeys(signals, True),
    )
    heard = listen([event], DUTY, 30)
    assert heard.own == "in"
    assert set(heard.signals) == signals


@pytest.mark.parametrize("kind", sorted(HELD))
def test_each_sides_last_word_holds(kind: str) -> None:
    side, word = HELD[EventKind(kind)]
    other = next(k for k, (s, w) in HELD.items() if s == side and w != word)
    events = [
        AttendanceEvent(
            id=number, kind=EventKind(said_kind), happened_at=at("2022-04-06 12:00"),
            recorded_at=at(f"2022-04-06 12:0{number}"), source="console", evidence={},
        )
        for number, said_kind in enumerate((other, kind))
    ]  # fmt: skip
    assert getattr(listen(events, DUTY, 30), side) == word


def rows(session: Session) -> list[tuple[object, ...]]:
    found = session.execute(
        select(
            AttendanceDay.engagement_id, AttendanceDay.day_on, AttendanceDay.state,
            AttendanceDay.planned, AttendanceDay.counted, AttendanceDay.minutes, AttendanceDay.late,
            AttendanceDay.reasons,
        ).order_by(AttendanceDay.engagement_id, AttendanceDay.day_on)
    )  # fmt: skip
    return [tuple(row) for row in found]
