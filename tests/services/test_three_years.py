"""王家庄 from April 2022 to June 2025: thirty-nine months closed and paid one after the other, and
every fen accounted for by arithmetic that knows nothing of the service."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Engagement, MonthLine, MonthSheet, Payment, SubsidyRecord
from rules.months import add_months
from services.pay import batches, funds, records, results
from tests.services.month import (
    APRIL,
    close,
    create_office,
    create_worker,
    later,
    mark_days,
    months_between,
    result_file,
    working_days,
)

MONTHS = [add_months(APRIL, more) for more in range(39)]
PEOPLE = {
    "从头干到尾": (date(2022, 4, 1), date(2026, 3, 31), 0),
    "三年整": (date(2022, 4, 1), date(2025, 3, 31), 0),
    "常缺勤": (date(2022, 4, 1), date(2025, 3, 31), 4),
    "半道来的": (date(2023, 7, 18), date(2026, 7, 17), 1),
}
"""Who, from when to when, and how many days a month they miss."""


def absences(month_on: date, missed: int, shuffle: random.Random) -> set[int]:
    days = [day.day for day in working_days(month_on)]
    return set(shuffle.sample(days, min(missed, len(days))))


def test_every_fen_of_three_years(seeded: Session) -> None:
    shuffle = random.Random(2022)
    office = create_office(seeded)
    earned: dict[str, Fraction] = dict.fromkeys(PEOPLE, Fraction(0))
    workers: dict[str, Engagement] = {}
    for month_on in MONTHS:
        for name, (starts_on, ends_on, missed) in PEOPLE.items():
            if starts_on > add_months(month_on, 1) or ends_on < month_on:
                continue
            if name not in workers and starts_on < add_months(month_on, 1):
                workers[name] = create_worker(
                    seeded, name=name, starts_on=starts_on, ends_on=ends_on
                )
            if name not in workers:
                continue
            first = starts_on.day if starts_on > month_on else 1
            absent = absences(month_on, missed, shuffle)
            mark_days(seeded, workers[name], month_on=month_on, absent=absent, from_day=first)
            came = [day for day in working_days(month_on)
                    if day.day >= first and day.day not in absent]  # fmt: skip
            earned[name] += Fraction(len(came), len(working_days(month_on)))
        close(seeded, office, month_on)
        when = later("2022-05-21 09:00", months_between(APRIL, month_on))
        batch = batches.make(seeded, "rural", office["clerk"], when)
        results.read(seeded, result_file(seeded, batch), office["clerk"], when)
        seeded.expire_all()
    for name, months in earned.items():
        expected = months * 1_000_000 / 12
        got = seeded.execute(
            select(
                func.sum(SubsidyRecord.amount_fen), func.sum(SubsidyRecord.province_fen),
                func.sum(SubsidyRecord.city_fen), func.sum(SubsidyRecord.district_fen),
            ).where(SubsidyRecord.engagement_id == workers[name].id)
        ).one()  # fmt: skip
        amount, province, city, district = (int(fen) for fen in got)
        assert abs(amount - expected) <= Fraction(1, 2), name
        assert abs(province - Fraction(amount * 40, 100)) <= Fraction(1, 2), name
        assert abs(city - Fraction(amount * 20, 100)) <= Fraction(1, 2), name
        assert province + city + district == amount, name
    three_years = seeded.scalar(
        select(func.sum(SubsidyRecord.amount_fen)).where(
            SubsidyRecord.engagement_id == workers["三年整"].id
        )
    )
    assert three_years == 3 * 1_000_000
    paid = seeded.scalar(select(func.sum(Payment.amount_fen)).where(Payment.state == "paid"))
    approved = seeded.scalar(select(func.sum(SubsidyRecord.amount_fen)))
    by_year = [funds.year(seeded, year, "rural") for year in range(2022, 2026)]
    assert paid == approved == sum(one.paid_fen for one in by_year)
    assert all(sum(one.parts) == one.committed_fen for one in by_year)
    sheets = {one.id: one for one in seeded.scalars(select(MonthSheet))}
    assert len(sheets) == len(MONTHS)
    for record in seeded.scalars(select(SubsidyRecord)):
        sheet = sheets[seeded.get_one(MonthLine, record.line_id).sheet_id]
        assert records.is_intact(record, sheet)
        assert records.reckon_again(record.snapshot, sheet.terms) == record.snapshot["result"]
