"""The short way to one day and the way of many give the same row, whatever is known of the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    DayState,
    DutyPlan,
    Engagement,
    EngagementPause,
    EventKind,
    Leave,
    LeaveState,
    Stoppage,
    new_id,
)
from models.term_steps import PauseCause, TermState
from services.days import deriving, judging, one_day
from services.days.facts import SIGNALS
from tests import builders
from tests.builders import at
from tests.services.days.stage import DAY, Village, said, village

EVENING = at("2022-04-06 21:00")
KINDS = [kind for kind in EventKind if kind != EventKind.TAKEN_BACK]
NOT_COMPARED = {"derived_at", "settled_at"}

spoken = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 900),
        st.sets(st.sampled_from((*SIGNALS, "inside", "by_clerk")), max_size=2),
        st.booleans(),
    ),
    max_size=6,
)
plans: st.SearchStrategy[dict[str, Any] | None] = st.none() | st.builds(
    dict,
    weekdays=st.sampled_from(("12345", "67", "1234567")),
    opens=st.sampled_from((time(6), time(7, 30))),
    closes=st.sampled_from((time(8, 30), time(18))),
    minutes=st.sampled_from((240, 480)),
    holidays_worked=st.booleans(),
    needs_checkout=st.booleans(),
)
FENCE = {"fence_latitude": 35.5, "fence_longitude": 116.8, "fence_radius_m": 200}
_LAST = date(2025, 3, 31)
terms = st.sampled_from(
    [
        {"starts_on": starts_on, "ends_on": ends_on, "ended_on": ended_on}
        for starts_on, ends_on, ended_on in (
            (date(2022, 4, 1), _LAST, None),
            (date(2022, 4, 1), None, None),
            (DAY, DAY, DAY),
            (date(2022, 4, 7), _LAST, None),
            (date(2022, 4, 1), date(2022, 4, 5), None),
            (date(2022, 4, 1), _LAST, date(2022, 4, 5)),
        )
    ]
)
moments = st.sampled_from(
    [at(f"2022-04-{when}") for when in ("06 07:00", "06 20:30", "07 23:59", "08 01:00")]
)


def row(session: Session, worker: Engagement) -> Mapping[str, Any] | None:
    """The day's columns as they are in the table."""
    columns = [c for c in inspect(AttendanceDay).columns if c.name not in NOT_COMPARED]
    settled = AttendanceDay.settled_at.is_not(None).label("is_settled")
    asked = select(*columns, settled).where(AttendanceDay.engagement_id == worker.id)
    found = session.execute(asked).mappings().one_or_none()
    return dict(found) if found is not None else None


def both_ways(session: Session, worker: Engagement, now: datetime) -> tuple[Any, Any]:
    """The row by the short way, and the row by the way of many. A second derivation of either
    writes nothing."""
    found = []
    for derive in (deriving.derive, by_many):
        session.execute(delete(AttendanceDay))
        derive(session, [worker.id], from_on=DAY, to_on=DAY, now=now)
        found.append(row(session, worker))
        assert deriving.derive(session, [worker.id], from_on=DAY, to_on=DAY, now=now) == 0
    assert by_many(session, [worker.id], from_on=DAY, to_on=DAY, now=now) == 0
    return found[0], found[1]


def by_many(session: Session, ids: list[Any], *, from_on: date, to_on: date, now: datetime) -> int:
    """What `derive` does where there are many workers or days."""
    return deriving._derive(session, ids, from_on, to_on, judging.moment(now))


@given(spoken, plans, terms, moments, st.booleans())
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=60,
    deadline=None,
)
def test_both_ways_give_the_same_row(
    seeded: Session,
    told: list[tuple[EventKind, int, set[str], bool]],
    plan: dict[str, Any] | None,
    term: dict[str, date | None],
    now: datetime,
    fenced: bool,
) -> None:
    with seeded.begin_nested() as savepoint:
        worker = village(seeded).workers[0]
        for name, value in term.items():
            setattr(worker, name, value)
        if plan is not None:
            fence = FENCE if fenced else {}
            seeded.add(
                DutyPlan(post_id=worker.post_id, from_on=date(2022, 4, 1), made_at=now,
                         **plan | fence)
            )  # fmt: skip
        for kind, minute, evidence, taken_back in told:
            moment = at("2022-04-06 06:00") + timedelta(minutes=minute)
            event = said(seeded, worker, kind, moment, evidence=dict.fromkeys(evidence, True))
            if taken_back:
                said(seeded, worker, EventKind.TAKEN_BACK, moment, undoes_id=event.id)
        short, long = both_ways(seeded, worker, now)
        assert short == long
        assert short is not None
        savepoint.rollback()
    seeded.expunge_all()


def leave(place: Village, *, day: date = DAY, **columns: Any) -> None:
    place.session.add(
        Leave(engagement_id=place.workers[0].id, kind="sick", from_on=day, to_on=day,
              **{"paid": True, "state": LeaveState.APPROVED, "asked_at": EVENING} | columns)
    )  # fmt: skip


