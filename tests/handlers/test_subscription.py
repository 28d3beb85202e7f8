"""A refusal acts once it is confirmed; nothing else does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from dialog import Heard
from handlers.counter import Asked, Outcome
from handlers.desk import Desk
from handlers.signals import attend
from handlers.subscription import open_subscription
from models import Contact, Ticket
from models.talk import TicketKind
from tests.builders import NOW
from tests.talk import OFFICE, Talk
from tests.transcripts.scenes import writer


def stopped(talk: Talk) -> bool:
    talk.session.expire_all()
    return talk.session.scalars(select(Contact)).one().opted_out_at is not None


@pytest.mark.parametrize("text", ["退订", "别给俺发了", "不要再发短信了", "停止接收"])
def test_a_refusal_is_asked_back_in_one_step(talk: Talk, text: str) -> None:
    reply = talk(text)
    assert "不再给您发通知" in reply
    assert "结果、到期、安全" in reply
    assert not stopped(talk)
    talk("1")
    assert stopped(talk)
    talk("恢复通知")
    assert not stopped(talk)


@pytest.mark.parametrize("code", ["TD", "T"])
def test_by_sms_the_code_alone_is_enough(talk: Talk, code: str) -> None:
    assert "恢复" in talk(code, who="13800000011")
    assert stopped(talk)


@pytest.mark.parametrize(
    "text",
    [
        "别退订，俺就是问问咋退订",
        "怎么关闭推送",
        "夜里别发，俺睡觉嘞",
        "以后只发短信别发微信",
        "取消",
        "我妈已经不干了，别再给她发打卡提醒",
    ],
)
def test_a_question_a_wish_and_a_bare_cancel_stop_nothing(talk: Talk, text: str) -> None:
    talk(text)
    assert not stopped(talk)


@pytest.mark.parametrize("answer", ["2", "不", "算了", "9"])
def test_anything_but_a_yes_stops_nothing(talk: Talk, answer: str) -> None:
    talk("退订")
    talk(answer)
    assert not stopped(talk)


def test_after_a_condolence_nothing_more_is_asked(talk: Talk) -> None:
    contact = writer(talk)
    desk = Desk(
        session=talk.session,
        contact_id=contact.id,
        channel=contact.channel,
        now=NOW,
        office=OFFICE,
    )
    asked = Asked(
        "unsubscribe", Heard(text="我爹去世了，别再发了"), act=True, signals=frozenset({"death"})
    )
    assert attend(desk, asked)
    assert open_subscription(desk, asked) == Outcome()
    assert contact.quiet_at is not None


def test_bad_input_is_asked_again(talk: Talk) -> None:
    talk("退订")
    assert "回1到2" in talk("啥？")
    assert "打几个字" in talk.photo()
    assert "打几个字" in talk("")
    assert not stopped(talk)


def test_a_bare_cancel_asks_what(talk: Talk) -> None:
    assert "撤回报名" in talk("取消")
    assert "不再给您发通知" in talk("1")


def test_a_wish_for_one_channel_is_kept_for_staff(talk: Talk) -> None:
    reply = talk("以后只发短信别发微信")
    ticket = talk.session.scalars(select(Ticket)).one()
    assert ticket.kind == TicketKind.PREFERENCE
    assert ticket.number in reply


def test_the_quiet_hours_are_said_as_they_are(talk: Talk) -> None:
    assert "20:30到07:30" in talk("夜里别发，俺睡觉嘞")
    assert talk.session.scalars(select(Ticket)).all() == []
