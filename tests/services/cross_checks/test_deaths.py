"""A list of deaths, end to end: nothing is paid for later days while it is looked into, nothing is
written to the phone, two people decide (F-07)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    ClawBack,
    Delivery,
    EngagementStatus,
    Exit,
    HitState,
    ListHit,
    Message,
    MonthSheet,
    Role,
    SubsidyRecord,
)
from models.days import DayState
from services.cross_checks import deciding
from services.cross_checks.deciding import Findings
from services.deaths import dead_among
from services.pay import batches, claw_backs, holding, news, signing
from services.procedure import Hindered
from services.telling import tell
from services.terms import settling
from tests.builders import at, create_acting, create_contact
from tests.services.cross_checks.stage import found_on, keys
from tests.services.month import (
    CHECKS,
    SIGNS,
    Office,
    close,
    gather,
    lines,
    pay,
)

DIED = date(2022, 4, 12)
CAME = at("2022-05-03 09:00")
TRUE = Findings(is_true=True, words="见到火化证")
NOT_TRUE = Findings(is_true=False, words="人在家，同名")


def counted(session: Session, hit: ListHit) -> int:
    session.expire_all()
    days = select(AttendanceDay.counted).where(AttendanceDay.engagement_id == hit.engagement_id)
    return sum(session.scalars(days))


def test_days_after_a_death_count_for_nothing_while_it_is_open(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    assert (hit.state, hit.since_on, hit.due_on) == (HitState.OPEN, DIED, date(2022, 5, 17))
    assert counted(session, hit) == 7
    assert hit.engagement is not None
    assert hit.engagement.status == EngagementStatus.ON_POST, "nobody is dismissed by a list"
    paused = session.scalars(
        select(AttendanceDay.day_on).where(
            AttendanceDay.engagement_id == hit.engagement_id,
            AttendanceDay.state == DayState.PAUSED,
        )
    ).all()
    assert min(paused) == date(2022, 4, 13)
    sheet = gather(session, office)
    mine = next(one for one in lines(session, sheet) if one.person_id == hit.person_id)
    assert (mine.paid_days, mine.held_hit_id) == (7, hit.id)


def test_cleared_everything_is_as_before(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    sheet = gather(session, office)
    deciding.write_findings(session, hit, NOT_TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=False, words="见到本人了", acting=office["approver"],
                    now=CAME)  # fmt: skip
    assert hit.state == HitState.CLEARED
    assert counted(session, hit) == 21
    gather(session, office)
    assert [(one.paid_days, one.held_at) for one in lines(session, sheet)] == [(21, None)] * 2
    close(session, office)
    assert len(session.scalars(select(SubsidyRecord)).all()) == 2


def test_upheld_they_left_on_that_day_and_are_paid_up_to_it(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    assert hit.engagement is not None
    assert (hit.engagement.status, hit.engagement.ended_on) == ("ended", DIED)
    close(session, office)
    mine = session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.person_id == hit.person_id)
    ).one()
    assert mine.amount_fen == 27_778  # 7 of 21 days of 833.33
    assert len(pay(session, office)) == 2
    assert claw_backs.suggested(session) == []


def test_what_was_paid_already_is_claimed_back(office: Office) -> None:
    session = office.session
    close(session, office)
    pay(session, office)
    later = at("2022-06-01 09:00")
    hit = found_on(
        session, "deaths", "甲一", DIED, office["clerk"], later, month_on=date(2022, 5, 1)
    )
    deciding.write_findings(session, hit, TRUE, office["town"], later)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=later)
    ((engagement, fen),) = claw_backs.suggested(session)
    assert (engagement.id, fen) == (hit.engagement_id, 83_333 * 14 // 21)
    assert session.scalars(select(ClawBack)).all() == [], "a person claims it, no machine"


def test_a_record_that_was_approved_is_not_paid(office: Office) -> None:
    session = office.session
    close(session, office)
    later = at("2022-05-20 10:00")
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], later)
    assert batches.ready(session, "rural").records == 1
    deciding.write_findings(session, hit, TRUE, office["town"], later)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=later)
    assert batches.ready(session, "rural").records == 1
    assert claw_backs.suggested(session) == [], "nothing was paid, so nothing is claimed"


def test_a_record_whose_hit_was_cleared_is_paid(office: Office) -> None:
    session = office.session
    close(session, office)
    later = at("2022-05-20 10:00")
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], later)
    deciding.write_findings(session, hit, NOT_TRUE, office["town"], later)
    deciding.decide(session, hit, upheld=False, words="同名", acting=office["approver"], now=later)
    assert batches.ready(session, "rural").records == 2


def test_a_signed_line_waits_and_is_released_when_cleared(office: Office) -> None:
    session = office.session
    sheet = on_view(office)
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], at(CHECKS))
    signing.take(session, sheet, "approve", office["approver"], at("2022-05-12 09:00"))
    assert len(session.scalars(select(SubsidyRecord)).all()) == 1
    mine = next(one for one in lines(session, sheet) if one.person_id == hit.person_id)
    with pytest.raises(Hindered) as hindered:
        holding.release(session, mine, office["approver"], at("2022-05-12 10:00"))
    assert keys(hindered) == ["cross_check.still_open"]
    deciding.write_findings(session, hit, NOT_TRUE, office["town"], at("2022-05-13 09:00"))
    deciding.decide(session, hit, upheld=False, words="同名", acting=office["approver"],
                    now=at("2022-05-13 09:00"))  # fmt: skip
    assert len(session.scalars(select(SubsidyRecord)).all()) == 2


@pytest.mark.parametrize("approved", [False, True])
def test_a_signed_line_is_reckoned_again_when_it_is_true(office: Office, *, approved: bool) -> None:
    session = office.session
    sheet = on_view(office)
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], at(CHECKS))
    if approved:
        signing.take(session, sheet, "approve", office["approver"], at("2022-05-12 09:00"))
    when = at("2022-05-12 10:00")
    deciding.write_findings(session, hit, TRUE, office["town"], when)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=when)
    if not approved:
        news.tell_results(session, when)
        signing.take(session, sheet, "approve", office["approver"], at("2022-05-12 11:00"))
    mine = session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.person_id == hit.person_id)
    ).one()
    assert mine.amount_fen == 27_778
    assert len(pay(session, office)) == 2
    assert claw_backs.suggested(session) == []


def test_days_that_were_signed_while_it_was_open_come_back_when_cleared(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    sheet = on_view(office)
    mine = next(one for one in lines(session, sheet) if one.person_id == hit.person_id)
    assert mine.paid_days == 7
    when = at("2022-05-10 09:00")
    deciding.write_findings(session, hit, NOT_TRUE, office["town"], when)
    deciding.decide(session, hit, upheld=False, words="同名", acting=office["approver"], now=when)
    session.expire_all()
    assert (mine.paid_days, mine.amount_fen, mine.held_at) == (21, 83_333, None)
    news.tell_results(session, when)
    signing.take(session, sheet, "approve", office["approver"], at("2022-05-12 09:00"))
    assert len(session.scalars(select(SubsidyRecord)).all()) == 2


def test_a_death_that_was_an_error_after_all_is_undone(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    deciding.decide(session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME)
    assert dead_among(session, [hit.person_id]) == {hit.person_id}
    left = session.scalars(select(Exit).where(Exit.engagement_id == hit.engagement_id)).one()
    other = create_acting(session, Role.DISTRICT_APPROVER, "yanzhou")
    settling.take(session, left, "undo", other, CAME, "人还在")
    assert dead_among(session, [hit.person_id]) == set()
    assert counted(session, hit) == 21
    close(session, office)
    assert batches.ready(session, "rural").records == 2


def on_view(office: Office) -> MonthSheet:
    """April, signed and checked; everybody was told."""
    sheet = gather(office.session, office)
    signing.take(office.session, sheet, "sign", office["head"], at(SIGNS))
    signing.take(office.session, sheet, "check", office["town"], at(CHECKS))
    news.tell_results(office.session, at(CHECKS))
    return sheet


def test_nothing_is_written_to_that_phone(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    create_contact(session, person_id=hit.person_id)
    mine = session.scalars(select(Message.kind).where(Message.person_id == hit.person_id)).all()
    assert mine == []
    told = tell(session, kind="morning_reminder", person=hit.person, slots={"until": "08:30"},
                cause="test", now=CAME)  # fmt: skip
    letters = select(Delivery.id).where(Delivery.message_id == told.id)
    assert session.scalars(letters).all() == []
    kinds = session.scalars(select(Message.kind).where(Message.staff_id.is_not(None))).all()
    assert set(kinds) == {"list_hit_town", "list_hit_district"}, (
        "the village vouched for later days"
    )


def test_two_people_decide_and_no_relative(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    with pytest.raises(Hindered) as hindered:
        deciding.decide(
            session, hit, upheld=True, words="属实", acting=office["approver"], now=CAME
        )
    assert keys(hindered) == ["cross_check.not_checked"]
    with pytest.raises(Hindered) as hindered:
        deciding.write_findings(session, hit, TRUE, office["head"], CAME)
    assert keys(hindered) == ["obstacle.not_your_role"]
    staff = office["town"].staff
    assert staff is not None
    staff.person_id = hit.person_id
    with pytest.raises(Hindered) as hindered:
        deciding.write_findings(session, hit, TRUE, office["town"], CAME)
    assert keys(hindered) == ["cross_check.own_or_kin"]
