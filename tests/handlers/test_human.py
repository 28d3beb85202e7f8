"""Words left for a call back, numbers asked for, despair, and what a message gives away besides."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from dialog import Heard
from handlers.counter import Asked
from handlers.desk import Desk
from handlers.signals import attend
from models import Contact, Ticket
from models.talk import TicketKind
from tests.builders import NOW, at
from tests.talk import OFFICE, Talk
from tests.transcripts.scenes import bound, writer
from wording import load_book


def all_tickets(talk: Talk) -> list[Ticket]:
    return list(talk.session.scalars(select(Ticket).order_by(Ticket.number)))


def heard(talk: Talk, intent: str, text: str, *signals: str, in_form: bool = False) -> str:
    """What the signals of a message bring about before any counter speaks."""
    contact = writer(talk)
    desk = Desk(
        session=talk.session,
        contact_id=contact.id,
        channel=contact.channel,
        now=NOW,
        office=OFFICE,
    )
    asked = Asked(intent, Heard(text=text), signals=frozenset(signals))
    says = attend(desk, asked, in_form=in_form)
    talk.session.flush()
    return load_book().render(says, "wechat")


def test_words_are_kept_sealed_with_the_number_to_call(talk: Talk) -> None:
    talk("转人工")
    talk("俺想问问俺娘低保的事，办了仨月了")
    reply = talk("幺三八零零零零零零零五")
    (ticket,) = all_tickets(talk)
    assert ticket.kind == TicketKind.HELP
    assert ticket.words == "俺想问问俺娘低保的事,办了仨月了"
    assert ticket.phone == "13800000005"
    assert ticket.number in reply
    assert "13800000005" not in reply
    assert ticket.due_on is not None
    assert f"{ticket.due_on.month}月{ticket.due_on.day}日" in reply


def test_whoever_is_known_is_not_asked_for_a_number(talk: Talk) -> None:
    bound(talk)
    talk("转人工")
    assert "尾号0001" in talk("俺想问问俺娘低保的事")
    talk("转人工", who="13800000031")
    assert "尾号0031" in talk("想问问报名的事", who="13800000031")
    assert [ticket.phone for ticket in all_tickets(talk)] == ["13800000001", "13800000031"]


@pytest.mark.parametrize("word", ["不留", "没有", "不", "没手机"])
def test_no_number_is_an_answer(talk: Talk, word: str) -> None:
    talk("转人工")
    talk("俺想问问俺娘低保的事")
    assert "就在这里回您" in talk(word)
    assert all_tickets(talk)[0].phone is None


@pytest.mark.parametrize("word", ["12345", "好", "1380000000", "找村里要"])
def test_what_is_no_number_is_asked_again_and_nothing_is_lost(talk: Talk, word: str) -> None:
    talk("转人工")
    talk("俺想问问俺娘低保的事")
    assert "回“不留”" in talk(word)
    talk("0537-3410000")
    assert all_tickets(talk)[0].phone == "05373410000"


def test_a_photo_and_an_empty_message_are_asked_for_words(talk: Talk) -> None:
    talk("转人工")
    assert "打几个字" in talk.photo()
    assert "打几个字" in talk("")
    talk("俺想问问" + "这个事" * 300)
    talk("不留")
    words = all_tickets(talk)[0].words
    assert words is not None
    assert len(words) == 500


def test_leaving_the_same_words_twice_is_one_ticket(talk: Talk) -> None:
    for _ in range(2):
        talk("转人工")
        talk("俺想问问俺娘低保的事")
        talk("不留")
    assert len(all_tickets(talk)) == 1


def test_a_town_that_is_named_gets_the_ticket(talk: Talk) -> None:
    talk("转人工")
    talk("龙桥街道的人咋不接电话")
    talk("不留")
    (ticket,) = all_tickets(talk)
    assert ticket.region is not None
    assert ticket.region.code == "longqiao"


def test_asking_for_a_number_opens_no_form(talk: Talk) -> None:
    reply = talk("书记电话多少")
    assert OFFICE.district_phone in reply
    assert all_tickets(talk) == []
    assert "您有啥事" in talk("1")


@pytest.mark.parametrize(
    ("when", "open_now"),
    [
        ("2022-04-06 08:59", False),
        ("2022-04-06 09:00", True),
        ("2022-04-06 17:00", False),
        ("2022-04-05 10:00", False),  # Tomb-sweeping day
        ("2022-04-02 10:00", True),  # a Saturday that works
        ("2022-04-09 10:00", False),
    ],
)
def test_the_telephone_keeps_the_working_calendar(talk: Talk, when: str, open_now: bool) -> None:
    talk.clock.at = at(when)
    assert ("这会儿有人接" in talk("转人工")) is open_now


def test_where_the_calendar_is_unknown_nothing_is_claimed(talk: Talk) -> None:
    talk.clock.at = at("2090-01-02 10:00")
    reply = talk("转人工")
    assert "这会儿" not in reply
    assert "工作日" in reply
    talk("俺想问问俺娘低保的事")
    assert "会尽快给您回话" in talk("不留")


def test_despair_is_answered_at_once_and_urgent(talk: Talk) -> None:
    bound(talk)
    reply = talk("活不下去了，找谁都不管，你们给个人说说话吧")
    assert "12356" in reply
    assert "120" in reply
    (ticket,) = all_tickets(talk)
    assert ticket.kind == TicketKind.DISTRESS
    assert ticket.urgent
    assert ticket.level == "town"
    assert ticket.due_on == NOW.date()
    assert ticket.words
    assert "能办的事" in talk("菜单")  # no form was opened


def test_despair_within_a_form_is_comforted_too(talk: Talk) -> None:
    reply = heard(talk, "human", "活不下去了", "despair", in_form=True)
    assert "12356" in reply
    assert heard(talk, "human", "活不下去了", "despair") == ""  # that counter answers it itself
    assert [ticket.kind for ticket in all_tickets(talk)] == [TicketKind.DISTRESS]


@pytest.mark.parametrize("intent", ["unsubscribe", "unclear", "progress", "human", "pay"])
def test_a_death_told_in_passing_silences_the_number(talk: Talk, intent: str) -> None:
    assert "节哀" in heard(talk, intent, "我爹去世了，别再发了", "death")
    contact = talk.session.scalars(select(Contact)).one()
    assert contact.quiet_at is not None
    (ticket,) = all_tickets(talk)
    assert ticket.kind == TicketKind.DEATH_CHECK
    heard(talk, intent, "我爹去世了，别再发了", "death")
    assert len(all_tickets(talk)) == 1


def test_the_death_of_a_worker_told_by_the_village_is_checked(talk: Talk) -> None:
    reply = heard(talk, "confirm", "有个公益岗的老头没了，昨天的事", "death")
    (ticket,) = all_tickets(talk)
    assert ticket.kind == TicketKind.DEATH_CHECK
    assert ticket.number in reply
    assert writer(talk).quiet_at is None


@pytest.mark.parametrize("intent", ["complaint", "objection", "accident"])
def test_somebody_elses_death_silences_nobody(talk: Talk, intent: str) -> None:
    assert heard(talk, intent, "名单上有个人早死了还领着钱呢", "death") == ""
    assert writer(talk).quiet_at is None
    assert all_tickets(talk) == []


def test_leave_for_a_funeral_keeps_the_messages(talk: Talk) -> None:
    assert "节哀" in heard(talk, "leave", "老家有白事得去三天", "death")
    assert writer(talk).quiet_at is None


@pytest.mark.parametrize("in_form", [False, True])
def test_a_hint_of_pooled_pay_is_kept_in_silence(talk: Talk, in_form: bool) -> None:
    words = "书记说钱先放村里，这对不对"
    assert heard(talk, "pay", words, "pooling", in_form=in_form) == ""
    (ticket,) = all_tickets(talk)
    assert ticket.kind == TicketKind.POOLING
    assert ticket.level == "district"
    assert ticket.words == words
