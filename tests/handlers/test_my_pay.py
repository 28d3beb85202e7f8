"""A worker's money by chat: what is kept, who sees it, what happens when it is said twice or at the
wrong time."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Message, MonthDispute, ReceivedQuestion, Ticket
from models.talk import TicketKind, TicketLevel
from services.pay import disputes, news
from tests.builders import at, region
from tests.services.month import VILLAGE
from tests.talk import Talk
from tests.transcripts.pay_scenes import month, worked


@pytest.fixture
def worker(talk: Talk) -> Talk:
    """李桂香, two days absent in April."""
    talk.clock.at = at("2022-05-10 09:00")
    worked(talk, "6,7")
    return talk


def test_the_result_is_told_before_it_is_paid_with_the_way_to_disagree(worker: Talk) -> None:
    month(worker, "on_view")
    [told] = worker.session.scalars(select(Message).where(Message.kind == "month_part"))
    assert told.slots is not None
    assert '"amount_fen": 75397' in told.slots
    assert "补贴不对" in worker("查补贴") or "数不对" in worker("查补贴")


def test_a_dispute_is_kept_once_and_told_to_the_town(worker: Talk) -> None:
    month(worker, "on_view")
    worker("补贴不对")
    assert "记下了" in worker("六号俺来了")
    worker("补贴算错了")
    worker("七号也来了")
    kept = worker.session.scalars(select(MonthDispute)).one()
    assert kept.words == "六号俺来了\n七号也来了"
    assert disputes.open_ones(worker.session, region(worker.session, "xinyan")) == [kept]
    assert disputes.open_ones(worker.session, region(worker.session, "xiaomeng")) == []


@pytest.mark.parametrize(
    ("state", "said"), [("signed", "还没算完"), ("approved", "时间过了"), ("paid", "时间过了")]
)
def test_a_dispute_at_the_wrong_time_says_so_and_offers_a_person(
    worker: Talk, state: str, said: str
) -> None:
    month(worker, state)
    worker.clock.at = at("2022-05-18 09:00")
    assert said in worker("补贴不对")
    assert worker.session.scalars(select(MonthDispute)).all() == []
    assert worker.session.scalars(select(Ticket)).all() == []
    worker("1")
    worker("六号俺来了，没记上")


def test_where_the_money_is(worker: Talk) -> None:
    month(worker, "at_bank")
    worker.clock.at = at("2022-05-13 10:00")
    assert "交给银行" in worker("补贴发了没")
    worker.clock.at = at("2022-05-25 10:00")
    assert "晚了" in worker("补贴发了没")


def test_taken_by_the_village_is_a_case_above_the_village(worker: Talk) -> None:
    month(worker, "paid")
    worker.clock.at = at("2022-05-17 11:00")
    assert "村里看不到" in worker("书记收走了")
    worker("村里收走了")
    cases = worker.session.scalars(select(Ticket)).all()
    assert {(one.kind, one.level) for one in cases} == {(TicketKind.POOLING, TicketLevel.DISTRICT)}
    assert cases[0].accused_region_id == region(worker.session, VILLAGE).id
    question = worker.session.scalars(select(ReceivedQuestion)).one()
    assert question.answer == "taken"
    assert news.ask_received(worker.session, at("2022-05-18 10:00")) == 0


def test_received_is_thanked_once(worker: Talk) -> None:
    month(worker, "paid")
    worker.clock.at = at("2022-05-17 11:00")
    assert "记下了" in worker("收到了")
    assert "知道了" in worker("收到了")
    assert worker.session.scalars(select(Ticket)).all() == []


def test_a_stranger_learns_nothing(worker: Talk) -> None:
    month(worker, "paid")
    for text in ("我的补贴", "补贴不对", "补贴发了没", "钱没收到"):
        reply = worker(text, who="赵无事")
        assert "753" not in reply
        assert "上岗记录" in reply


def test_by_sms_the_same_words_do(worker: Talk) -> None:
    month(worker, "on_view")
    reply = worker("查补贴", who="13800009999")
    assert "753" not in reply


@pytest.mark.parametrize("text", ["上个月工资", "4月多少钱", "上个月补贴是多少钱"])
def test_the_month_that_is_named_is_shown(worker: Talk, text: str) -> None:
    month(worker, "on_view")
    reply = worker(text)
    assert reply.startswith("2022年4月：补贴753.97元")


def test_a_month_without_an_account_is_said_to_have_none(worker: Talk) -> None:
    month(worker, "on_view")
    reply = worker("这个月钱多少")
    assert reply.startswith("5月还没过完")
    assert "2022年4月：补贴753.97元" in reply
    assert worker("2月多少钱").startswith("2022年2月您还没上岗")


@pytest.mark.parametrize("text", ["咋才这些", "钱咋这么少"])
def test_why_it_is_so_little(worker: Talk, text: str) -> None:
    month(worker, "on_view")
    assert "比全月833.33元少79.36元" in worker(text)


def test_a_question_in_a_dispute_of_pay_is_not_filed(worker: Talk) -> None:
    month(worker, "on_view")
    worker("补贴不对")
    assert "是理由，还是问事" in worker("上个月干了几天")
    reply = worker("2")
    assert "4月：该上工21天" in reply
    assert "回“继续”接着填" in reply
    assert "4月的哪里不对" in worker("继续")
    worker("六号俺来了")
    assert worker.session.scalars(select(MonthDispute)).one().words == "六号俺来了"
