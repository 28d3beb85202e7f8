"""The bank's file and its answer: nothing lost, nothing paid twice, each trouble a sentence; what
was wrong is put right by records of its own, what was too much comes back."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    BankAccount,
    Budget,
    ClawBack,
    Engagement,
    FundEntry,
    Message,
    Payment,
    PaymentBatch,
    ReceivedQuestion,
    Role,
    SubsidyRecord,
    Ticket,
)
from models.pay_steps import ClawBackState, PaymentState
from models.payments import IllegalPayment
from models.talk import TicketKind, TicketLevel
from services.attachments import Upload
from services.pay import (
    batches,
    claw_backs,
    corrections,
    funds,
    news,
    received,
    results,
)
from services.pay.claw_backs import Claim, Sum
from services.pay.corrections import Right
from services.procedure import Hindered
from services.sheets_in import Unfit
from tests.builders import at, create_acting, create_contact
from tests.services.month import (
    APRIL,
    Office,
    close,
    create_office,
    create_worker,
    give_account,
    mark_days,
    pay,
    result_file,
)
from tests.sheets import workbook

LATER = at("2022-05-21 09:00")


def keys(error: pytest.ExceptionInfo[Hindered]) -> list[str]:
    return [obstacle.key for obstacle in error.value.obstacles]


@pytest.fixture
def office(seeded: Session) -> Office:
    """王家庄's April, approved: four workers, the last one without an account."""
    office = create_office(seeded)
    for name in ("甲一", "乙二", "丙三", "丁四"):
        mark_days(seeded, create_worker(seeded, name=name, account=name != "丁四"))
    close(seeded, office)
    return office


def states(session: Session) -> dict[str, int]:
    session.expire_all()
    found: dict[str, int] = {}
    for state in session.scalars(select(Payment.state)):
        found[str(state)] = found.get(str(state), 0) + 1
    return found


def test_a_batch_holds_each_record_once_and_stays_as_it_was_made(
    seeded: Session, office: Office
) -> None:
    assert batches.ready(seeded, "rural") == batches.Ready(3, 3 * 83_333, ("丁四",))
    batch = batches.make(seeded, "rural", office["clerk"], LATER)
    assert (batch.rows_count, batch.total_fen) == (3, 249_999)
    assert batches.is_as_made(seeded, batch)
    text = batches.csv_of(seeded, batch).decode("utf-8-sig").splitlines()
    assert text[0] == "序号,流水号,户名,开户行,账号,金额（元）,用途"
    assert text[1].endswith("833.33,2022年4月岗位补贴")
    assert text[1].split(",")[1] == f"{batch.number}-00001"
    assert batches.xlsx_of(seeded, batch, "区人社局", LATER).startswith(b"PK")
    with pytest.raises(Hindered) as again:
        batches.make(seeded, "rural", office["clerk"], LATER)
    assert keys(again) == ["pay.nothing_to_pay"]
    with pytest.raises(Hindered):
        batches.make(seeded, "rural", office["town"], LATER)


def test_who_had_no_account_is_paid_with_the_next_batch(seeded: Session, office: Office) -> None:
    batches.make(seeded, "rural", office["clerk"], LATER)
    left = seeded.scalars(select(Engagement).where(Engagement.person.has(name="丁四"))).one()
    give_account(seeded, left)
    batch = batches.make(seeded, "rural", office["clerk"], at("2022-05-22 09:00"))
    assert [row.holder for row in batches.rows_of(seeded, batch)] == ["丁四"]


