"""Above the accused, never seen by them, anonymous when asked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Ticket
from services import tickets
from tests.builders import region
from tests.talk import Talk
from tests.transcripts.scenes import bound

VILLAGE, TOWN, DISTRICT = "v-xinyan-xinghualing", "xinyan", "yanzhou"
MATTER = "天天让俺给书记家拔草，这也算公益岗？"


def last(talk: Talk) -> Ticket:
    return talk.session.scalars(select(Ticket).order_by(Ticket.number.desc())).first() or Ticket()


def seen_by(talk: Talk, ticket: Ticket) -> set[str]:
    offices = (VILLAGE, TOWN, DISTRICT)
    return {code for code in offices if tickets.may_see(ticket, region(talk.session, code))}


@pytest.mark.parametrize(
    ("answers", "level", "seen"),
    [
        (("1", "杏花岭", "2"), "town", {TOWN, DISTRICT}),
        (("2", "杏花岭", "2"), "district", {DISTRICT}),
        (("2", "新兖镇", "2"), "district", {DISTRICT}),
        (("3", "2"), "supervision", set()),
        (("4", "杏花岭", "2"), "town", {TOWN, DISTRICT}),
        (("5", "2"), "district", {DISTRICT}),
        (("1", "说不准", "2"), "district", {DISTRICT}),
    ],
)
def test_the_office_above_the_accused_gets_it(
    talk: Talk, answers: tuple[str, ...], level: str, seen: set[str]
) -> None:
    assert "说的是哪里的人" in talk(MATTER)
    for answer in answers:
        reply = talk(answer)
    ticket = last(talk)
    assert ticket.level == level
    assert seen_by(talk, ticket) == seen
    assert ticket.number in reply
    assert ticket.words is not None
    assert "拔草" in ticket.words


def test_anonymous_is_anonymous_in_the_row_and_can_be_asked_for(talk: Talk) -> None:
    bound(talk)
    talk(MATTER)
    talk("1")
    talk("是")
    reply = talk("2")
    ticket = last(talk)
    assert ticket.anonymous
    assert ticket.contact_id is None
    assert ticket.phone is None
    assert f"举报 {ticket.number}" in reply
    assert "还在办" in talk(f"举报 {ticket.number}")
    assert "没查到" in talk(f"举报 {ticket.number}", who="王大成")


def test_with_a_name_the_known_phone_goes_along(talk: Talk) -> None:
    bound(talk)
    talk(MATTER)
    talk("1")
    talk("是")
    talk("1")
    assert last(talk).phone == "13800000001"
    assert last(talk).contact_id is not None


def test_a_bare_wish_is_asked_for_the_matter(talk: Talk) -> None:
    assert "是啥事" in talk("俺要举报")
    assert "多说两句" in talk("嗯")
    assert "打几个字" in talk.photo()
    assert "打几个字" in talk("")
    talk("村里" + "一直不公开名单，" * 100)
    talk("5")
    talk("2")
    words = last(talk).words
    assert words is not None
    assert len(words) <= 500


def test_a_question_about_names_is_answered_before_anything_is_asked(talk: Talk) -> None:
    assert "能匿名" in talk("举报能匿名不，怕打击报复")


def test_a_menu_number_out_of_range_is_asked_again(talk: Talk) -> None:
    talk(MATTER)
    assert "1到5" in talk("9")
    assert "哪个村" in talk("1")


def test_told_twice_is_one_ticket(talk: Talk) -> None:
    for _ in range(2):
        for words in (MATTER, "5", "2"):
            talk(words)
    assert len(talk.session.scalars(select(Ticket)).all()) == 1
