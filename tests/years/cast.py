"""Who works in the village from 2022-04 to 2025-06, and what becomes of them.

The invented truth: who came on which days. The product hears of it as letters from phones, clicks
of the village head and entries of the clock; the ledger reads it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from rules import calendar
from rules.months import add_months, end_of_month

FIRST, LAST = date(2022, 4, 1), date(2025, 6, 30)
RATE_BEFORE, RATE_AFTER, RATE_ROSE_ON = 190_000, 201_000, date(2023, 10, 1)
STORM = (date(2022, 7, 18), date(2022, 7, 19))
"""The district stops work, with pay."""
OUTAGE = date(2024, 2, 5)
"""No message arrived all day; the head confirms who was there."""


@dataclass(frozen=True)
class Worker:
    """One person. `away`: days of work on which they were not there and are not paid for;
    `excused`: days of leave that are paid."""

    name: str
    from_on: date
    until_on: date
    """The last day for which they must be paid."""
    track: str = "rural"
    away: frozenset[date] = frozenset()
    excused: frozenset[date] = frozenset()

    def was_there(self, day: date) -> bool:
        on_post = self.from_on <= day <= self.until_on
        return on_post and is_work(day) and day not in self.away | self.excused

    def paid_days(self, month_on: date) -> int:
        return sum(
            self.from_on <= day <= self.until_on and day not in self.away
            for day in work_days(month_on)
        )

    def is_on(self, month_on: date) -> bool:
        return self.from_on <= end_of_month(month_on) and self.until_on >= month_on


def days(first: date, last: date) -> frozenset[date]:
    return frozenset(first + timedelta(days=more) for more in range((last - first).days + 1))


def is_work(day: date) -> bool:
    return calendar.is_working_day(day)


def work_days(month_on: date) -> list[date]:
    every = days(month_on, end_of_month(month_on))
    return sorted(day for day in every if is_work(day))


def months() -> list[date]:
    return [add_months(FIRST, more) for more in range(39)]


FORGOT_AND_BACKFILLED = date(2022, 9, 20)
DISPUTE_WON, DISPUTE_LOST = date(2022, 10, 12), date(2022, 11, 9)
FOUND_LATER = date(2023, 1, 10)
"""Counted as absent, and put right by the district after the month had been approved."""
DIED_ON = date(2023, 11, 3)
RESIGNED_LAST_ON = date(2023, 6, 15)

STEADY = Worker("周玉兰", FIRST, date(2025, 3, 31))
"""Never missed a day; not extended."""
EXTENDED = Worker("吴桂英", date(2022, 4, 15), LAST)
"""Began in the middle of a month; extended in 2025."""
MISSING = Worker(
    "郑秋菊", FIRST, date(2025, 3, 31),
    away=frozenset({date(2022, 5, 10), date(2022, 5, 11), DISPUTE_LOST}),
)  # fmt: skip
"""Missed days, forgot one, disputed two."""
ON_LEAVE = Worker(
    "孙爱荣", FIRST, date(2025, 3, 31),
    away=days(date(2023, 3, 13), date(2023, 3, 14)),
    excused=days(date(2022, 8, 8), date(2022, 8, 10)),
)  # fmt: skip
URBAN = Worker("钱素梅", FIRST, date(2025, 3, 31), track="urban",
               away=frozenset({date(2022, 6, 8)}))  # fmt: skip
DECEASED = Worker("冯守田", FIRST, DIED_ON)
"""Somebody went on checking in with the phone until the end of that month."""
LEAVER = Worker("陈来喜", FIRST, RESIGNED_LAST_ON)
SUCCESSOR = Worker("褚春来", date(2023, 7, 3), LAST)
WRONG_ACCOUNT = Worker("卫大山", FIRST, date(2025, 3, 31))
"""September 2022 came back from the bank."""
UNDECIDED = Worker("蒋秀云", date(2022, 5, 1), date(2025, 4, 30))
"""Asked to stay; nobody decided before the term was over."""

ALL = (STEADY, EXTENDED, MISSING, ON_LEAVE, URBAN, DECEASED, LEAVER, SUCCESSOR, WRONG_ACCOUNT,
       UNDECIDED)  # fmt: skip