def test_one_bad_row_is_named_and_the_others_count(seeded: Session, office: Office) -> None:
    batch = batches.make(seeded, "rural", office["clerk"], LATER)
    lines = [
        "流水号,金额（元）,结果,失败原因,到账日期",
        f"{batch.number}-00001,¥833.33,成功,,2022/05/13",
        f"{batch.number}-00002,833.34,成功,,2022-05-13",
        "B19990101-01-00001,833.33,成功,,2022-05-13",
        f"{batch.number}-00003,833.33,处理中,,2022-05-13",
        "我也不知道,833.33,成功,,",
        "",
    ]
    file = Upload("结果.csv", "\n".join(lines).encode("gb18030"))
    read = results.read(seeded, file, office["finance"], LATER)
    assert (read.paid, read.failed, read.known, read.rows_count) == (1, 0, 0, 5)
    assert [(one["row"], one["key"]) for one in read.troubles] == [
        (3, "pay.row_amount"),
        (4, "pay.row_unknown"),
        (5, "pay.row_outcome"),
        (6, "pay.row_unknown"),
    ]
    assert states(seeded) == {"paid": 1, "waiting": 2}
    with pytest.raises(Hindered) as twice:
        results.read(seeded, file, office["finance"], at("2022-05-22 09:00"))
    assert keys(twice) == ["pay.result_known"]


def test_half_a_file_and_the_whole_one_after_it(seeded: Session, office: Office) -> None:
    batch = batches.make(seeded, "rural", office["clerk"], LATER)
    half = results.read(seeded, result_file(seeded, batch, rows={1}), office["finance"], LATER)
    assert (half.paid, half.known) == (1, 0)
    whole = results.read(seeded, result_file(seeded, batch), office["finance"], LATER)
    assert (whole.paid, whole.known) == (2, 1)
    turned = results.read(seeded, result_file(seeded, batch, "失败"), office["finance"], LATER)
    assert [one["key"] for one in turned.troubles] == ["pay.row_turned"] * 3
    assert states(seeded) == {"paid": 3}


