"""Evenings and ends of days: who hears what, once; a clock that stood still catches up."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendanceDay, DayState, DayStep, EventKind, Message
from services.acting import Acting
from services.days import closing, confirming, deriving, disputes, schedule
from services.days.confirming import Answers
from services.telling import slots_of
from tests.builders import at
from tests.services.days.stage import DAY, said, village

EVENING = at("2022-04-06 20:15")


def kinds(session: Session) -> Counter[str]:
    return Counter(session.scalars(select(Message.kind).where(Message.cause.startswith("day:"))))


def test_everybody_hears_in_the_evening_how_the_day_stands(seeded: Session) -> None:
    place = village(seeded, workers=3)
    counted, waits, silent = place.workers
    for worker in (counted, waits):
        said(seeded, worker, EventKind.CHECKIN, at("2022-04-06 07:00"))
    said(seeded, counted, EventKind.CONFIRMED, at("2022-04-06 18:00"))
    ids = [worker.id for worker in place.workers]
    for _ in range(2):
        evening(seeded, ids, DAY, EVENING)
    assert kinds(seeded) == {"day_counted": 1, "day_waits": 1, "day_not_counted": 1}
    assert seeded.get_one(AttendanceDay, (silent.id, DAY)).state == DayState.UNKNOWN


def test_whoever_loses_the_day_at_its_end_hears_so_and_nobody_twice(seeded: Session) -> None:
    place = village(seeded, workers=2)
    counted, silent = place.workers
    said(seeded, counted, EventKind.CHECKIN, at("2022-04-06 07:00"))
    said(seeded, counted, EventKind.CONFIRMED, at("2022-04-06 18:00"))
    ids = [worker.id for worker in place.workers]
    evening(seeded, ids, DAY, EVENING)
    for _ in range(2):
        end(seeded, ids, DAY, at("2022-04-08 00:05"))
    assert seeded.get_one(AttendanceDay, (silent.id, DAY)).state == DayState.ABSENT
    assert kinds(seeded) == {"day_counted": 1, "day_not_counted": 2}


def test_a_late_arrival_still_makes_the_day(seeded: Session) -> None:
    place = village(seeded)
    one = place.workers[0]
    said(seeded, one, EventKind.CONFIRMED, at("2022-04-06 18:00"))
    evening(seeded, [one.id], DAY, EVENING)
    said(seeded, one, EventKind.CHECKIN, at("2022-04-06 07:00"),
         recorded_at=at("2022-04-07 06:00"))  # fmt: skip
    end(seeded, [one.id], DAY, at("2022-04-08 00:05"))
    assert seeded.get_one(AttendanceDay, (one.id, DAY)).state == DayState.COUNTED


def test_the_clock_goes_through_the_days_it_missed(seeded: Session) -> None:
    place = village(seeded)
    now = at("2022-04-09 08:55")
    _catch_up(seeded, now)
    done = Counter(seeded.scalars(select(DayStep.step)))
    assert done["evening"] == 8, "1 to 8 April"
    assert done["final"] == 7, "the 8th may still have a late arrival"
    days = seeded.scalars(
        select(AttendanceDay.day_on).where(AttendanceDay.engagement_id == place.workers[0].id)
    ).all()
    assert sorted(days) == [date(2022, 4, number) for number in range(1, 9)]
    causes = seeded.scalars(select(Message.cause).where(Message.cause.startswith("day:")))
    assert {cause[-10:] for cause in causes} <= {"2022-04-07", "2022-04-08"}, "news only"


def test_a_head_is_reminded_twice_and_the_town_is_called(seeded: Session) -> None:
    place = village(seeded)
    said(seeded, place.workers[0], EventKind.CHECKIN, at("2022-04-06 07:00"))
    seeded.merge(DayStep(day_on=date(2022, 4, 5), step="final", done_at=EVENING, told=0))
    seeded.flush()
    for moment in ("2022-04-06 17:30", "2022-04-06 17:31", "2022-04-06 20:00", "2022-04-07 12:00"):
        _catch_up(seeded, at(moment))
    assert asked(seeded, place.head) == {"confirm_due": 2}
    assert asked(seeded, place.town) == {"confirm_overdue": 1}


def test_the_town_is_not_called_about_a_day_that_the_head_denied(seeded: Session) -> None:
    place = village(seeded, workers=2)
    seeded.merge(DayStep(day_on=date(2022, 4, 5), step="final", done_at=EVENING, told=0))
    said(seeded, place.workers[0], EventKind.DENIED, at("2022-04-06 17:40"))
    _catch_up(seeded, at("2022-04-07 12:00"))
    assert place.town.staff is not None
    mine = select(Message).where(Message.staff_id == place.town.staff.id)
    [call] = seeded.scalars(mine.where(Message.kind == "confirm_overdue"))
    assert slots_of(call)["count"] == 1, "the other one, of whom the head said nothing"


def test_a_day_that_the_head_denied_is_no_work_for_the_town(seeded: Session) -> None:
    place = village(seeded, workers=3)
    denied, silent, back = place.workers
    for one in (denied, back):
        said(seeded, one, EventKind.DENIED, at("2022-04-06 17:40"))
    said(seeded, back, EventKind.CONFIRMED, at("2022-04-06 18:10"))
    for one in place.workers:
        deriving.derive_day(seeded, one.id, DAY, EVENING)
    noon = at("2022-04-07 12:01")
    found = disputes.waiting(seeded, place.town, noon)
    assert [row.id for row, _ in found] == [silent.id, back.id]
    said(seeded, denied, EventKind.CHECKIN, at("2022-04-06 07:00"), recorded_at=noon)
    deriving.derive_day(seeded, denied.id, DAY, noon)
    found = disputes.waiting(seeded, place.town, noon)
    assert denied.id in [row.id for row, _ in found], "now two say different things"


def asked(session: Session, acting: Acting) -> Counter[str]:
    """What somebody was told about confirming."""
    assert acting.staff is not None
    mine = select(Message.kind).where(
        Message.staff_id == acting.staff.id, Message.kind.startswith("confirm_")
    )
    return Counter(session.scalars(mine))


def test_what_the_village_leaves_open_waits_for_the_town(seeded: Session) -> None:
    place = village(seeded)
    one = place.workers[0]
    said(seeded, one, EventKind.CHECKIN, at("2022-04-06 07:00"))
    deriving.derive_day(seeded, one.id, DAY, EVENING)
    assert disputes.waiting(seeded, place.town, at("2022-04-07 11:59")) == []
    noon = at("2022-04-07 12:01")
    assert [row.id for row, _ in disputes.waiting(seeded, place.town, noon)] == [one.id]
    disputes.rule(seeded, one, DAY, acting=place.town, present=True, words="去看了，在", now=noon)
    assert seeded.get_one(AttendanceDay, (one.id, DAY)).state == DayState.COUNTED
    assert disputes.waiting(seeded, place.town, noon) == []


def test_a_confirmation_keeps_how_long_it_took(seeded: Session) -> None:
    place = village(seeded, workers=12)
    for worker in place.workers:
        said(seeded, worker, EventKind.CHECKIN, at("2022-04-06 07:00"))
    opened = at("2022-04-06 18:00")
    round_ = confirming.open_round(seeded, place.head, DAY, source="console", now=opened)
    assert round_ is not None
    shown = [look.engagement_id for look in round_.looks]
    assert shown != [worker.id for worker in place.workers], "not in the order of their codes"
    confirming.answer(
        seeded, round_, place.head, Answers(confirmed=tuple(shown)), opened + timedelta(seconds=7)
    )
    (kept,) = confirming.rounds(seeded, place.place, DAY)
    assert kept.seconds == 7
    assert len(kept.answers["confirmed"]) == 12
    assert confirming.open_round(seeded, place.head, DAY, source="console", now=opened) is None


def test_three_days_without_a_word_lead_to_one_visit(seeded: Session) -> None:
    place = village(seeded)
    one = place.workers[0]
    for number in (1, 2, 6, 7):  # the 3rd to the 5th were a holiday
        day = date(2022, 4, number)
        now = at(f"2022-04-{number + 2:02d} 00:05")
        end(seeded, [one.id], day, now)
    told = seeded.scalars(
        select(Message).where(Message.kind == "absence_visit", Message.cause.endswith("04-01"))
    ).all()
    assert {message.staff_id for message in told} >= {
        acting.staff.id for acting in (place.clerk, place.head) if acting.staff
    }
    assert len(told) == len({message.staff_id for message in told}), "once for the whole run"


def evening(session: Session, ids: list[uuid.UUID], day: date, now: datetime) -> None:
    deriving.derive(session, ids, from_on=day, to_on=day, now=now)
    closing.tell_evening(session, ids, day, now)


def end(session: Session, ids: list[uuid.UUID], day: date, now: datetime) -> None:
    deriving.derive(session, ids, from_on=day, to_on=day, now=now)
    closing.tell_end(session, ids, day, now)


def _catch_up(session: Session, now: datetime) -> None:
    while (owed := next(schedule.due(session, now), None)) is not None:
        _do(session, owed, now)


def _do(session: Session, owed: schedule.Due, now: datetime) -> None:
    told = 0
    for piece in schedule.pieces(session, owed):
        schedule.derive(session, owed, piece, now)
        told += schedule.tell(session, owed, piece, now)
    schedule.settle(session, owed, told, now)
    session.flush()
