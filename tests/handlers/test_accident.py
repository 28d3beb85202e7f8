"""People first; the ticket is there before the form is done; insurance is no accident."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Ticket
from models.talk import TicketKind
from services import tickets
from tests.builders import NOW, region
from tests.talk import Talk
from tests.transcripts.scenes import bound

FIRST = "先顾人"


def accidents(talk: Talk) -> list[Ticket]:
    kind = Ticket.kind == TicketKind.ACCIDENT
    return list(talk.session.scalars(select(Ticket).where(kind).order_by(Ticket.number)))


@pytest.mark.parametrize(
    "text",
    [
        "中暑了",
        "打药熏着了头晕",
        "签到，另外刚才老刘从沟里掉下去了",
        "俺扫地叫车碰了",
        "俺老头从房上摔下来了，现在有保险吗",
    ],
)
def test_the_first_words_are_for_the_hurt_and_the_ticket_is_open_already(
    talk: Talk, text: str
) -> None:
    assert talk(text).startswith(FIRST)
    (ticket,) = accidents(talk)
    assert ticket.urgent
    assert ticket.due_on == NOW.date()
    assert ticket.words is not None


def test_the_form_adds_to_the_open_ticket_and_sends_it_to_the_village(talk: Talk) -> None:
    talk("刚才老刘从沟里掉下去了")
    for answer in ("3", "老刘", "杏花岭", "13800000007"):
        reply = talk(answer)
    (ticket,) = accidents(talk)
    assert ticket.number in reply
    assert reply.startswith("现在就打120")
    assert ticket.words == "刚才老刘从沟里掉下去了\n老刘\n杏花岭"
    assert ticket.answers == {"care": "nobody"}
    assert ticket.phone == "13800000007"
    assert ticket.level == "village"
    for office in ("v-xinyan-xinghualing", "xinyan", "yanzhou"):
        assert tickets.may_see(ticket, region(talk.session, office))
    assert not tickets.may_see(ticket, region(talk.session, "v-xinyan-wangjiazhuang"))


def test_whoever_stops_answering_is_still_on_the_list(talk: Talk) -> None:
    bound(talk)
    talk("俺扫地叫车碰了")
    talk("菜单")
    (ticket,) = accidents(talk)
    assert ticket.level == "village"
    assert ticket.closed_at is None


def test_a_place_that_nobody_knows_is_kept_in_words(talk: Talk) -> None:
    talk("俺扫地叫车碰了")
    for answer in ("4", "我", "说不清，河边", "没有"):
        reply = talk(answer)
    (ticket,) = accidents(talk)
    assert "打120！打不通" not in reply
    assert ticket.words is not None
    assert "河边" in ticket.words
    assert ticket.level == "district"


def test_the_same_accident_told_twice_is_one_ticket_and_another_is_another(talk: Talk) -> None:
    talk("俺扫地叫车碰了")
    talk("菜单")
    talk("俺扫地叫车碰了")
    assert len(accidents(talk)) == 1
    for answer in ("1", "我", "说不清", "没有"):
        talk(answer)
    talk("老刘从沟里掉下去了")
    assert len(accidents(talk)) == 2


def test_a_photo_an_empty_message_and_a_long_one_lose_nothing(talk: Talk) -> None:
    talk("俺扫地叫车碰了" + "疼得厉害，" * 100)
    assert "人现在咋样" in talk.photo()
    assert "人现在咋样" in talk("")
    (ticket,) = accidents(talk)
    assert ticket.words is not None
    assert len(ticket.words) <= 500


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("给俺买保险了没有", "统一给买"),
        ("保险单在哪看", "问镇街人社所"),
        ("意外险咋理赔", "帮您办理赔"),
        ("干活让狗咬了打针的钱谁出", "帮您办理赔"),
        ("住院花了三千多咋报销", "帮您办理赔"),
    ],
)
def test_a_question_about_insurance_is_answered_with_its_clause(
    talk: Talk, text: str, said: str
) -> None:
    reply = talk(text)
    assert said in reply
    assert "三（六）" in reply
    assert FIRST not in reply
    assert accidents(talk) == []
    assert talk("1").startswith(FIRST)


def test_an_accident_comes_before_an_open_form_which_goes_on(talk: Talk) -> None:
    talk("条件")
    assert talk("俺老头子从树上摔下来了，流血了，快点来人").startswith(FIRST)
    for answer in ("1", "老头", "说不清"):
        talk(answer)
    assert "给谁问" in talk("没有")
