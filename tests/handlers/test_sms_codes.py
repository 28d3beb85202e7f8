"""The codes of refusal by SMS (platform.md 8.4): everywhere, in any writing, at once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Contact
from tests.talk import Talk

PHONE = "13800000011"
CODES = (
    "R",
    "r",
    "Ｒ",
    "T",
    "TD",
    "td",
    "ＴＤ",
    "TD。",
    "退订",
    "退订！",
    "拒收",
    "回复R",
    "拒收请回复R",
)
FORMS = ((), ("俺想报名",), ("我要投诉", "村里不公平"), ("能不能报名",))


def has_opted_out(talk: Talk) -> bool:
    talk.session.expire_all()
    contact = talk.session.scalars(select(Contact).where(Contact.channel == "sms")).one()
    return contact.opted_out_at is not None


@pytest.mark.parametrize("form", FORMS, ids=["-".join(form) or "none" for form in FORMS])
@pytest.mark.parametrize("code", CODES)
def test_a_code_is_a_refusal_whatever_form_is_open(
    talk: Talk, code: str, form: tuple[str, ...]
) -> None:
    for text in form:
        talk(text, who=PHONE)
    talk(code, who=PHONE)
    assert has_opted_out(talk)


def test_a_bare_n_refuses_at_the_door_and_says_no_in_a_form(talk: Talk) -> None:
    talk("俺想报名", who=PHONE)
    talk("N", who=PHONE)
    assert not has_opted_out(talk)
    talk("N", who=PHONE)
    assert has_opted_out(talk)


@pytest.mark.parametrize("text", ["我想问问退订咋弄", "R2", "TT", "不退订"])
def test_words_around_a_code_are_no_code(talk: Talk, text: str) -> None:
    talk(text, who=PHONE)
    assert not has_opted_out(talk)


def test_by_wechat_a_letter_inside_a_form_refuses_nothing(talk: Talk) -> None:
    talk("我要投诉")
    talk("村里不公平")
    talk("R")
    assert "请回1到5里的一个数字" in talk("R")


def test_more_than_all_is_said_and_the_form_goes_on(talk: Talk) -> None:
    talk("俺想报名", who=PHONE)
    assert "同意，登记" in talk("更多", who=PHONE)
