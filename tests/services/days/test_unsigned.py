"""Who has not signed when the window is over: one word to them, a list at noon, a run to the town,
and on Monday the district's count."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    DayState,
    DayStep,
    DutyPlan,
    Engagement,
    EventKind,
    Leave,
    LeaveState,
    Message,
    Role,
    StaffKin,
    Stoppage,
)
from models.telling import Delivery
from services import dispatch
from services.acting import Acting
from services.days import deriving, schedule, signing, unsigned
from services.dispatch import Answer, Fate
from services.telling import slots_of
from tests import builders
from tests.builders import at
from tests.services.days.stage import DAY, Village, said, village

MORNING, NOON = at("2022-04-06 09:00"), at("2022-04-06 12:00")


def test_who_has_not_signed_hears_it_once_and_nobody_else(seeded: Session) -> None:
    place = village(seeded, workers=6)
    signed, called, confirmed, forgot, away, silent = place.workers
    said(seeded, signed, EventKind.CHECKIN, at("2022-04-06 07:00"))
    said(seeded, called, EventKind.PRESENT, at("2022-04-06 07:30"))
    said(seeded, confirmed, EventKind.CONFIRMED, at("2022-04-06 08:00"))
    said(seeded, forgot, EventKind.BACKFILL_ASKED, at("2022-04-06 08:40"))
    _leave(seeded, away)
    assert _told(seeded, "day_unsigned") == set()
    for moment in ("2022-04-06 08:59", "2022-04-06 09:00", "2022-04-06 09:01"):
        _run(seeded, moment)
    assert _told(seeded, "day_unsigned") == {silent.person_id}
    for _ in range(2):
        _pass(seeded, "unsigned", MORNING)
    assert len(_messages(seeded, "day_unsigned")) == 1


def test_it_goes_by_chat_or_by_sms(seeded: Session) -> None:
    place = village(seeded)
    _pass(seeded, "unsigned", MORNING)
    [message] = _messages(seeded, "day_unsigned")
    assert message.person_id == place.workers[0].person_id
    [delivery] = seeded.scalars(select(Delivery).where(Delivery.message_id == message.id))
    assert delivery.channel in {"wechat", "sms"}


def test_who_signs_before_it_leaves_does_not_hear_it(seeded: Session) -> None:
    place = village(seeded, workers=2)
    _pass(seeded, "unsigned", MORNING)
    signer, silent = place.workers
    contact = builders.create_contact(seeded, person_id=signer.person_id)
    later = at("2022-04-06 09:05")
    standing = signing.standing_in(seeded, signer.id, DAY)
    signing.sign(seeded, standing, contact.id, signing.Sign(), later)
    ended = {one.person_id: (str(one.state), one.ended_why)
             for one in _messages(seeded, "day_unsigned")}  # fmt: skip
    assert ended == {
        signer.person_id: ("withdrawn", "signed_since"),
        silent.person_id: ("open", None),
    }
    left = seeded.scalars(select(Delivery.person_id).where(Delivery.state == "queued"))
    assert signer.person_id not in set(left)


def test_what_has_left_stays_told(seeded: Session) -> None:
    place = village(seeded)
    _pass(seeded, "unsigned", MORNING)
    [message] = _messages(seeded, "day_unsigned")
    [parcel] = dispatch.claim(seeded, "sms", now=MORNING, machine_now=MORNING)
    dispatch.record(seeded, parcel, Answer(Fate.ACCEPTED, "tencent", "1"), now=MORNING)
    contact = builders.create_contact(seeded, person_id=place.workers[0].person_id)
    standing = signing.standing_in(seeded, place.workers[0].id, DAY)
    signing.sign(seeded, standing, contact.id, signing.Sign(), at("2022-04-06 09:05"))
    assert message.ended_why is None


@pytest.mark.parametrize("kind", ["weather", "no_work", "outage"])
def test_a_day_on_which_nobody_could_sign_is_nobodys_fault(seeded: Session, kind: str) -> None:
    place = village(seeded)
    _stop(seeded, place, kind)
    _pass(seeded, "unsigned", MORNING)
    _pass(seeded, "noon", NOON)
    assert not _messages(seeded, "day_unsigned")
    assert not _messages(seeded, "unsigned_list")


def test_a_later_window_is_waited_for(seeded: Session) -> None:
    place = village(seeded)
    _plan(seeded, place.workers[0], closes=time(11))
    _pass(seeded, "unsigned", MORNING)
    assert not _messages(seeded, "day_unsigned")
    _pass(seeded, "noon", NOON)
    assert len(_messages(seeded, "day_unsigned")) == 1


def test_on_a_day_of_rest_nobody_is_asked(seeded: Session) -> None:
    village(seeded)
    seeded.merge(DayStep(day_on=date(2022, 4, 8), step="final", done_at=MORNING, told=0))
    _run(seeded, "2022-04-09 09:00")
    _run(seeded, "2022-04-09 12:00")
    assert not _messages(seeded, "day_unsigned")
    assert not _messages(seeded, "unsigned_list")


def test_the_head_has_one_list_at_noon(seeded: Session) -> None:
    place = village(seeded, workers=3)
    said(seeded, place.workers[0], EventKind.CHECKIN, at("2022-04-06 07:00"))
    for moment in ("2022-04-06 11:59", "2022-04-06 12:00", "2022-04-06 12:05"):
        _run(seeded, moment)
    _pass(seeded, "noon", at("2022-04-06 12:06"))
    lists = [one for one in _messages(seeded, "unsigned_list") if _is_for(one, place.head)]
    assert len(lists) == 1
    assert slots_of(lists[0])["count"] == 2
    assert slots_of(lists[0])["names"] == ["工友2", "工友3"]
    assert not any(_is_for(one, place.clerk) for one in _messages(seeded, "unsigned_list"))


def test_a_head_has_no_list_of_their_own_relatives(seeded: Session) -> None:
    place = village(seeded, workers=2)
    assert place.head.staff is not None
    seeded.add(StaffKin(staff_id=place.head.staff.id, person_id=place.workers[0].person_id,
                        relation="弟", declared_at=MORNING))  # fmt: skip
    seeded.flush()
    _pass(seeded, "noon", NOON)
    [message] = [one for one in _messages(seeded, "unsigned_list") if _is_for(one, place.head)]
    assert slots_of(message)["names"] == ["工友2"]
    assert len(_messages(seeded, "day_unsigned")) == 2, "the worker hears it all the same"


def test_a_clock_that_comes_too_late_tells_nobody(seeded: Session) -> None:
    village(seeded)
    _run(seeded, "2022-04-06 14:00")
    assert not _messages(seeded, "day_unsigned")
    assert not _messages(seeded, "unsigned_list")
    done = set(seeded.scalars(select(DayStep.step).where(DayStep.day_on == DAY)))
    assert {"unsigned", "noon"} <= done


def test_on_the_third_day_running_the_town_hears_once(seeded: Session) -> None:
    place = village(seeded)
    ids = [place.workers[0].id]
    for day in (date(2022, 4, 1), date(2022, 4, 2)):  # the 3rd to the 5th were a holiday
        deriving.derive(seeded, ids, from_on=day, to_on=day, now=at("2022-04-03 08:00"))
    _pass(seeded, "noon", NOON)
    deriving.derive(seeded, ids, from_on=DAY, to_on=DAY, now=at("2022-04-06 20:10"))
    _pass(seeded, "noon", at("2022-04-07 12:00"), day=date(2022, 4, 7))
    [message] = [one for one in _messages(seeded, "absence_town") if _is_for(one, place.town)]
    assert slots_of(message)["count"] == 3
    assert slots_of(message)["day_on"] == "2022-04-01"


def test_a_word_on_the_second_day_breaks_the_run(seeded: Session) -> None:
    place = village(seeded)
    one = place.workers[0]
    said(seeded, one, EventKind.CHECKIN, at("2022-04-02 07:00"), day_on=date(2022, 4, 2))
    deriving.derive(seeded, [one.id], from_on=date(2022, 4, 1), to_on=date(2022, 4, 2),
                    now=at("2022-04-03 08:00"))  # fmt: skip
    _pass(seeded, "noon", NOON)
    assert not _messages(seeded, "absence_town")


def test_on_monday_the_district_hears_how_many_days_wait(seeded: Session) -> None:
    place = village(seeded, workers=2)
    clerk = builders.create_acting(seeded, Role.DISTRICT_CLERK, _district(place))
    for worker in place.workers:
        said(seeded, worker, EventKind.CHECKIN, at("2022-04-06 07:00"))
    ids = [worker.id for worker in place.workers]
    deriving.derive(seeded, ids, from_on=DAY, to_on=DAY, now=at("2022-04-09 08:00"))
    seeded.merge(DayStep(day_on=date(2022, 4, 10), step="final", done_at=MORNING, told=0))
    for moment in ("2022-04-11 08:29", "2022-04-11 08:30", "2022-04-11 08:31"):
        _run(seeded, moment)
    [message] = [one for one in _messages(seeded, "unconfirmed_week") if _is_for(one, clerk)]
    waiting = seeded.scalars(select(AttendanceDay).where(
        AttendanceDay.state.in_((DayState.UNKNOWN, DayState.DISPUTED)),
        AttendanceDay.day_on.between(date(2022, 4, 4), date(2022, 4, 10)),
    )).all()  # fmt: skip
    assert slots_of(message)["count"] == len(waiting) == 2
    assert slots_of(message)["places"] == 1
    assert not [name for name, _ in schedule.times(date(2022, 4, 12)) if name == "week"]


def test_a_week_without_open_days_is_not_worth_a_word(seeded: Session) -> None:
    builders.create_acting(seeded, Role.DISTRICT_CLERK, _district(village(seeded)))
    assert unsigned.tell_week(seeded, date(2022, 4, 11), at("2022-04-11 08:30")) == 0


def test_many_workers_are_found_with_as_many_statements_as_one(seeded: Session) -> None:
    ids = [worker.id for worker in village(seeded, workers=8).workers]
    deriving.derive(seeded, ids, from_on=DAY, to_on=DAY, now=MORNING)
    seeded.flush()
    counts = [_statements(seeded, ids[:1]), _statements(seeded, ids)]
    assert counts[0] == counts[1]


def _statements(session: Session, ids: list[uuid.UUID]) -> int:
    seen: list[str] = []
    session.expire_all()

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    bind = session.get_bind()
    event.listen(bind, "before_cursor_execute", note)
    try:
        assert len(unsigned.missing(session, ids, DAY, MORNING)) == len(ids)
    finally:
        event.remove(bind, "before_cursor_execute", note)
    return len(seen)


def _run(session: Session, moment: str) -> None:
    """What the clock does at that moment."""
    now = at(moment)
    while (owed := next(schedule.due(session, now), None)) is not None:
        _do(session, owed, moment=now)


def _pass(session: Session, step: str, now: datetime, *, day: date = DAY) -> None:
    """One step of a day, whatever was done before."""
    _do(session, schedule.Due(day, step, now, fresh=True, until=day), moment=now)


def _do(session: Session, owed: schedule.Due, *, moment: datetime) -> None:
    told = 0
    for piece in schedule.pieces(session, owed):
        schedule.derive(session, owed, piece, moment)
        told += schedule.tell(session, owed, piece, moment)
    schedule.settle(session, owed, told, moment)
    session.flush()


def _messages(session: Session, kind: str) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.kind == kind)))


def _told(session: Session, kind: str) -> set[uuid.UUID | None]:
    return {message.person_id for message in _messages(session, kind)}


def _is_for(message: Message, acting: Acting) -> bool:
    assert acting.staff is not None
    return message.staff_id == acting.staff.id


def _leave(session: Session, worker: Engagement) -> None:
    session.add(Leave(engagement_id=worker.id, kind="personal", paid=False, from_on=DAY, to_on=DAY,
                      state=LeaveState.ASKED, asked_at=at("2022-04-05 08:00")))  # fmt: skip
    session.flush()


def _stop(session: Session, place: Village, kind: str) -> None:
    assert place.town.staff is not None
    session.add(Stoppage(region_id=place.place.id, kind=kind, from_on=DAY, to_on=DAY, reason="雨",
                         declared_by_id=place.town.staff.id, declared_at=MORNING))  # fmt: skip
    session.flush()


def _plan(session: Session, worker: Engagement, *, closes: time) -> None:
    session.add(DutyPlan(post_id=worker.post_id, from_on=date(2022, 4, 1), weekdays="12345",
                         opens=time(6), closes=closes, minutes=240, made_at=MORNING))  # fmt: skip
    session.flush()


def _district(place: Village) -> str:
    town = place.place.parent
    assert town is not None
    assert town.parent is not None
    return town.parent.code
