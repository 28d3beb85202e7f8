"""A month from the days to the account: the steps, who may take them, what stands in the way."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from channels.wechat.cards import fit_field
from models import (
    AuditEntry,
    Delivery,
    EventKind,
    Exit,
    Message,
    MonthLine,
    MonthStep,
    Payment,
    Role,
    StaffKin,
    SubsidyRecord,
    new_id,
)
from models.pay_steps import PaymentState, SheetState
from models.term_steps import ExitCause, TermState
from services.pay import disputes, news, records, sheets, signing
from services.pay.facts import digest
from services.pay.stepping import Given
from services.procedure import Hindered
from tests.builders import NOW, at, create_acting, create_contact
from tests.services.month import (
    APPROVES,
    APRIL,
    CHECKS,
    SIGNS,
    VILLAGE,
    close,
    create_office,
    create_worker,
    gather,
    lines,
    mark_days,
    pay,
    turn_absent,
)
from wording.cards import load_cards


def keys(error: pytest.ExceptionInfo[Hindered]) -> list[str]:
    return [obstacle.key for obstacle in error.value.obstacles]


def test_a_month_goes_all_the_way(seeded: Session) -> None:
    office = create_office(seeded)
    whole, part = create_worker(seeded), create_worker(seeded, name="王大成")
    mark_days(seeded, whole)
    mark_days(seeded, part, absent={6, 7})
    sheet = close(seeded, office)
    assert sheet.state == SheetState.APPROVED
    amounts = {one.engagement_id: one for one in lines(seeded, sheet)}
    assert amounts[whole.id].amount_fen == 83_333
    planned = amounts[whole.id].planned_days
    assert amounts[part.id].paid_days == planned - 2
    assert amounts[part.id].amount_fen == round(83_333.33 * (planned - 2) / planned)
    assert amounts[part.id].reasons == ["days"]
    paid = pay(seeded, office)
    assert {one.state for one in paid} == {PaymentState.PAID}
    assert sum(one.amount_fen for one in paid) == sheet.amount_fen
    acts = seeded.scalars(
        select(MonthStep.act).where(MonthStep.sheet_id == sheet.id).order_by(MonthStep.id)
    ).all()
    assert acts == ["sign", "check", "approve"]
    assert seeded.scalars(select(AuditEntry).where(AuditEntry.act == "month.approve")).one()


def test_who_was_there_midway_is_paid_by_the_days_of_the_whole_month(seeded: Session) -> None:
    office = create_office(seeded)
    whole = create_worker(seeded)
    came = create_worker(seeded, name="王大成", starts_on=date(2022, 4, 15))
    alone = create_worker(seeded, name="孙有田", starts_on=date(2022, 4, 15),
                          village="v-xinyan-xinghualing")  # fmt: skip
    mark_days(seeded, whole)
    for one in (came, alone):
        mark_days(seeded, one, from_day=15)
    rows = {one.engagement_id: one for one in lines(seeded, gather(seeded, office))}
    assert rows[came.id].planned_days == rows[whole.id].planned_days
    assert rows[came.id].paid_days < rows[whole.id].paid_days
    there = create_office(seeded, "v-xinyan-xinghualing")
    [row] = lines(seeded, gather(seeded, there))
    assert row.planned_days == rows[whole.id].planned_days
    assert row.amount_fen == rows[came.id].amount_fen


def test_no_evidence_is_no_pay_and_no_record(seeded: Session) -> None:
    office = create_office(seeded)
    worked, ghost = create_worker(seeded), create_worker(seeded, name="王大成")
    mark_days(seeded, worked)
    sheet = close(seeded, office)
    line = next(one for one in lines(seeded, sheet) if one.engagement_id == ghost.id)
    assert (line.amount_fen, line.reasons) == (0, ["nothing"])
    kept = seeded.scalars(select(SubsidyRecord.engagement_id)).all()
    assert kept == [worked.id]


def test_gathering_again_changes_nothing(seeded: Session) -> None:
    office = create_office(seeded)
    mark_days(seeded, create_worker(seeded), absent={6})
    first = gather(seeded, office)
    before = (first.lines_sha256, [one.id for one in lines(seeded, first)])
    again = gather(seeded, office)
    assert (again.lines_sha256, [one.id for one in lines(seeded, again)]) == before


def test_what_stands_in_the_way_of_the_signature(seeded: Session) -> None:
    office = create_office(seeded)
    mark_days(seeded, create_worker(seeded), unknown={6})
    sheet = gather(seeded, office)
    with pytest.raises(Hindered) as early:
        signing.take(seeded, sheet, "sign", office["head"], at("2022-04-30 23:00"))
    assert keys(early) == ["pay.month_not_over"]
    with pytest.raises(Hindered) as unsettled:
        signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    assert keys(unsettled) == ["pay.days_open"]
    assert unsettled.value.obstacles[0].slots["names"] == ["李桂香"]
    for role, place in (
        (Role.VILLAGE_CLERK, VILLAGE),
        (Role.TOWN_CLERK, "xinyan"),
        (Role.DISTRICT_APPROVER, "yanzhou"),
    ):
        with pytest.raises(Hindered) as not_theirs:
            signing.take(seeded, sheet, "sign", create_acting(seeded, role, place), at(SIGNS))
        assert keys(not_theirs) == ["obstacle.not_your_role"]
    neighbour = create_acting(seeded, Role.VILLAGE_HEAD, "v-xinyan-xinghualing")
    with pytest.raises(Hindered) as elsewhere:
        signing.take(seeded, sheet, "sign", neighbour, at(SIGNS))
    assert keys(elsewhere) == ["obstacle.not_your_place"]


def test_what_was_on_the_screen_is_what_is_signed(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    mark_days(seeded, worker)
    sheet = gather(seeded, office)
    seen = sheet.lines_sha256
    turn_absent(seeded, worker, date(2022, 4, 6))
    with pytest.raises(Hindered) as changed, seeded.begin_nested():
        signing.take(seeded, sheet, "sign", office["head"], at(SIGNS), Given(lines_sha256=seen))
    assert keys(changed) == ["pay.changed_meanwhile"]
    fresh = gather(seeded, office).lines_sha256
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS), Given(lines_sha256=fresh))


def test_signed_days_are_locked_and_let_go_when_the_sheet_comes_back(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    mark_days(seeded, worker)
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    seeded.expire_all()
    later = "UPDATE attendance_day SET counted = false, state = 'absent'"
    with pytest.raises((IntegrityError, OperationalError)), seeded.begin_nested():
        seeded.execute(text(later))
    with pytest.raises(Hindered) as wordless:
        signing.take(seeded, sheet, "return_to_village", office["town"], at(CHECKS))
    assert keys(wordless) == ["pay.reason_needed"]
    signing.take(seeded, sheet, "return_to_village", office["town"], at(CHECKS),
                 Given(reason="四月六日没来"))  # fmt: skip
    assert sheet.state == SheetState.GATHERING
    turn_absent(seeded, worker, date(2022, 4, 6))
    signing.take(seeded, sheet, "sign", office["head"], at(CHECKS))
    [line] = lines(seeded, sheet)
    assert line.paid_days == line.planned_days - 1


def test_four_eyes(seeded: Session) -> None:
    office = create_office(seeded)
    mark_days(seeded, create_worker(seeded))
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    head = office["head"].staff
    assert head is not None
    both = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    as_town = type(both)(role=Role.TOWN_CLERK, staff=head, region=both.region)
    with pytest.raises(Hindered) as same:
        signing.take(seeded, sheet, "check", as_town, at(CHECKS))
    assert keys(same) == ["obstacle.two_steps_by_one"]
    signing.take(seeded, sheet, "check", office["town"], at(CHECKS))
    town = office["town"].staff
    as_district = type(both)(
        role=Role.DISTRICT_APPROVER, staff=town, region=office["approver"].region
    )
    with pytest.raises(Hindered) as again:
        signing.take(seeded, sheet, "approve", as_district, at("2022-05-20 09:00"))
    assert keys(again) == ["obstacle.two_steps_by_one"]


def test_the_heads_own_line_and_kin_go_to_the_town(seeded: Session) -> None:
    office = create_office(seeded)
    own, kin, other = (create_worker(seeded, name=name) for name in ("计长河", "计小河", "王大成"))
    for one in (own, kin, other):
        mark_days(seeded, one)
    head = office["head"].staff
    assert head is not None
    head.person_id = own.person_id
    seeded.add(StaffKin(staff_id=head.id, person_id=kin.person_id, relation="弟", declared_at=NOW))
    seeded.flush()
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    theirs = {one.engagement_id: one.id for one in lines(seeded, sheet) if one.by_town}
    assert set(theirs) == {own.id, kin.id}
    with pytest.raises(Hindered) as unsigned:
        signing.take(seeded, sheet, "check", office["town"], at(CHECKS))
    assert keys(unsigned) == ["pay.countersign_needed"]
    with pytest.raises(Hindered):
        signing.take(seeded, sheet, "check", office["town"], at(CHECKS),
                     Given(countersigned=frozenset({theirs[own.id]})))  # fmt: skip
    signing.take(seeded, sheet, "check", office["town"], at(CHECKS),
                 Given(countersigned=frozenset(theirs.values())))  # fmt: skip
    assert sheet.state == SheetState.ON_VIEW


def test_the_town_and_the_district_keep_off_their_own(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    mark_days(seeded, worker)
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    town = office["town"].staff
    assert town is not None
    seeded.add(
        StaffKin(staff_id=town.id, person_id=worker.person_id, relation="嫂", declared_at=NOW)
    )
    seeded.flush()
    with pytest.raises(Hindered) as kin:
        signing.take(seeded, sheet, "check", office["town"], at(CHECKS))
    assert keys(kin) == ["pay.own_or_kin"]


def test_the_district_waits_for_the_workers(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    mark_days(seeded, worker, absent={6})
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    signing.take(seeded, sheet, "check", office["town"], at(CHECKS))
    assert sheet.dispute_until_on == date(2022, 5, 11)
    with pytest.raises(Hindered) as soon:
        signing.take(seeded, sheet, "approve", office["approver"], at("2022-05-11 23:00"))
    assert keys(soon) == ["pay.still_on_view", "pay.not_told"]
    with pytest.raises(Hindered) as untold:
        signing.take(seeded, sheet, "approve", office["approver"], at(APPROVES))
    assert keys(untold) == ["pay.not_told"]
    assert news.tell_results(seeded, at(CHECKS)) == 1
    assert news.tell_results(seeded, at(CHECKS)) == 0
    [line] = lines(seeded, sheet)
    contact = create_contact(seeded, person_id=worker.person_id)
    dispute = disputes.raise_dispute(seeded, line, "六号俺来了", contact, at("2022-05-10 08:00"))
    assert (
        disputes.raise_dispute(seeded, line, "俺有照片", contact, at("2022-05-10 09:00")) is dispute
    )
    assert dispute.words == "六号俺来了\n俺有照片"
    with pytest.raises(Hindered) as disputed:
        signing.take(seeded, sheet, "approve", office["approver"], at(APPROVES))
    assert keys(disputed) == ["pay.still_disputed"]
    with pytest.raises(Hindered):
        disputes.answer(seeded, dispute, upheld=False, words="x", acting=office["head"],
                        now=at(APPROVES))  # fmt: skip
    disputes.answer(seeded, dispute, upheld=False, words="照片是五号的", acting=office["town"],
                    now=at(APPROVES))  # fmt: skip
    with pytest.raises(Hindered) as twice:
        disputes.answer(seeded, dispute, upheld=True, words="x", acting=office["town"],
                        now=at(APPROVES))  # fmt: skip
    assert keys(twice) == ["pay.answered_already"]
    signing.take(seeded, sheet, "approve", office["approver"], at(APPROVES))
    with pytest.raises(Hindered) as late:
        disputes.raise_dispute(seeded, line, "不对", contact, at("2022-05-20 08:00"))
    assert keys(late) == ["pay.not_on_view"]


def test_after_the_lock_nothing_changes(seeded: Session) -> None:
    office = create_office(seeded)
    mark_days(seeded, create_worker(seeded))
    sheet = close(seeded, office)
    for statement in (
        "UPDATE month_line SET amount_fen = 1, shared_fen = 1",
        "DELETE FROM month_line",
        "UPDATE subsidy_record SET other_fen = 5, amount_fen = amount_fen + 5",
        "DELETE FROM subsidy_record",
        "UPDATE month_step SET act = 'x'",
        "UPDATE attendance_day SET minutes = 1",
    ):
        with pytest.raises((IntegrityError, OperationalError)), seeded.begin_nested():
            seeded.execute(text(statement))
    with pytest.raises(Hindered):
        signing.take(seeded, sheet, "approve", office["approver"], at("2022-06-20 09:00"))
    assert sheets.gather(seeded, APRIL, [sheet.region_id], at("2022-06-20 09:00")) == [sheet]
    assert seeded.scalars(select(MonthLine.amount_fen)).one() == 83_333


def test_a_record_reckoned_again_is_the_same_to_the_fen(seeded: Session) -> None:
    office = create_office(seeded)
    for number, name in enumerate(("甲一", "乙二", "丙三", "丁四")):
        mark_days(seeded, create_worker(seeded, name=name), absent=set(range(1, 1 + 4 * number)))
    sheet = close(seeded, office)
    found = seeded.scalars(select(SubsidyRecord)).all()
    assert len(found) == 4
    for record in found:
        assert records.reckon_again(record.snapshot, sheet.terms) == record.snapshot["result"]
        assert records.is_intact(record, sheet)
        forged = {**record.snapshot, "days": {"counted": "1"}}
        assert digest(forged) != record.sha256


def test_two_half_months_and_whole_ones_come_to_what_was_earned(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    months = [date(2022, month, 1) for month in range(4, 13)]
    months += [date(2023, month, 1) for month in range(1, 4)]
    for month_on in months:
        mark_days(seeded, worker, month_on=month_on)
        close(seeded, office, month_on)
    found = seeded.scalars(select(SubsidyRecord).order_by(SubsidyRecord.id)).all()
    assert sum(one.amount_fen for one in found) == 1_000_000
    assert sum(one.province_fen for one in found) == 400_000
    assert sum(one.city_fen for one in found) == 200_000
    assert sum(one.district_fen for one in found) == 400_000
    paid = pay(seeded, office, "2023-05-21 09:00")
    assert len(paid) == 12
    assert seeded.scalars(select(Payment.state).distinct()).all() == [PaymentState.PAID]


def test_nothing_is_written_to_the_phone_of_somebody_who_died(seeded: Session) -> None:
    office = create_office(seeded)
    alive, dead = create_worker(seeded), create_worker(seeded, name="王大成")
    for one in (alive, dead):
        mark_days(seeded, one)
    seeded.add(
        Exit(
            id=new_id(), engagement_id=dead.id, state=TermState.SET, state_at=NOW, opened_at=NOW,
            asked_by="village", cause=ExitCause.DIED, last_on=date(2022, 4, 29),
            reported_on=date(2022, 5, 1),
        )
    )  # fmt: skip
    sheet = close(seeded, office)
    assert sheet.state == SheetState.APPROVED
    told = seeded.scalars(select(Message.person_id).where(Message.kind == "month_whole")).all()
    assert told == [alive.person_id]
    paid = pay(seeded, office)
    assert len(paid) == 2
    news.tell_payments(seeded, at("2022-05-21 10:00"))
    news.ask_received(seeded, at("2022-05-17 10:00"))
    reached = set(seeded.scalars(select(Message.person_id)))
    assert dead.person_id not in reached


def test_a_follower_hears_of_the_month_by_card_and_short_message(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    create_contact(seeded, person_id=worker.person_id)  # wrote nothing for two days
    mark_days(seeded, worker, absent={6})
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    signing.take(seeded, sheet, "check", office["town"], at(CHECKS))
    assert news.tell_results(seeded, at(CHECKS)) == 1
    sent = {one.channel: one for one in seeded.scalars(select(Delivery))}
    assert set(sent) == {"template", "sms"}
    card = sent["template"]
    fields = load_cards()["month_result"].fill(json.loads(card.slots or ""))
    assert (card.key, fields["thing1"]) == ("card.month_result", "2022年4月岗位补贴")
    assert {name: fit_field(name, text) for name, text in fields.items()} == fields


def test_an_upheld_dispute_goes_back_is_put_right_and_told_again(seeded: Session) -> None:
    office = create_office(seeded)
    worker = create_worker(seeded)
    mark_days(seeded, worker, absent={6})
    sheet = gather(seeded, office)
    signing.take(seeded, sheet, "sign", office["head"], at(SIGNS))
    signing.take(seeded, sheet, "check", office["town"], at(CHECKS))
    news.tell_results(seeded, at(CHECKS))
    [line] = lines(seeded, sheet)
    short = line.amount_fen
    contact = create_contact(seeded, person_id=worker.person_id)
    dispute = disputes.raise_dispute(seeded, line, "六号俺来了", contact, at("2022-05-10 08:00"))
    disputes.answer(seeded, dispute, upheld=True, words="有录像", acting=office["town"],
                    now=at("2022-05-10 10:00"))  # fmt: skip
    back = Given(reason="六号来了，改过来")
    signing.take(seeded, sheet, "return_to_village", office["town"], at("2022-05-10 11:00"), back)
    turn_absent(seeded, worker, date(2022, 4, 6), EventKind.RULED_PRESENT)
    signing.take(seeded, sheet, "sign", office["head"], at("2022-05-10 14:00"))
    signing.take(seeded, sheet, "check", office["town"], at("2022-05-10 15:00"))
    assert news.tell_results(seeded, at("2022-05-10 15:00")) == 1
    [line] = lines(seeded, sheet)
    assert (line.amount_fen, line.told_fen) == (83_333, 83_333)
    assert short < line.amount_fen
    signing.take(seeded, sheet, "approve", office["approver"], at("2022-05-13 09:00"))
    assert sheet.state == SheetState.APPROVED
