"""Three invented years of one village by the time machine: every fen accounted for, and everybody
told everything once."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models import (
    ClawBack,
    Engagement,
    EngagementStatus,
    MonthLine,
    MonthSheet,
    Payment,
    RecordKind,
    SubsidyRecord,
)
from models.pay_steps import ClawBackState, PaymentState
from rules.months import add_months
from services.pay import funds, records
from tests.years import cast, notices, report
from tests.years.ledger import Account, Due, rounded, total
from tests.years.play import Village, play

Amount = tuple[int, int, int, int]


def expected() -> dict[tuple[str, date], Due]:
    """What each worker must get for each month, by the ledger."""
    dues: dict[tuple[str, date], Due] = {}
    for worker in cast.ALL:
        account = Account()
        for month_on in cast.months():
            if not worker.is_on(month_on) and not _was_paid_wrongly(worker, month_on):
                continue
            paid, planned = _days(worker, month_on), len(cast.work_days(month_on))
            if worker.track == "urban":
                rate = cast.RATE_BEFORE if month_on < cast.RATE_ROSE_ON else cast.RATE_AFTER
                due = account.urban(worker.name, month_on, paid, planned, rate)
            else:
                due = account.rural(worker.name, month_on, paid, planned)
            dues[worker.name, month_on] = due
    return dues


def _was_paid_wrongly(worker: cast.Worker, month_on: date) -> bool:
    return worker is cast.DECEASED and month_on == date(2023, 11, 1)


def _days(worker: cast.Worker, month_on: date) -> int:
    if _was_paid_wrongly(worker, month_on):
        return len(cast.work_days(month_on))  # nobody knew yet, and another hand checked in
    return worker.paid_days(month_on)


def recorded(session: Session, village: Village) -> dict[tuple[str, date], Amount]:
    """The product's records: corrections added to what they correct."""
    names = {key: name for name, key in village.engagements.items()}
    sums: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for record in session.scalars(select(SubsidyRecord)):
        cell = sums[names[record.engagement_id], record.month_on]
        parts = (record.amount_fen, record.province_fen, record.city_fen, record.district_fen)
        for place, fen in enumerate(parts):
            cell[place] += fen or 0
    return {key: (cell[0], cell[1], cell[2], cell[3]) for key, cell in sums.items()}


@pytest.mark.timeout(1200)
def test_every_fen_of_three_years_is_accounted_for(sessions: sessionmaker[Session]) -> None:
    village = play(sessions)
    with sessions() as session:
        months_come_to_what_the_plan_says(session, village)
        the_correction_moved_one_day(session, village)
        the_bank_paid_each_record_once(session, village)
        the_files_add_up(session, village)
        what_was_paid_for_a_dead_man_came_back(session)
        whoever_was_left_undecided_is_not_paid(session, village)
        every_record_can_be_reckoned_again(session)
        notices.nothing_was_told_twice(session)
        notices.every_evening_said_how_the_day_stands(session, village)
        notices.every_end_was_announced_at_its_stages(session, village)
        notices.every_payment_was_told(session)
        the_ledgers_of_the_years_agree(session)
        the_report_is_what_was_read_last(report.written(session))


def every_record_can_be_reckoned_again(session: Session) -> None:
    """From its frozen snapshot alone, to the same fen."""
    sheets = {one.id: one for one in session.scalars(select(MonthSheet))}
    months = session.scalars(select(SubsidyRecord).where(SubsidyRecord.kind == RecordKind.POST))
    for record in months:
        sheet = sheets[session.get_one(MonthLine, record.line_id).sheet_id]
        assert records.is_intact(record, sheet)
        assert records.reckon_again(record.snapshot, sheet.terms) == record.snapshot["result"]


def the_ledgers_of_the_years_agree(session: Session) -> None:
    for track in funds.TRACKS:
        years = [funds.year(session, year, track) for year in range(2022, 2026)]
        mine = select(func.sum(SubsidyRecord.amount_fen)).where(SubsidyRecord.track == track)
        assert sum(one.paid_fen for one in years) == session.scalar(mine)
        assert all(one.paid_fen == one.committed_fen for one in years)
        assert all(
            sum(one.parts) == (one.committed_fen if track == "rural" else 0) for one in years
        )


def the_report_is_what_was_read_last(text: str) -> None:
    if os.environ.get("GYG_REPORT"):
        report.FILE.write_text(text, "utf-8")
    assert text == report.FILE.read_text("utf-8")


