"""A list names somebody whose money is in a file that the bank may have: who pays hears it, and a
row can be taken out until the bank has answered (R-3.5b, F-07)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ListHit, Message, Payment, PaymentBatch, Role, StaffKin, SubsidyRecord
from models.pay_steps import PaymentState
from models.payments import IllegalPayment
from services.cross_checks import deciding
from services.cross_checks.deciding import Findings
from services.pay import batches, claw_backs, news, results, stopping
from services.pay.work import Money
from services.procedure import Hindered
from services.worklist import Item
from tests.builders import at, create_acting
from tests.services.cross_checks.stage import found_on, keys
from tests.services.month import Office, close, result_file

DIED = date(2022, 4, 12)
MADE, CAME, LATER = at("2022-05-21 09:00"), at("2022-05-21 10:00"), at("2022-05-21 11:00")
CALLED = "农商银行王主任答应停"
TRUE = Findings(is_true=True, words="见到火化证")
NOT_TRUE = Findings(is_true=False, words="人在家，同名")


def sent(office: Office) -> PaymentBatch:
    """April, approved, in a file."""
    close(office.session, office)
    return batches.make(office.session, "rural", office["clerk"], MADE)


def hit_after(office: Office, kind: str = "deaths") -> tuple[PaymentBatch, ListHit]:
    batch = sent(office)
    return batch, found_on(office.session, kind, "甲一", DIED, office["clerk"], CAME)


def row_of(session: Session, batch: PaymentBatch, hit: ListHit) -> Payment:
    return session.scalars(
        select(Payment)
        .join(Payment.record)
        .where(Payment.batch_id == batch.id, SubsidyRecord.person_id == hit.person_id)
    ).one()


def take_out(office: Office, batch: PaymentBatch, hit: ListHit, words: str = CALLED) -> Payment:
    row = row_of(office.session, batch, hit).row
    return stopping.take_out(office.session, batch, row, words, office["finance"], LATER)


def decide(office: Office, hit: ListHit, found: Findings) -> None:
    deciding.write_findings(office.session, hit, found, office["town"], LATER)
    deciding.decide(office.session, hit, upheld=found.is_true, words="核过了",
                    acting=office["approver"], now=LATER)  # fmt: skip


def to_do(office: Office, role: str) -> list[Item]:
    items = Money().items(office.session, office[role], LATER, 20)
    return [one for one in items if one.key == "pay.work_stop"]


def test_who_pays_and_the_district_hear_it_and_find_it_on_top(office: Office) -> None:
    session = office.session
    batch, _ = hit_after(office)
    told = session.scalars(select(Message).where(Message.kind == "list_hit_bank")).all()
    assert {one.staff_id for one in told} >= {
        office[role].staff.id  # type: ignore[union-attr]
        for role in ("finance", "clerk")
    }
    for role in ("finance", "clerk", "approver"):
        (item,) = to_do(office, role)
        assert dict(item.slots) == {"number": batch.number, "rows": 1}
    assert to_do(office, "town") == []


def test_nobody_is_called_where_nothing_is_in_a_file(office: Office) -> None:
    close(office.session, office)
    found_on(office.session, "deaths", "甲一", DIED, office["clerk"], CAME)
    session = office.session
    assert session.scalars(select(Message).where(Message.kind == "list_hit_bank")).all() == []
    assert to_do(office, "finance") == []


def test_what_is_taken_out_is_not_in_the_file_and_its_money_is_not_paid(office: Office) -> None:
    session = office.session
    batch, hit = hit_after(office)
    taken = take_out(office, batch, hit)
    assert (taken.state, taken.is_taken_out) == (PaymentState.FAILED, True)
    assert "甲一" not in batches.csv_of(session, batch, whole=False).decode()
    assert batches.is_as_made(session, batch), "what was made stays what it was"
    assert to_do(office, "finance") == []
    assert batches.failed(session) == [], "no account is to be put right"
    assert news.payments_to_tell(session) == [], "nobody is told that a bank refused"
    decide(office, hit, TRUE)
    assert batches.ready(session, "rural").records == 0
    assert claw_backs.suggested(session) == []


def test_where_it_was_nothing_the_next_file_pays_the_same_account(office: Office) -> None:
    session = office.session
    batch, hit = hit_after(office, "employees")
    take_out(office, batch, hit)
    assert batches.ready(session, "rural").records == 0
    decide(office, hit, NOT_TRUE)
    again = batches.make(session, "rural", office["clerk"], at("2022-05-22 09:00"))
    assert (again.rows_count, row_of(session, again, hit).state) == (1, PaymentState.WAITING)


def test_a_bank_that_paid_all_the_same_is_believed_and_named(office: Office) -> None:
    session = office.session
    batch, hit = hit_after(office)
    take_out(office, batch, hit)
    read = results.read(session, result_file(session, batch), office["finance"], LATER)
    assert (read.paid, [one["key"] for one in read.troubles]) == (2, ["pay.row_paid_after_all"])
    assert row_of(session, batch, hit).state == PaymentState.PAID
    decide(office, hit, TRUE)
    ((engagement, fen),) = claw_backs.suggested(session)
    assert (engagement.person_id, fen) == (hit.person_id, 83_333 * 14 // 21)


def test_a_bank_that_paid_beside_the_next_file_settles_nothing(office: Office) -> None:
    session = office.session
    batch, hit = hit_after(office, "employees")
    take_out(office, batch, hit)
    decide(office, hit, NOT_TRUE)
    batches.make(session, "rural", office["clerk"], at("2022-05-22 09:00"))
    read = results.read(session, result_file(session, batch), office["finance"], LATER)
    assert (read.paid, [one["key"] for one in read.troubles]) == (1, ["pay.row_turned"])


def test_a_bank_that_says_it_did_not_pay_changes_nothing(office: Office) -> None:
    session = office.session
    batch, hit = hit_after(office)
    row = take_out(office, batch, hit).row
    file = result_file(session, batch, "退票", rows={row}, reason="已止付")
    assert results.read(session, file, office["finance"], LATER).known == 1
    assert row_of(session, batch, hit).is_taken_out


def test_what_a_bank_refused_is_never_paid_by_a_later_answer(office: Office) -> None:
    session = office.session
    batch = sent(office)
    file = result_file(session, batch, "退票", reason="户名不符")
    results.read(session, file, office["finance"], LATER)
    payment = session.scalars(select(Payment).limit(1)).one()
    with pytest.raises(IllegalPayment):
        payment.take(PaymentState.PAID)


def test_who_may_not_and_when_it_is_too_late(office: Office) -> None:
    session = office.session
    batch, hit = hit_after(office)
    mine, other = row_of(session, batch, hit), 3 - row_of(session, batch, hit).row
    kin = create_acting(session, Role.FINANCE, "yanzhou")
    assert kin.staff is not None
    session.add(StaffKin(staff_id=kin.staff.id, person_id=hit.person_id, relation="父女",
                         declared_at=MADE))  # fmt: skip
    session.flush()
    for acting, row, words, why in (
        (office["clerk"], mine.row, CALLED, "pay.finance_pays"),
        (office["approver"], mine.row, CALLED, "obstacle.not_your_role"),
        (kin, mine.row, CALLED, "cross_check.own_or_kin"),
        (office["finance"], mine.row, " ", "pay.who_stopped_it"),
        (office["finance"], other, CALLED, "pay.nothing_stops_it"),
        (office["finance"], 99, CALLED, "pay.answered_already"),
    ):
        with pytest.raises(Hindered) as hindered, session.begin_nested():
            stopping.take_out(session, batch, row, words, acting, LATER)
        assert keys(hindered) == [why]
    results.read(session, result_file(session, batch), office["finance"], LATER)
    assert to_do(office, "finance") == []
    with pytest.raises(Hindered) as hindered, session.begin_nested():
        take_out(office, batch, hit)
    assert keys(hindered) == ["pay.answered_already"]
