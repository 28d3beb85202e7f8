"""Understood, answered where the plan speaks, and never recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from models import Base, Ticket
from tests.talk import Talk

TALK_ITSELF = {"contact", "conversation", "inbound"}


def rows(talk: Talk) -> dict[str, int]:
    return {
        table.name: talk.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
        if table.name not in TALK_ITSELF
    }


@pytest.mark.parametrize(
    "text",
    [
        "上工了",
        "打卡",
        "到了到了 六点半就到了",
        "下班了签退",
        "俺明天请一天假",
        "今天都到了",
        "全部确认",
        "忘了打卡了夜来，能补不",
        "打打卡" * 160,
    ],
)
def test_nothing_is_recorded_and_it_says_so(talk: Talk, text: str) -> None:
    talk("您好")
    before = rows(talk)
    reply = talk(text)
    assert rows(talk) == before
    assert "没记上" in reply or "没有您的上岗记录" in reply


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("十二月的钱几号给", "按月发"),
        ("城里的岗跟农村的岗钱一样吗", "政府补贴"),
        ("俺不是要请假 就问问请假扣钱不", "没写咋扣"),
        ("三年满了还能接着干不", "适当延长"),
        ("满三年能换个村再干三年吗", "3年是按人算的"),
        ("创业贷款贴息咋申请", "贷款贴息"),
        ("退下来没收入了有啥救助", "社会救助"),
        ("书记说钱先放村里，这对不对", "别人不能收"),
    ],
)
def test_a_question_is_answered_from_the_plan(talk: Talk, text: str, said: str) -> None:
    assert said in talk(text)


@pytest.mark.parametrize(("text", "choice"), [("上工了", "2"), ("今天都到了", "1")])
def test_a_person_is_one_number_away(talk: Talk, text: str, choice: str) -> None:
    talk(text)
    assert "您有啥事" in talk(choice)


def test_the_other_half_of_a_message_is_not_lost(talk: Talk) -> None:
    talk("签到，另外刚才老刘从沟里掉下去了")
    for answer in ("1", "老刘", "说不清"):
        talk(answer)
    assert "没记上" in talk("没有")
    assert len(talk.session.scalars(select(Ticket)).all()) == 1