def months_come_to_what_the_plan_says(session: Session, village: Village) -> None:
    dues, found = expected(), recorded(session, village)
    wanted = {
        key: (due.fen, due.province_fen, due.city_fen, due.district_fen)
        for key, due in dues.items()
        if due.fen
    }
    paid_months = {key: amount for key, amount in found.items() if amount[0]}
    corrected = {(cast.MISSING.name, month) for month in _carried_by_the_correction()}
    assert paid_months.keys() == wanted.keys()
    wrong = {
        key: (paid_months[key], wanted[key])
        for key in wanted
        if key not in corrected and paid_months[key] != wanted[key]
    }
    assert wrong == {}
    for worker in cast.ALL:
        mine = [due for (name, _), due in dues.items() if name == worker.name]
        theirs = [amount for (name, _), amount in found.items() if name == worker.name]
        assert tuple(map(sum, zip(*theirs, strict=True))) == total(mine), worker.name
    first_year = [dues[cast.STEADY.name, add_months(cast.FIRST, more)] for more in range(12)]
    assert total(first_year) == (1_000_000, 400_000, 200_000, 400_000)


def _carried_by_the_correction() -> set[date]:
    """January was first paid a day short, and February and March 2023 were reckoned on that: a fen
    may stand in another month than in the ledger, which knew the truth from the start."""
    return {add_months(date(2023, 1, 1), more) for more in range(3)}


def the_correction_moved_one_day(session: Session, village: Village) -> None:
    january = date(2023, 1, 1)
    rows = session.scalars(
        select(SubsidyRecord)
        .where(
            SubsidyRecord.engagement_id == village.engagements[cast.MISSING.name],
            SubsidyRecord.month_on == january,
        )
        .order_by(SubsidyRecord.approved_at)
    ).all()
    one_day = Fraction(1_000_000, 12) / len(cast.work_days(january))
    assert len(rows) == 2
    assert abs(rows[1].amount_fen - rounded(one_day)) <= 1


def the_bank_paid_each_record_once(session: Session, village: Village) -> None:
    by_state = Counter(session.scalars(select(Payment.state)))
    assert by_state[PaymentState.FAILED] == 1
    assert by_state.keys() == {PaymentState.FAILED, PaymentState.PAID}
    per_record = session.execute(
        select(Payment.record_id, func.sum(Payment.amount_fen), func.count())
        .where(Payment.state == PaymentState.PAID)
        .group_by(Payment.record_id)
    ).all()
    assert {count for _, _, count in per_record} == {1}
    amounts = {record.id: record.amount_fen for record in session.scalars(select(SubsidyRecord))}
    assert {record: fen for record, fen, _ in per_record} == {
        record: fen for record, fen in amounts.items() if fen > 0
    }
    late = session.scalars(
        select(Payment)
        .join(SubsidyRecord, Payment.record_id == SubsidyRecord.id)
        .where(
            SubsidyRecord.engagement_id == village.engagements[cast.WRONG_ACCOUNT.name],
            SubsidyRecord.month_on == date(2022, 9, 1),
        )
        .order_by(Payment.id)
    ).all()
    assert [one.state for one in late] == [PaymentState.FAILED, PaymentState.PAID]
    assert late[0].account_id != late[1].account_id


def the_files_add_up(session: Session, village: Village) -> None:
    """What stands in the files for the bank is what was paid, and the one payment that failed."""
    in_files = 0
    for text in village.files:
        for row in list(csv.reader(io.StringIO(text)))[1:]:
            yuan, fen = row[5].split(".")
            in_files += int(yuan) * 100 + int(fen)
    paid = session.scalar(
        select(func.sum(Payment.amount_fen)).where(Payment.state == PaymentState.PAID)
    )
    failed = session.scalar(
        select(func.sum(Payment.amount_fen)).where(Payment.state == PaymentState.FAILED)
    )
    assert in_files == (paid or 0) + (failed or 0)
    assert paid == sum(due.fen for due in expected().values())


def what_was_paid_for_a_dead_man_came_back(session: Session) -> None:
    november = date(2023, 11, 1)
    due = expected()[cast.DECEASED.name, november]
    after = sum(day > cast.DIED_ON for day in cast.work_days(november))
    claim = session.scalars(select(ClawBack)).one()
    assert claim.amount_fen == due.fen * after // len(cast.work_days(november))
    assert (claim.state, claim.received_fen) == (ClawBackState.SETTLED, claim.amount_fen)


def whoever_was_left_undecided_is_not_paid(session: Session, village: Village) -> None:
    held = session.get_one(Engagement, village.engagements[cast.UNDECIDED.name])
    assert held.status == EngagementStatus.UNDECIDED
    ended = session.get_one(Engagement, village.engagements[cast.STEADY.name])
    assert (ended.status, ended.ended_on) == (EngagementStatus.ENDED, date(2025, 3, 31))
    stays = session.get_one(Engagement, village.engagements[cast.EXTENDED.name])
    assert (stays.status, stays.ends_on) == (EngagementStatus.ON_POST, date(2025, 12, 31))