def pause(place: Village, *, day: date = DAY) -> None:
    place.session.add(
        EngagementPause(
            id=new_id(), engagement_id=place.workers[0].id, cause=next(iter(PauseCause)),
            from_on=day, to_on=day, paid=False, state=TermState.UNDER_WAY, state_at=EVENING,
            asked_by="staff", opened_at=EVENING,
        )
    )  # fmt: skip


def stoppage(place: Village, *, code: str = "xinyan") -> None:
    staff = place.town.staff
    assert staff is not None
    place.session.add(
        Stoppage(region_id=builders.region(place.session, code).id, kind="weather",
                 from_on=DAY, to_on=DAY, reason="-", declared_by_id=staff.id,
                 declared_at=EVENING)
    )  # fmt: skip


MORE: Mapping[str, tuple[Callable[[Village], None], str]] = {
    "leave": (leave, DayState.LEAVE_PAID),
    "leave asked for": (lambda place: leave(place, state=LeaveState.ASKED), DayState.UNKNOWN),
    "suspension": (pause, DayState.PAUSED),
    "stoppage above": (stoppage, DayState.STOPPED),
}


@pytest.mark.parametrize("name", MORE)
def test_what_more_is_known_takes_the_way_of_many(seeded: Session, name: str) -> None:
    know, state = MORE[name]
    place = village(seeded)
    know(place)
    seeded.flush()
    short, long = both_ways(seeded, place.workers[0], EVENING)
    assert short == long
    assert short["state"] == state
    assert read(place) is None


LESS: Mapping[str, Callable[[Village], None]] = {
    "leave on another day": lambda place: leave(place, day=DAY + timedelta(days=1)),
    "leave refused": lambda place: leave(place, state=LeaveState.REFUSED),
    "suspension over": lambda place: pause(place, day=DAY - timedelta(days=1)),
    "stoppage elsewhere": lambda place: stoppage(place, code="xinglongzhuang"),
}


@pytest.mark.parametrize("name", LESS)
def test_what_does_not_bear_on_the_day_keeps_it_short(seeded: Session, name: str) -> None:
    place = village(seeded)
    LESS[name](place)
    seeded.flush()
    assert read(place) is not None
    short, long = both_ways(seeded, place.workers[0], EVENING)
    assert short == long


def test_a_plan_holds_from_its_own_day(seeded: Session) -> None:
    place = village(seeded)
    worker = place.workers[0]
    common = {"post_id": worker.post_id, "weekdays": "1234567", "opens": time(6),
              "closes": time(8), "made_at": EVENING}  # fmt: skip
    seeded.add_all(
        DutyPlan(from_on=DAY + timedelta(days=more), minutes=minutes, **common)
        for more, minutes in ((-9, 100), (-1, 200), (1, 300))
    )
    said(seeded, worker, EventKind.PRESENT, EVENING)
    said(seeded, worker, EventKind.CONFIRMED, EVENING)
    short, long = both_ways(seeded, worker, EVENING)
    assert short == long
    assert short["minutes"] == 200


def test_a_locked_day_is_not_touched_by_the_short_way(seeded: Session) -> None:
    place = village(seeded)
    worker = place.workers[0]
    deriving.derive(seeded, [worker.id], from_on=DAY, to_on=DAY, now=EVENING)
    seeded.get_one(AttendanceDay, (worker.id, DAY)).month_sheet_id = place.sheet().id
    seeded.flush()
    before = row(seeded, worker)
    said(seeded, worker, EventKind.RULED_PRESENT, EVENING)
    assert deriving.derive(seeded, [worker.id], from_on=DAY, to_on=DAY, now=EVENING) == 0
    assert row(seeded, worker) == before


def test_when_a_day_settled_stays(seeded: Session) -> None:
    worker = village(seeded).workers[0]
    for kind in (EventKind.PRESENT, EventKind.CONFIRMED):
        said(seeded, worker, kind, EVENING)
    deriving.derive(seeded, [worker.id], from_on=DAY, to_on=DAY, now=EVENING)
    said(seeded, worker, EventKind.CHECKIN, EVENING)
    later = EVENING + timedelta(hours=1)
    assert deriving.derive(seeded, [worker.id], from_on=DAY, to_on=DAY, now=later) == 1
    day = seeded.get_one(AttendanceDay, (worker.id, DAY), populate_existing=True)
    assert (day.settled_at, day.derived_at) == (EVENING, later)


def test_an_event_not_yet_written_is_heard(seeded: Session) -> None:
    worker = village(seeded).workers[0]
    said(seeded, worker, EventKind.CONFIRMED, EVENING)
    seeded.add(
        AttendanceEvent(engagement_id=worker.id, day_on=DAY, kind=EventKind.PRESENT,
                        happened_at=EVENING, recorded_at=EVENING, source="console", evidence={})
    )  # fmt: skip
    deriving.derive(seeded, [worker.id], from_on=DAY, to_on=DAY, now=EVENING)
    held = row(seeded, worker)
    assert held is not None
    assert held["state"] == DayState.COUNTED


def read(place: Village) -> one_day.OneDay | None:
    at_evening = judging.moment(EVENING)
    return one_day.read(place.session.connection(), place.workers[0].id, DAY, at_evening)
