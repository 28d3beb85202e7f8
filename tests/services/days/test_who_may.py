"""Nobody has a say on their own day or a relative's, nor twice, nor elsewhere, nor too late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    DayState,
    EventKind,
    Leave,
    LeaveState,
    Role,
    StaffKin,
)
from services import attachments
from services.acting import Acting
from services.days import (
    backfilling,
    confirming,
    deriving,
    disputes,
    events,
    leaves,
    month,
    people,
    roll,
    stoppages,
)
from services.days.events import DayLocked, Word
from services.days.leaves import Wish
from services.days.roll import Marks
from services.procedure import Hindered
from tests import builders
from tests.builders import at
from tests.services.days.stage import DAY, Village, said, village

MORNING, EVENING = at("2022-04-06 07:10"), at("2022-04-06 18:00")
TOMORROW = date(2022, 4, 7)


@pytest.fixture
def place(seeded: Session) -> Village:
    return village(seeded, workers=3)


@contextmanager
def hindered(key: str) -> Iterator[None]:
    with pytest.raises(Hindered) as why:
        yield
    assert [obstacle.key for obstacle in why.value.obstacles] == [f"obstacle.{key}"]


def make_kin(place: Village, acting: Acting, number: int) -> None:
    assert acting.staff is not None
    place.session.add(
        StaffKin(
            staff_id=acting.staff.id,
            person_id=place.workers[number].person_id,
            relation="sister",
            declared_at=MORNING,
        )
    )
    place.session.flush()


def make_self(place: Village, acting: Acting, number: int) -> None:
    assert acting.staff is not None
    acting.staff.person_id = place.workers[number].person_id
    place.session.flush()


def test_the_head_is_not_shown_themselves_nor_kin(place: Village) -> None:
    make_self(place, place.head, 0)
    make_kin(place, place.head, 1)
    round_ = confirming.open_round(place.session, place.head, DAY, source="console", now=EVENING)
    assert round_ is not None
    assert [look.engagement_id for look in round_.looks] == [place.workers[2].id]
    assert round_.left_out == 2


def test_an_answer_for_somebody_who_became_kin_meanwhile_is_not_taken(place: Village) -> None:
    round_ = confirming.open_round(place.session, place.head, DAY, source="console", now=EVENING)
    assert round_ is not None
    make_kin(place, place.head, 1)
    ids = tuple(worker.id for worker in place.workers)
    confirming.answer(place.session, round_, place.head, confirming.Answers(ids), EVENING)
    confirmed = place.session.scalars(select(AttendanceEvent.engagement_id)).all()
    assert set(confirmed) == {place.workers[0].id, place.workers[2].id}


def test_the_villages_time_begins_and_ends(place: Village) -> None:
    with pytest.raises(confirming.TooEarly):
        confirming.open_round(
            place.session, place.head, DAY, source="console", now=at("2022-04-06 17:29")
        )
    with pytest.raises(confirming.TooLate):
        confirming.open_round(
            place.session, place.head, DAY, source="console", now=at("2022-04-07 12:00")
        )
    late = at("2022-04-07 11:59")
    round_ = confirming.open_round(place.session, place.head, DAY, source="console", now=late)
    assert round_ is not None
    with pytest.raises(confirming.TooLate):
        confirming.answer(
            place.session, round_, place.head, confirming.Answers(), late + timedelta(minutes=1)
        )


def test_a_round_belongs_to_who_opened_it_and_is_answered_once(place: Village) -> None:
    round_ = confirming.open_round(place.session, place.head, DAY, source="console", now=EVENING)
    assert round_ is not None
    key = str(round_.row.id)
    assert confirming.find_round(place.session, key, place.clerk, EVENING) is None
    confirming.answer(place.session, round_, place.head, confirming.Answers(), EVENING)
    assert confirming.find_round(place.session, key, place.head, EVENING) is None


def test_the_clerk_calls_neither_kin_nor_last_week(place: Village) -> None:
    make_kin(place, place.clerk, 0)
    ids = tuple(worker.id for worker in place.workers)
    taken = roll.call(place.session, place.clerk, DAY, Marks(present=ids), source="console",
                      seconds=20, now=MORNING)  # fmt: skip
    assert taken.present == ids[1:]
    kept = place.session.scalars(select(AttendanceEvent)).all()
    assert {(event.kind, event.evidence["seconds"]) for event in kept} == {("present", 20)}
    with hindered("roll_too_late"):
        roll.call(place.session, place.clerk, date(2022, 4, 1), Marks(present=ids),
                  source="console", seconds=20, now=MORNING)  # fmt: skip
    with hindered("not_your_role"):
        roll.call(place.session, place.head, DAY, Marks(present=ids), source="console",
                  seconds=20, now=MORNING)  # fmt: skip


def test_a_sheets_photo_goes_with_its_marks(place: Village) -> None:
    photo = attachments.attach(
        place.session,
        attachments.Upload("sheet.jpg", b"\xff\xd8\xff the sheet"),
        subject=("region", place.place.code),
        kind="attendance_sheet",
        acting=place.clerk,
        now=MORNING,
    )
    roll.call(place.session, place.clerk, DAY, Marks(present=(place.workers[0].id,)),
              source="sheet", seconds=60, now=MORNING, attachment_id=photo.id)  # fmt: skip
    kept = place.session.scalars(select(AttendanceEvent)).one()
    assert (kept.kind, kept.attachment_id) == (EventKind.SHEET, photo.id)
    said(place.session, place.workers[0], EventKind.CONFIRMED, EVENING)
    state = deriving.derive_day(place.session, place.workers[0].id, DAY, at("2022-04-06 21:00"))
    assert state == DayState.COUNTED


def ask_leave(place: Village, from_on: date = TOMORROW, to_on: date = TOMORROW) -> Leave:
    acting = leaves.asker(place.contacts[0])
    wish = Wish("personal", from_on, to_on, words="浇地")
    return leaves.ask(place.session, place.workers[0], wish, acting=acting, now=MORNING)


def test_leave_is_answered_once_and_not_by_kin_or_who_asked(place: Village) -> None:
    row = ask_leave(place)
    with hindered("not_your_role"):
        leaves.answer(place.session, row, acting=place.clerk, agree=True, remark="", now=MORNING)
    make_kin(place, place.head, 0)
    with hindered("conflict_kin"):
        leaves.answer(place.session, row, acting=place.head, agree=True, remark="", now=MORNING)
    leaves.answer(place.session, row, acting=place.town, agree=True, remark="", now=MORNING)
    assert row.state == LeaveState.APPROVED
    with hindered("state_moved_on"):
        leaves.answer(place.session, row, acting=place.town, agree=False, remark="", now=MORNING)
    assert row.words == "浇地"


@pytest.mark.parametrize(
    ("from_on", "to_on", "key"),
    [
        (date(2022, 4, 1), date(2022, 4, 4), "leave_in_the_past"),
        (date(2022, 4, 7), date(2022, 9, 1), "leave_too_long"),
        (date(2022, 4, 5), date(2022, 4, 7), "leave_overlaps"),
    ],
)
def test_leave_that_cannot_be(place: Village, from_on: date, to_on: date, key: str) -> None:
    ask_leave(place)
    with hindered(key):
        ask_leave(place, from_on, to_on)
    assert len(place.session.scalars(select(Leave)).all()) == 1


def test_who_comes_back_early_works_again(place: Village) -> None:
    row = ask_leave(place, DAY, date(2022, 4, 8))
    leaves.answer(place.session, row, acting=place.head, agree=True, remark="", now=MORNING)
    kept = leaves.come_back(place.session, row, at("2022-04-08 07:00"))
    assert kept == date(2022, 4, 7)
    held = leaves.current(place.session, place.workers[0].id, date(2022, 4, 8))
    assert held == []
    later = at("2022-04-10 09:00")
    deriving.derive(place.session, [place.workers[0].id], from_on=DAY, to_on=date(2022, 4, 8),
                    now=later)  # fmt: skip
    days = month.of_worker(place.session, place.workers[0].id, DAY, later)
    states = {day.day_on.day: day.state for day in days}
    assert (states[6], states[7], states[8]) == ("leave_unpaid", "leave_unpaid", "absent")


def test_a_forgotten_sign_is_not_vouched_for_by_kin(place: Village) -> None:
    later = at("2022-04-07 09:00")
    backfilling.ask(place.session, place.workers[0], DAY, contact=place.contacts[0],
                    reason="forgot", source="wechat", now=later)  # fmt: skip
    make_kin(place, place.clerk, 0)
    assert backfilling.waiting(place.session, place.clerk, later) == []
    with hindered("conflict_own"):
        backfilling.answer(place.session, place.workers[0], DAY, acting=place.clerk, seen=True,
                           source="console", now=later)  # fmt: skip
    (row,) = backfilling.waiting(place.session, place.head, later)
    assert row.engagement_id == place.workers[0].id
    backfilling.answer(place.session, place.workers[0], DAY, acting=place.head, seen=True,
                       source="console", now=later)  # fmt: skip
    assert place.session.get_one(AttendanceDay, (row.engagement_id, DAY)).counted


def test_only_the_worker_towns_office_rules_and_says_why(place: Village) -> None:
    worker = place.workers[0]
    with hindered("not_your_role"):
        disputes.rule(place.session, worker, DAY, acting=place.head, present=True, words="在",
                      now=EVENING)  # fmt: skip
    with hindered("day_needs_why"):
        disputes.rule(place.session, worker, DAY, acting=place.town, present=True, words=" ",
                      now=EVENING)  # fmt: skip
    elsewhere = builders.create_acting(place.session, Role.TOWN_CLERK, "gulou")
    with hindered("not_your_place"):
        disputes.rule(place.session, worker, DAY, acting=elsewhere, present=True, words="在",
                      now=EVENING)  # fmt: skip


def test_only_the_district_stops_work_and_not_long_ago(place: Village) -> None:
    district = builders.create_acting(place.session, Role.DISTRICT_CLERK, "yanzhou")
    for acting, from_on, kind, key in (
        (place.town, DAY, "weather", "not_your_role"),
        (district, DAY, "boredom", "stoppage_wrong"),
        (district, date(2022, 3, 1), "weather", "stoppage_too_old"),
    ):
        with hindered(key):
            stoppages.declare(place.session, place.place, kind=kind, from_on=from_on, to_on=DAY,
                              reason="雨", acting=acting, now=MORNING)  # fmt: skip


def test_nothing_is_said_of_a_locked_day(place: Village) -> None:
    worker = place.workers[0]
    deriving.derive_day(place.session, worker.id, DAY, at("2022-04-08 00:30"))
    place.session.get_one(AttendanceDay, (worker.id, DAY)).month_sheet_id = place.sheet().id
    place.session.flush()
    with pytest.raises(DayLocked):
        events.say(place.session, [worker.id], DAY,
                   Word(EventKind.CONFIRMED, place.head, "console"), EVENING)  # fmt: skip


def test_a_word_is_taken_back_by_another_word(place: Village) -> None:
    worker = place.workers[0]
    said(place.session, worker, EventKind.CHECKIN, MORNING)
    word = Word(EventKind.CONFIRMED, place.head, "console")
    (event,) = events.say(place.session, [worker.id], DAY, word, EVENING)
    evening = at("2022-04-06 21:00")
    assert deriving.derive_day(place.session, worker.id, DAY, evening) == DayState.COUNTED
    events.take_back(place.session, event, place.head, reason="看错了", now=evening)
    assert deriving.derive_day(place.session, worker.id, DAY, evening) == DayState.UNKNOWN
    assert len(place.session.scalars(select(AttendanceEvent)).all()) == 3


def test_a_whole_place_is_read_at_once(place: Village) -> None:
    deriving.derive(place.session, [worker.id for worker in place.workers],
                    from_on=date(2022, 4, 1), to_on=DAY, now=at("2022-04-08 00:30"))  # fmt: skip
    mine = month.of_village(place.session, place.place.id, DAY)
    assert [worker.planned for worker in mine] == [3, 3, 3]
    assert [len(worker.days) for worker in mine] == [6, 6, 6]
    assert {worker.engagement_id for worker in mine} == {one.id for one in place.workers}
    looks = people.of_place(place.session, place.place, DAY, EVENING)
    assert {look.engagement_id for look in looks} == {one.id for one in place.workers}
