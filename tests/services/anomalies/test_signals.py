"""Each signal on days that show it, and on honest days that do not."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Anomaly,
    AttendanceDay,
    AttendanceEvent,
    CheckInPhoto,
    CheckInPoint,
    ConfirmationRound,
    Engagement,
    EventKind,
    Leave,
    LeaveState,
    new_id,
)
from rules.anomalies import signals
from services.anomalies import looking
from services.days import deriving
from tests.builders import at, create_inbound
from tests.services.days.stage import Village, village
from tests.services.month import mark_days, working_days

APRIL = date(2022, 4, 1)
END = at("2022-05-03 04:00")


@pytest.fixture
def place(seeded: Session) -> Village:
    return village(seeded, workers=4)


def sign(place: Village, worker: int, day: date, clock: str, **overrides: Any) -> AttendanceEvent:
    """A check-in of one worker from their own phone."""
    moment = at(f"{day} {clock}")
    event = AttendanceEvent(
        **{
            "engagement_id": place.workers[worker].id,
            "day_on": day,
            "kind": EventKind.CHECKIN,
            "happened_at": moment,
            "recorded_at": moment,
            "contact_id": place.contacts[worker].id,
            "source": "wechat",
            "evidence": {},
            **overrides,
        }
    )
    place.session.add(event)
    place.session.flush()
    return event


def point(place: Village, event: AttendanceEvent, where: str, spot: str) -> None:
    held = CheckInPoint(event_id=event.id, spot_index=spot, taken_at=event.happened_at)
    held.point = where
    place.session.add(held)
    place.session.flush()


def photo(place: Village, event: AttendanceEvent, picture_hash: str) -> None:
    place.session.add(
        CheckInPhoto(event_id=event.id, media_id="m", picture_hash=picture_hash, state="kept",
                     taken_at=event.happened_at, next_try_at=event.happened_at)
    )  # fmt: skip
    place.session.flush()


def found(place: Village, signal: str) -> list[Anomaly]:
    looking.find(place.session, APRIL, END)
    asked = select(Anomaly).where(Anomaly.signal == signal)
    return list(place.session.scalars(asked))


def workers(rows: list[Anomaly]) -> set[Any]:
    return {row.engagement_id for row in rows}


def honest_days(place: Village) -> None:
    """People come at their own times; nothing is odd about it."""
    for order, day in enumerate(working_days()):
        for worker in range(4):
            minute = (order * 7 + worker * 11) % 50
            event = sign(place, worker, day, f"07:{minute:02d}:{worker:02d}")
            point(place, event, f"35.5{order:02d}{worker},116.8{order:02d}{worker}",
                  f"{order}|{worker}")  # fmt: skip
            seed = (order * 4 + worker + 1) * 0x9E3779B97F4A7C15
            photo(place, event, f"{seed % 2**64:016x}")


def test_honest_days_show_nothing(place: Village) -> None:
    honest_days(place)
    assert looking.find(place.session, APRIL, END) == 0


def test_every_signal_has_its_look() -> None:
    assert {look.__name__ for look in looking.LOOKS} == signals(APRIL).keys()


def test_outside_on_many_days(place: Village) -> None:
    for day in working_days()[:5]:
        sign(place, 0, day, f"07:0{day.day % 10}", evidence={"outside": True})
    for day in working_days()[:4]:
        sign(place, 1, day, f"07:1{day.day % 10}", evidence={"outside": True})
    assert workers(found(place, "outside_fence")) == {place.workers[0].id}


def test_one_phone_for_many(place: Village) -> None:
    day = working_days()[0]
    for worker in range(3):
        sign(place, worker, day, f"07:0{worker}", contact_id=place.contacts[0].id)
    sign(place, 3, day, "07:09")
    assert workers(found(place, "shared_phone")) == {one.id for one in place.workers[:3]}


def test_the_same_spot(place: Village) -> None:
    for day in working_days()[:3]:
        point(place, sign(place, 0, day, f"07:0{day.day % 10}"), "35.5,116.8", "one spot")
    assert workers(found(place, "same_spot")) == {place.workers[0].id}


def test_the_same_second(place: Village) -> None:
    for worker in range(3):
        sign(place, worker, working_days()[0], "07:00:05")
    assert len(found(place, "same_second")) == 3


def test_times_that_no_person_keeps_even_around_eight(place: Village) -> None:
    """Eight in the morning is midnight in UTC: seconds on both sides of it are still near."""
    for order, day in enumerate(working_days()[:12]):
        sign(place, 0, day, "07:59:50" if order % 2 else "08:00:10")
        sign(place, 1, day, f"07:{order * 4:02d}:00")
    assert workers(found(place, "regular_times")) == {place.workers[0].id}


def test_yesterdays_photo(place: Village) -> None:
    days = working_days()
    photo(place, sign(place, 0, days[0], "07:01"), "00ff00ff00ff00ff")
    photo(place, sign(place, 0, days[1], "07:03"), "00ff00ff00ff00fe")
    photo(place, sign(place, 1, days[1], "07:04"), "f0e1d2c3b4a59687")
    [hit] = found(place, "same_photo")
    assert hit.days == [days[0].isoformat(), days[1].isoformat()]


def test_thirty_kilometres_in_five_minutes(place: Village) -> None:
    day = working_days()[0]
    point(place, sign(place, 0, day, "07:00"), "35.55,116.80", "a")
    point(place, sign(place, 0, day, "07:05", kind=EventKind.CHECKOUT), "35.82,116.80", "b")
    point(place, sign(place, 1, day, "07:01"), "35.55,116.80", "c")
    point(place, sign(place, 1, day, "17:00", kind=EventKind.CHECKOUT), "35.82,116.80", "d")
    assert workers(found(place, "travel")) == {place.workers[0].id}


def all_counted_by_others(place: Village, worker: Engagement) -> None:
    for day in working_days():
        for kind in (EventKind.PRESENT, EventKind.CONFIRMED):
            moment = at(f"{day} 18:00")
            place.session.add(AttendanceEvent(
                engagement_id=worker.id, day_on=day, kind=kind, happened_at=moment,
                recorded_at=moment, source="console",
            ))  # fmt: skip
    place.session.flush()
    deriving.derive(place.session, [worker.id], from_on=APRIL, to_on=date(2022, 4, 30), now=END)


def test_perfect_days_and_not_a_word(place: Village) -> None:
    for worker in place.workers[:2]:
        all_counted_by_others(place, worker)
    create_inbound(place.session, place.contacts[1], received_at=at("2022-04-20 10:00"))
    assert workers(found(place, "silent")) == {place.workers[0].id}


def test_a_roll_call_in_seconds(place: Village) -> None:
    day, many = working_days()[0], village(place.session, workers=8)
    for worker in (*place.workers, *many.workers):
        moment = at(f"{day} 09:00")
        place.session.add(AttendanceEvent(
            engagement_id=worker.id, day_on=day, kind=EventKind.PRESENT, happened_at=moment,
            recorded_at=moment, source="console", evidence={"seconds": 3, "called": 12},
        ))  # fmt: skip
    place.session.flush()
    [hit] = found(place, "bulk_roll")
    assert (hit.engagement_id, hit.region_id) == (None, place.place.id)


@pytest.mark.parametrize(("seconds", "hits"), [(4, 1), (240, 0)])
def test_a_confirmation_in_seconds(place: Village, seconds: int, hits: int) -> None:
    opened = at("2022-04-06 18:00")
    assert place.head.staff is not None
    place.session.add(ConfirmationRound(
        region_id=place.place.id, day_on=date(2022, 4, 6), staff_id=place.head.staff.id,
        source="console", shown=["x"] * 12, opened_at=opened,
        answered_at=opened + timedelta(seconds=seconds), answers={"confirmed": ["x"] * 12},
    ))  # fmt: skip
    place.session.flush()
    assert len(found(place, "hasty")) == hits


def test_somebody_on_leave_who_was_confirmed(place: Village) -> None:
    day, worker = date(2022, 4, 6), place.workers[0]
    place.session.add(Leave(
        id=new_id(), engagement_id=worker.id, kind="personal", paid=False, from_on=day, to_on=day,
        state=LeaveState.APPROVED, asked_at=at("2022-04-05 08:00"),
    ))  # fmt: skip
    sign(place, 0, day, "18:00", kind=EventKind.CONFIRMED, contact_id=None)
    deriving.derive(place.session, [worker.id], from_on=day, to_on=day, now=END)
    row = place.session.get_one(AttendanceDay, (worker.id, day))
    hits = found(place, "resting_confirmed")
    assert len(hits) == (row.state in {"leave_paid", "leave_unpaid"})
    assert len(hits) == 1


def test_backfills_at_the_end_of_the_month(place: Village) -> None:
    def ask(worker: int, day: date, recorded: datetime) -> None:
        sign(place, worker, day, "08:00", kind=EventKind.BACKFILL_ASKED, recorded_at=recorded)

    for order, day in enumerate(working_days()[:4]):
        ask(order % 4, day, at("2022-04-29 20:00"))
    assert found(place, "late_spike") == []
    ask(0, working_days()[5], at("2022-04-30 20:00"))
    assert [row.count for row in found(place, "late_spike")] == [5]


def test_looking_changes_no_day_and_twice_is_once(place: Village) -> None:
    mark_days(place.session, place.workers[0])
    for worker in range(3):
        sign(place, worker, working_days()[0], "07:00:05")

    def days() -> list[tuple[Any, ...]]:
        asked = select(AttendanceDay.engagement_id, AttendanceDay.day_on, AttendanceDay.state,
                       AttendanceDay.counted, AttendanceDay.derived_at)  # fmt: skip
        return sorted(map(tuple, place.session.execute(asked)), key=str)

    before = days()
    first = looking.find(place.session, APRIL, END)
    assert looking.find(place.session, APRIL, END) == first > 0
    assert days() == before


def test_scores_add_up_with_their_reasons(place: Village) -> None:
    day = working_days()[0]
    for worker in range(3):
        sign(place, worker, day, "07:00:05", contact_id=place.contacts[0].id)
    looking.find(place.session, APRIL, END)
    rows = looking.of_area(place.session, place.place, APRIL)
    held = signals(APRIL)
    one = held["shared_phone"].weight + held["same_second"].weight
    assert [score.score for score in looking.worker_scores(rows)] == [one] * 3
    [village_] = looking.place_scores(place.session, rows)
    assert (village_.flagged, village_.workers) == (3, 4)
    assert village_.score == round(one * 3 / 4)
