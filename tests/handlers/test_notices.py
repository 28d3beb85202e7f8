"""Notices by chat, objections, and taking one back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from models import Objection, PublicNotice, PublicNoticeItem, Ticket
from models.talk import TicketKind
from services import objections as objections_service
from services import tickets
from tests.builders import region
from tests.talk import Talk
from tests.transcripts.scenes import bound


def objections(talk: Talk) -> list[Ticket]:
    kind = Ticket.kind == TicketKind.OBJECTION
    return list(talk.session.scalars(select(Ticket).where(kind).order_by(Ticket.number)))


WHOLE = "不是说哪个人"


def object_to_the_notice(talk: Talk, *, named: str, line: str = WHOLE) -> str:
    talk("名单里那个人不符合条件")
    talk("杏花岭")
    talk(line)
    return talk(named)


def many_listed(talk: Talk, count: int) -> PublicNotice:
    """So many more people on the seeded notice; the last, 田兰花, reads like 田秀花 when masked."""
    notice = talk.session.scalars(select(PublicNotice)).one()
    notice.items += [
        PublicNoticeItem(
            name=f"冯{'甲乙丙丁戊己庚辛壬癸'[order % 10]}山" if order < count - 1 else "田兰花",
            village_id=notice.region_id,
            post_name="护林绿化员",
            number_tail=f"{5000 + order}",
        )
        for order in range(count)
    ]
    talk.session.commit()
    return notice


@pytest.mark.parametrize("text", ["公益岗公示 杏花岭", "看公示，新兖镇的", "杏花岭的公示名单"])
def test_no_full_name_is_shown(talk: Talk, text: str) -> None:
    reply = talk(text)
    assert "田*花" in reply
    for item in talk.session.scalars(select(PublicNotice)).one().items:
        assert item.name not in reply
    assert not re.search(r"\d{11}", reply)


def test_a_known_resident_is_not_asked_for_the_village(talk: Talk) -> None:
    bound(talk)
    assert "田*花" in talk("公示")


def test_a_scanned_code_is_enough(talk: Talk) -> None:
    talk.event("subscribe", "v-xinyan-xinghualing")
    assert "田*花" in talk("公示")


def test_an_unknown_village_leads_to_a_person_in_the_end(talk: Talk) -> None:
    talk("公示")
    assert "没找到这个村" in talk("火星村")
    talk("水星村")
    assert "人工" in talk("土星村")


def test_a_photo_or_nothing_where_a_village_is_asked(talk: Talk) -> None:
    talk("公示")
    assert "打几个字" in talk.photo()
    assert "打几个字" in talk("")
    assert "没找到" in talk("村" * 500)
    assert "田*花" in talk("杏花岭")


def test_the_menu_under_a_notice_leads_on(talk: Talk) -> None:
    talk("公示")
    talk("杏花岭")
    assert "护林绿化员，3人" in talk("2")  # the village is not asked for again
    talk("公示")
    assert "名单里哪个人" in talk("1")


def test_after_the_window_no_posts_are_offered(talk: Talk) -> None:
    talk.wait(days=30)
    talk("哪个村缺人 都有啥岗")
    assert "没有开着的招人公告" in talk("杏花岭")


def test_an_objection_knows_its_notice_and_stops_it(talk: Talk) -> None:
    reply = object_to_the_notice(talk, named="2")
    (ticket,) = objections(talk)
    notice = talk.session.scalars(select(PublicNotice)).one()
    assert ticket.notice_id == notice.id
    assert ticket.closed_at is None
    assert ticket.number in reply
    assert ticket.anonymous
    assert not tickets.may_see(ticket, region(talk.session, "v-xinyan-xinghualing"))
    assert tickets.may_see(ticket, region(talk.session, "xinyan"))


@pytest.mark.parametrize("said", ["1", "田秀花", "0017", "第一个"])
def test_one_that_names_a_person_stops_nobody_else(talk: Talk, said: str) -> None:
    reply = object_to_the_notice(talk, named="2", line=said)
    (ticket,) = objections(talk)
    (objection,) = talk.session.scalars(select(Objection)).all()
    assert (objection.ticket_id, objection.item.name) == (ticket.id, "田秀花")
    assert ticket.anonymous
    assert ticket.contact_id is None
    assert "别人的照常走" in reply
    assert list(talk.session.scalars(objections_service.unassigned_on(ticket.notice_id))) == []


@pytest.mark.parametrize(
    ("said", "answer"),
    [("9", "没对上"), ("张大山", "没对上"), ("9999", "没对上"), ("俺不知道", "没对上")],
)
def test_nobody_of_that_name_or_number(talk: Talk, said: str, answer: str) -> None:
    talk("名单里那个人不符合条件")
    talk("杏花岭")
    reply = talk(said)
    assert answer in reply
    assert "1 田*花" in reply
    assert "留不留名" in talk("1")


def test_a_long_list_is_shown_page_by_page(talk: Talk) -> None:
    many_listed(talk, 30)
    talk("名单里那个人不符合条件")
    first = talk("杏花岭")
    assert "5005）\n9 往下看，还有24个人" in first
    second = talk("9")
    assert "（收件号后四位5006）" in second.split("\n")[1]
    assert "还有16个人" in second
    third = talk("9")
    assert "往下看" not in third
    assert "不止一个" in talk("田秀花")  # 田秀花 and 田兰花 read alike on the web
    talk("5029")
    talk("2")
    (objection,) = talk.session.scalars(select(Objection)).all()
    assert objection.item.name == "田兰花"


def test_the_same_words_twice_are_one_objection(talk: Talk) -> None:
    object_to_the_notice(talk, named="2", line="1")
    object_to_the_notice(talk, named="2", line="1")
    assert len(objections(talk)) == 1
    assert len(talk.session.scalars(select(Objection)).all()) == 1


def test_from_under_a_notice_its_place_is_known(talk: Talk) -> None:
    talk("看公示，新兖镇的")
    reply = talk("1")
    assert "名单里哪个人" in reply
    assert "哪个村" not in reply


def test_taking_back_one_that_stopped_somebody_leaves_it_to_the_town(talk: Talk) -> None:
    object_to_the_notice(talk, named="2", line="1")
    talk("俺撤回意见，弄错人了")
    assert "镇街看过以后" in talk("1")


def test_only_its_writer_takes_an_objection_back(talk: Talk) -> None:
    object_to_the_notice(talk, named="2")
    assert "没有还在核的意见" in talk("俺撤回意见，弄错人了", who="王大成")
    talk("俺撤回意见，弄错人了")
    assert "收回了" in talk("1")
    (ticket,) = objections(talk)
    assert ticket.closed_as == "withdrawn"
    assert ticket.notice_id is not None
    assert ticket.closed_at is not None


def test_where_nothing_hangs_an_objection_is_still_heard(talk: Talk) -> None:
    talk("名单里那个人不符合条件")
    talk("石桥头")
    assert "收到了" in talk("2")
    assert objections(talk)[0].notice_id is None


def test_a_question_how_to_object_opens_nothing(talk: Talk) -> None:
    assert "可以匿名" in talk("怎么提异议")
    assert objections(talk) == []
    assert "哪个村" in talk("1")
