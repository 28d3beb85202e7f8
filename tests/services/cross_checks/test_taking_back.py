"""A list that was not the right one is taken back: everything is as if it had not come, the right
one finds the same people, and what two people have begun to decide is not undone."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AuditEntry,
    DepartmentList,
    DepartmentRow,
    HitState,
    ListHit,
    Message,
    MessageState,
    Role,
    SubsidyRecord,
)
from services.cross_checks import deciding, missing, taking_back
from services.cross_checks.deciding import Findings
from services.pay import holding
from services.procedure import Hindered
from tests.builders import at, create_acting
from tests.services.cross_checks.stage import found_on, keys, named, row_of, sheet_of, take
from tests.services.month import (
    APRIL,
    Office,
    close,
    gather,
    lines,
)

DIED = date(2022, 4, 12)
NOBODY_VOUCHED = date(2022, 4, 30)
CAME, LATER = at("2022-05-03 09:00"), at("2022-05-03 10:00")
NOTHING = Findings(is_true=False, words="同名")


def take_back(office: Office, now: datetime = LATER) -> int:
    """Take the list back that came first."""
    sheets = office.session.scalars(select(DepartmentList.id).order_by(DepartmentList.taken_at))
    return taking_back.take_back(office.session, sheets.all()[0], office["clerk"], now)


def told(session: Session, hit: ListHit) -> list[tuple[str, str]]:
    asked = select(Message.kind, Message.state).where(Message.person_id == hit.person_id)
    return [row._tuple() for row in session.execute(asked.order_by(Message.created_at))]


def test_everything_is_as_if_it_had_not_come(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    engagement_id, hit_id = hit.engagement_id, hit.id
    sheet = gather(session, office)
    assert sorted(line.paid_days for line in lines(session, sheet)) == [7, 21]
    assert take_back(office) == 1
    for table in (DepartmentList, DepartmentRow, ListHit):
        assert session.scalars(select(table)).all() == []
    days = select(AttendanceDay.counted).where(AttendanceDay.engagement_id == engagement_id)
    assert sum(session.scalars(days)) == 21
    gather(session, office)
    found = [(one.paid_days, one.held_at, one.held_hit_id) for one in lines(session, sheet)]
    assert found == [(21, None, None)] * 2
    assert "deaths" in missing.missing(session, APRIL)
    trail = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == str(hit_id)))
    assert [one.act for one in trail] == ["list_hit.found", "list_hit.withdrawn"]
    close(session, office)
    assert len(session.scalars(select(SubsidyRecord)).all()) == 2


def test_the_right_list_finds_them_again(office: Office) -> None:
    session = office.session
    file = sheet_of("employees", [row_of(named(session, "甲一"), DIED)])
    assert len(take(session, file, "employees", office["clerk"], CAME).hits) == 1
    take_back(office)
    assert len(take(session, file, "employees", office["clerk"], LATER).hits) == 1


def test_who_was_asked_hears_that_it_was_nothing(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", DIED, office["clerk"], CAME)
    message = session.scalars(select(Message).where(Message.person_id == hit.person_id)).one()
    message.state = MessageState.TOLD
    take_back(office)
    assert told(session, hit) == [("list_hit_employees", "told"), ("list_hit_over", "open")]


def test_what_has_not_left_does_not_leave_and_nothing_is_to_be_said(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", DIED, office["clerk"], CAME)
    take_back(office)
    assert told(session, hit) == [("list_hit_employees", "withdrawn")]
    staff = select(Message.state).where(Message.staff_id.is_not(None))
    assert "open" not in set(session.scalars(staff)), "nor do the offices hear of it any more"


@pytest.mark.parametrize("how", ["taken_back", "cleared"])
def test_a_head_who_was_sent_to_look_hears_that_it_was_nothing(office: Office, how: str) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", NOBODY_VOUCHED, office["clerk"], CAME)
    asked = select(Message).where(Message.kind == "list_hit_head")
    for message in session.scalars(asked):
        message.state = MessageState.TOLD
    heads = {message.staff_id for message in session.scalars(asked)}
    assert office["head"].staff is not None
    assert office["head"].staff.id in heads
    if how == "taken_back":
        take_back(office)
    else:
        deciding.write_findings(session, hit, NOTHING, office["town"], CAME)
        deciding.decide(session, hit, upheld=False, words="同名", acting=office["approver"],
                        now=CAME)  # fmt: skip
    over = select(Message.staff_id).where(Message.kind == "list_hit_head_over")
    assert set(session.scalars(over)) == heads


def test_a_head_who_has_not_heard_yet_hears_nothing_at_all(office: Office) -> None:
    session = office.session
    found_on(session, "deaths", "甲一", NOBODY_VOUCHED, office["clerk"], CAME)
    take_back(office)
    kinds = select(Message.kind).where(Message.kind.startswith("list_hit_head"))
    assert set(session.scalars(kinds)) == {"list_hit_head"}


def test_who_stands_on_another_list_too_stays_found(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", DIED, office["clerk"], CAME)
    again = sheet_of("employees", [row_of(hit.person, DIED, remark="补报")])
    other = take(session, again, "employees", office["clerk"], LATER)
    assert take_back(office) == 0
    session.refresh(hit)
    assert (hit.state, hit.row.list_id) == (HitState.OPEN, other.sheet.id)
    assert len(session.scalars(select(DepartmentRow)).all()) == 1


def test_another_hit_holds_the_line_on(office: Office) -> None:
    session = office.session
    found_on(session, "employees", "甲一", DIED, office["clerk"], CAME)
    other = found_on(session, "pensions", "甲一", DIED, office["clerk"], LATER)
    sheet = gather(session, office)
    take_back(office)
    held = [one.held_hit_id for one in lines(session, sheet) if one.person_id == other.person_id]
    assert held == [other.id]


@pytest.mark.parametrize("how_far", ["checked", "returned", "decided"])
def test_what_somebody_has_looked_into_is_not_undone(office: Office, how_far: str) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", DIED, office["clerk"], CAME)
    deciding.write_findings(session, hit, NOTHING, office["town"], CAME)
    if how_far == "returned":
        deciding.return_to_town(session, hit, "谁看的", office["approver"], CAME)
    if how_far == "decided":
        deciding.decide(session, hit, upheld=False, words="同名", acting=office["approver"],
                        now=CAME)  # fmt: skip
    with pytest.raises(Hindered) as hindered, session.begin_nested():
        take_back(office)
    assert keys(hindered) == ["cross_check.looked_into"]
    key = session.scalars(select(DepartmentList.id)).one()
    assert taking_back.looked_into(session, [key]) == {key}
    assert session.scalars(select(ListHit)).one() is hit


def test_nobody_takes_back_what_is_about_themselves(office: Office) -> None:
    session = office.session
    hit = found_on(session, "employees", "甲一", DIED, office["clerk"], CAME)
    own = create_acting(session, Role.DISTRICT_CLERK, "yanzhou", person_id=hit.person_id)
    key = session.scalars(select(DepartmentList.id)).one()
    for acting, why in ((own, "cross_check.own_or_kin"), (office["town"], "obstacle.not_your_role"),
                        (office["approver"], "obstacle.not_your_role")):  # fmt: skip
        with pytest.raises(Hindered) as hindered, session.begin_nested():
            taking_back.take_back(session, key, acting, LATER)
        assert keys(hindered) == [why]


def test_in_an_approved_month_the_approver_lets_the_money_go(office: Office) -> None:
    session = office.session
    hit = found_on(session, "deaths", "甲一", DIED, office["clerk"], CAME)
    person_id = hit.person_id
    sheet = close(session, office)
    assert len(session.scalars(select(SubsidyRecord)).all()) == 1
    take_back(office, at("2022-05-20 09:00"))
    mine = next(one for one in lines(session, sheet) if one.person_id == person_id)
    assert (mine.paid_days, mine.held_hit_id, mine.held_at is not None) == (21, None, True)
    assert "收回" in mine.held_reason
    assert len(session.scalars(select(SubsidyRecord)).all()) == 1
    holding.release(session, mine, office["approver"], at("2022-05-20 10:00"))
    assert len(session.scalars(select(SubsidyRecord)).all()) == 2
