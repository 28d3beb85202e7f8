"""Any month's pay by chat, what it all comes to, and what a month is worth."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from models import Engagement, MonthLine
from rules.months import add_months
from services.pay import mine
from tests.builders import at
from tests.services import month as stage
from tests.services.cross_checks.stage import hit_by_hand
from tests.talk import Talk
from tests.transcripts.pay_scenes import month, worked
from wording.hearing.days import hear_month, hear_rate, hear_total, hear_year_meant

FIRST, SECOND, LAST = date(2022, 4, 1), date(2022, 5, 1), date(2022, 11, 1)


@pytest.fixture
def worker(talk: Talk) -> Talk:
    """李桂香, eight months on a post, each paid."""
    talk.clock.at = at("2022-05-10 09:00")
    worked(talk, "6,7")
    office = stage.create_office(talk.session)
    engagement = talk.session.scalars(select(Engagement).where(Engagement.starts_on == FIRST)).one()
    for more in range(8):
        month_on = add_months(FIRST, more)
        if more:
            stage.mark_days(talk.session, engagement, month_on=month_on)
        stage.close(talk.session, office, month_on)
        when = stage.later("2022-05-21 09:00", more)
        stage.pay(talk.session, office, f"{when:%Y-%m-%d %H:%M}")
    talk.session.commit()
    talk.clock.at = at("2022-12-28 09:00")
    return talk


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("4月工资", "2022年4月：补贴753.97元"),
        ("今年五月发了多少补贴", "2022年5月：补贴833.33元"),
        ("上个月工资", "2022年11月：补贴"),
        ("3月工资", "2022年3月您还没上岗，2022年4月1日上的岗"),
        ("去年12月工资", "2021年12月您还没上岗"),
        ("12月工资", "12月还没过完"),
    ],
)
def test_the_month_that_is_named(worker: Talk, said: str, shown: str) -> None:
    assert shown in worker(said)


def test_a_month_of_which_no_account_is_known_says_so(worker: Talk) -> None:
    line = worker.session.scalars(select(MonthLine).where(MonthLine.month_on == SECOND)).one()
    assert line.locked_at is not None
    assert worker.session.scalars(select(MonthLine).where(MonthLine.month_on == LAST)).one()
    worker.clock.at = at("2023-02-02 09:00")
    assert "这里没查到2022年12月的" in worker("去年12月工资")


def test_back_from_month_to_month_and_to_the_newest(worker: Talk) -> None:
    shown = worker("补贴发了没")
    assert "2022年11月" in shown
    assert "2022年10月" in shown
    assert "1 看2022年9月的" in shown
    shown = worker("1")
    assert shown.startswith("2022年9月：补贴")
    assert "1 看2022年8月的\n2 看最近的\n3 找工作人员" in shown
    assert worker("2").startswith("2022年11月：补贴")


def test_the_first_month_leads_no_further_back(worker: Talk) -> None:
    assert "看2022年3月的" not in worker("4月工资")
    assert worker("1").startswith("2022年11月")


def test_what_it_all_comes_to(worker: Talk) -> None:
    told = worker("一共发了多少钱")
    assert "打到您卡上8个月的" in told
    assert "6587.30元" in told, "eight twelfths of 10,000 less two days of April"
    assert "2022年打到您卡上8个月的" in worker("今年领了多少钱")
    assert "2021年没有打到您卡上的钱" in worker("去年一共领了多少补贴")


def test_what_a_month_is_worth(worker: Talk) -> None:
    assert worker("我一天多少钱").startswith("您这个岗，一个月干满是833.33元")


def test_somebody_new_hears_what_a_month_is_worth(talk: Talk) -> None:
    talk.clock.at = at("2022-04-20 09:00")
    worked(talk)
    assert "一个月干满是833.33元" in talk("工资多少")


def test_money_that_a_list_holds_is_said_to_wait(talk: Talk) -> None:
    talk.clock.at = at("2022-05-21 09:00")
    worked(talk)
    month(talk, "approved")
    engagement = talk.session.scalars(select(Engagement).where(Engagement.starts_on == FIRST)).one()
    hit_by_hand(talk.session, engagement.person, talk.clock.at)
    (shown, *_) = mine.months(talk.session, engagement.person, talk.clock.at)
    assert (shown.where, shown.is_late) == (mine.Where.HELD, False)
    told = talk("补贴发了没")
    assert "先缓一缓" in told
    assert "晚了" not in told


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("去年12月发了多少", date(2023, 12, 1)),
        ("前年3月", date(2022, 3, 1)),
        ("今年12月的", date(2024, 12, 1)),
        ("12月的工资", date(2023, 12, 1)),
        ("去年的工资", None),
    ],
)
def test_years_are_heard_by_their_relative_names(said: str, first: date | None) -> None:
    assert hear_month(said, date(2024, 6, 5)) == first


@pytest.mark.parametrize(
    ("said", "year"), [("一共领了多少", None), ("去年发了多少", 2023), ("2022年一共发了多少", 2022)]
)
def test_a_sum_is_heard_with_its_year(said: str, year: int | None) -> None:
    assert hear_total(said)
    assert hear_year_meant(said, date(2024, 6, 5)) == year


@pytest.mark.parametrize("said", ["去年12月一共发了多少", "补贴发了没", "3月发了多少", "工资多少"])
def test_what_is_no_sum(said: str) -> None:
    assert not hear_total(said)


@pytest.mark.parametrize("said", ["一天多少钱", "一个月工资多少", "每月能拿多少"])
def test_a_rate_is_heard(said: str) -> None:
    assert hear_rate(said)