def test_a_row_that_stands_twice_and_disagrees_counts_once(seeded: Session, office: Office) -> None:
    batch = batches.make(seeded, "rural", office["clerk"], LATER)
    rows = [
        ["流水号", "金额", "处理结果", "原因"],
        [f"{batch.number}-00001", "833.33", "成功", ""],
        [f"{batch.number}-00001", "833.33", "成功", ""],
        [f"{batch.number}-00001", "833.33", "失败", "账号不符"],
    ]
    file = Upload("结果.xlsx", workbook(rows).getvalue())
    read = results.read(seeded, file, office["finance"], LATER)
    assert (read.paid, read.known, read.failed) == (1, 1, 0)
    assert [one["key"] for one in read.troubles] == ["pay.row_contradicts"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00x", "你好".encode(), b"PK\x03\x04broken"])
def test_a_file_that_is_no_result(seeded: Session, office: Office, content: bytes) -> None:
    with pytest.raises(Unfit):
        results.read(seeded, Upload("x", content), office["finance"], LATER)
    assert states(seeded) == {}


def test_failed_corrected_and_paid_once(seeded: Session, office: Office) -> None:
    batch = batches.make(seeded, "rural", office["clerk"], LATER)
    failed = result_file(seeded, batch, "退票", rows={1}, reason="户名不符")
    results.read(seeded, failed, office["finance"], LATER)
    results.read(seeded, result_file(seeded, batch, rows={2, 3}), office["finance"], LATER)
    [payment] = batches.failed(seeded)
    assert payment.bank_words == "户名不符"
    assert news.tell_payments(seeded, LATER) == 3
    told = seeded.scalars(select(Message.kind).where(Message.kind.like("pay_%"))).all()
    assert sorted(told) == ["pay_failed", "pay_paid", "pay_paid"]
    with pytest.raises(Hindered) as same:  # the account is still the one that failed
        batches.make(seeded, "rural", office["clerk"], LATER)
    assert keys(same) == ["pay.nothing_to_pay"]
    account = seeded.get_one(BankAccount, payment.account_id)
    account.replaced_at = LATER
    seeded.flush()
    engagement = seeded.get_one(Engagement, payment.record.engagement_id)
    give_account(seeded, engagement)
    second = batches.make(seeded, "rural", office["clerk"], LATER)
    assert second.rows_count == 1
    results.read(seeded, result_file(seeded, second), office["finance"], LATER)
    assert states(seeded) == {"failed": 1, "paid": 3}
    assert batches.failed(seeded) == []
    late = results.read(seeded, result_file(seeded, batch), office["finance"], LATER)
    assert [one["key"] for one in late.troubles] == ["pay.row_turned"]
    with pytest.raises(IllegalPayment):
        payment.take(PaymentState.PAID)


def test_a_correction_pays_what_was_short_once(seeded: Session, office: Office) -> None:
    pay(seeded, office)
    record = seeded.scalars(select(SubsidyRecord)).first()
    assert record is not None
    planned = record.snapshot["basis"]["work"]["planned"]
    short = Right(planned - 4, "四天是替人打的卡")
    asked = corrections.propose(seeded, record, short, office["clerk"], LATER)
    with pytest.raises(Hindered) as waits:
        corrections.propose(seeded, record, short, office["clerk"], LATER)
    assert keys(waits) == ["pay.correction_waits"]
    with pytest.raises(Hindered):
        corrections.decide(seeded, asked, agreed=True, acting=office["clerk"], now=LATER)
    less = corrections.decide(seeded, asked, agreed=True, acting=office["approver"], now=LATER)
    assert less is not None
    assert less.amount_fen == -round(83_333.33 * 4 / planned)
    claim = seeded.scalars(select(ClawBack)).one()
    assert (claim.amount_fen, claim.state) == (-less.amount_fen, ClawBackState.AGREED)
    assert less.province_fen + less.city_fen + less.district_fen == less.shared_fen
    back = corrections.propose(
        seeded, record, Right(planned, "查清了，是本人"), office["clerk"], LATER
    )
    more = corrections.decide(seeded, back, agreed=True, acting=office["approver"], now=LATER)
    assert more is not None
    assert more.amount_fen == -less.amount_fen
    nothing = corrections.propose(seeded, record, Right(planned, "再查"), office["clerk"], LATER)
    assert (
        corrections.decide(seeded, nothing, agreed=True, acting=office["approver"], now=LATER)
        is None
    )
    second = batches.make(seeded, "rural", office["clerk"], LATER)
    assert [row.amount_fen for row in batches.rows_of(seeded, second)] == [more.amount_fen]


def test_what_was_paid_after_a_death_comes_back_in_instalments(
    seeded: Session, office: Office
) -> None:
    pay(seeded, office)
    record = seeded.scalars(select(SubsidyRecord)).first()
    assert record is not None
    engagement = record.engagement
    owed = claw_backs.owed_after(seeded, engagement, date(2022, 4, 15))
    days = record.snapshot["days"]["counted"].split(",")
    after = [day for day in days if int(day) > 15]
    assert owed == 83_333 * len(after) // len(days)
    assert claw_backs.suggested(seeded) == []
    engagement.ended_on = date(2022, 4, 15)
    seeded.flush()
    assert claw_backs.suggested(seeded) == [(engagement, owed)]
    assert claw_backs.owed_after(seeded, engagement, date(2022, 3, 31)) == 83_333
    assert claw_backs.owed_after(seeded, engagement, date(2022, 5, 1)) == 0
    claim = Claim("death", owed, "4月15日去世，5月才报", 2)
    with pytest.raises(Hindered) as much:
        claw_backs.propose(seeded, engagement, Claim("death", 99_999_999, "x"), office["clerk"],
                           LATER)  # fmt: skip
    assert keys(much) == ["pay.claim_too_much"]
    made = claw_backs.propose(seeded, engagement, claim, office["clerk"], LATER)
    assert claw_backs.suggested(seeded) == []
    with pytest.raises(Hindered):
        claw_backs.receive(
            seeded, made, Sum(owed, date(2022, 5, 20), "收1"), office["clerk"], LATER
        )
    claw_backs.decide(seeded, made, agreed=True, acting=office["approver"], now=LATER)
    assert news.tell_claims(seeded, LATER) == 0, "nobody writes to the phone of a dead person"
    first = claw_backs.instalment_fen(made)
    assert first == -(-owed // 2)
    one = Sum(first, date(2022, 5, 20), "收1")
    claw_backs.receive(seeded, made, one, office["clerk"], LATER)
    claw_backs.receive(seeded, made, one, office["clerk"], LATER)
    assert made.received_fen == first
    with pytest.raises(Hindered) as over:
        claw_backs.receive(seeded, made, Sum(owed, date(2022, 5, 20), "收2"), office["clerk"],
                           LATER)  # fmt: skip
    assert keys(over) == ["pay.receipt_too_much"]
    claw_backs.hand_over(seeded, made, "区财政局", office["approver"], LATER)
    rest = Sum(owed - first, date(2022, 5, 21), "收3")
    claw_backs.receive(seeded, made, rest, office["clerk"], LATER)
    assert made.state == ClawBackState.SETTLED
    assert claw_backs.open_ones(seeded) == []


def test_the_question_whether_it_came_to_them(seeded: Session, office: Office) -> None:
    paid = pay(seeded, office)
    assert news.ask_received(seeded, at("2022-05-15 09:00")) == 0
    assert news.ask_received(seeded, at("2022-05-17 09:00")) == 3
    assert news.ask_received(seeded, at("2022-05-17 09:00")) == 0
    person = paid[0].record.person
    contact = create_contact(seeded, person_id=person.id)
    question = received.open_question(seeded, person)
    assert question is not None
    received.answer(seeded, question, "taken", contact, at("2022-05-17 10:00"))
    received.answer(seeded, question, "mine", contact, at("2022-05-17 10:00"))
    case = seeded.scalars(select(Ticket)).one()
    assert (case.kind, case.level) == (TicketKind.POOLING, TicketLevel.DISTRICT)
    assert question.answer == "taken"
    assert received.open_question(seeded, person) is None
    assert seeded.scalars(
        select(ReceivedQuestion).where(ReceivedQuestion.answered_at.is_(None))
    ).all()


def test_a_years_money(seeded: Session, office: Office) -> None:
    clerk = office["clerk"]
    assert [one.key for one in funds.warnings(seeded, 2022)] == ["pay.no_budget_rural"]
    for amount in (1_000_000, 300_000):
        budget = Budget(year=2022, track="rural", amount_fen=amount, document="兖财〔2022〕1号")
        funds.enter_budget(seeded, budget, clerk, LATER)
    [over] = funds.warnings(seeded, 2022)
    assert over.key == "pay.over_budget_rural"
    assert over.slots["over_fen"] == 4 * 83_333 - 300_000
    gift = FundEntry(
        year=2022, track="rural", level="other", source="某公益基金",
        amount_fen=5_000_000, received_on=date(2022, 5, 1), document="捐赠协议",
    )  # fmt: skip
    funds.enter_funds(seeded, gift, clerk, LATER)
    pay(seeded, office)
    rural, urban = (funds.year(seeded, 2022, track) for track in funds.TRACKS)
    assert (rural.committed_fen, rural.paid_fen) == (4 * 83_333, 3 * 83_333)
    assert sum(rural.parts) == rural.committed_fen
    assert rural.arrived["other"] == 5_000_000
    assert urban.committed_fen == 0
    assert urban.parts == (0, 0, 0)
    assert funds.by_month(seeded, 2022, "rural") == [(APRIL, 4, 4 * 83_333)]
    with pytest.raises(Hindered):
        funds.enter_budget(
            seeded, Budget(year=2022, track="rural", amount_fen=1, document=""), clerk, LATER
        )
    with pytest.raises(Hindered):
        funds.enter_funds(seeded, gift, create_acting(seeded, Role.TOWN_CLERK, "xinyan"), LATER)


def test_urban_money_is_in_its_own_ledger(seeded: Session) -> None:
    village = "v-gulou-xiangyang"
    office = create_office(seeded, village, "gulou")
    worker = create_worker(seeded, village=village, track="urban")
    worker.post.pay_fen, worker.post.pay_kind = 190_000, "month"
    mark_days(seeded, worker)
    close(seeded, office)
    record = seeded.scalars(select(SubsidyRecord)).one()
    assert (record.shared_fen, record.other_fen) == (0, 190_000)
    assert (record.province_fen, record.city_fen, record.district_fen) == (0, 0, 0)
    assert funds.year(seeded, 2022, "rural").committed_fen == 0
    assert funds.year(seeded, 2022, "urban").committed_fen == 190_000
    batch = batches.make(seeded, "urban", office["clerk"], LATER)
    assert seeded.scalars(select(PaymentBatch)).one() is batch
