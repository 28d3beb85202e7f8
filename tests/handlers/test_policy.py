"""From the plan with its clause, asked back where unsure, a ticket where the plan is silent."""

from __future__ import annotations

from sqlalchemy import select

from models import Ticket
from models.talk import TicketKind
from tests.talk import Talk


def questions(talk: Talk) -> list[Ticket]:
    return list(talk.session.scalars(select(Ticket).order_by(Ticket.number)))


def test_what_the_plan_says_comes_with_its_clause(talk: Talk) -> None:
    talk("政策")
    assert "方案三（三）" in talk("能干几年")
    assert questions(talk) == []


def test_what_nobody_has_ruled_is_said_to_be_so(talk: Talk) -> None:
    talk("政策")
    reply = talk("公示几天")
    assert "5个工作日" in reply
    assert "方案没写这条" in reply


def test_an_unsure_question_is_asked_back(talk: Talk) -> None:
    talk("政策")
    assert "您是不是想问" in talk("协议跟村里签还是跟镇里签")
    assert "三（六）" in talk("1")
    assert questions(talk) == []


def test_none_of_these_becomes_a_ticket_with_the_words(talk: Talk) -> None:
    talk("政策")
    talk("协议跟村里签还是跟镇里签")
    assert "转工作人员" in talk("4")
    (ticket,) = questions(talk)
    assert ticket.kind == TicketKind.QUESTION
    assert ticket.words == "协议跟村里签还是跟镇里签"


def test_what_the_plan_does_not_say_is_not_made_up(talk: Talk) -> None:
    for _ in range(2):
        talk("政策")
        reply = talk("俺家的狗丢了归你们管不")
    (ticket,) = questions(talk)
    assert ticket.number in reply
    assert "方案三" not in reply


def test_bad_input_asks_for_words(talk: Talk) -> None:
    talk("政策")
    assert "打几个字" in talk.photo()
    assert "打几个字" in talk("")
    assert "打几个字" in talk.voice("") or "没听清" in talk.voice("")
    assert "转工作人员" in talk("嗡" * 500)


def test_veterans_are_referred(talk: Talk) -> None:
    talk("政策")
    assert "退役军人事务局" in talk("我是退伍兵，岗位咋弄")
