"""The phrase book: how slots read, what is refused, and how a long reply is cut."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog import Say
from wording.book import Book, WordingError, _read, load_book, sheet


def book(**phrases: str) -> Book:
    return Book({f"t.{name}": {"": text} for name, text in phrases.items()})


@pytest.mark.parametrize(
    ("template", "slots", "text"),
    [
        ("到{closes_on}", {"closes_on": "2022-04-30"}, "到2022年4月30日"),
        ("到{closes_on}", {"closes_on": date(2022, 4, 5)}, "到2022年4月5日"),
        ("{pay_fen}", {"pay_fen": 83334}, "833.34元"),
        ("{pay_fen}", {"pay_fen": 5}, "0.05元"),
        ("{pay_fen}", {"pay_fen": 0}, "0.00元"),
        ("差{missing}", {"missing": ("甲", "乙")}, "差甲、乙"),
        ("差{missing}", {"missing": []}, "差"),
        ("{menu}", {"menu": ("甲", "乙")}, "1 甲\n2 乙"),
        ("{n}", {"n": 0}, "0"),
        ("{name}", {"name": "{menu}"}, "{menu}"),
    ],
)
def test_how_a_slot_reads(template: str, slots: dict[str, Any], text: str) -> None:
    assert book(x=template).text("t.x", **slots) == text


def test_a_phrase_may_hold_phrases() -> None:
    phrases = book(outer="下一步：{inner}", inner="回“{word}”", item="甲")
    say = Say("t.outer", {"inner": Say("t.inner", {"word": "好"})})
    assert phrases.render((say,), "wechat") == "下一步：回“好”"
    menu = Say("t.outer", {"inner": (Say("t.item"), Say("t.item"))})
    assert phrases.render((menu, Say("t.item")), "wechat") == "下一步：甲、甲\n甲"


def test_each_channel_has_its_words() -> None:
    phrases = Book({"t.x": {"wechat": "点菜单", "sms": "回0"}, "t.y": {"wechat": "只此"}})
    assert phrases.text("t.x", "wechat") == "点菜单"
    assert phrases.text("t.x", "sms") == "回0"
    assert phrases.text("t.y", "sms") == "只此"


@pytest.mark.parametrize("say", [Say("t.none"), Say("t.x"), Say("t.x", {"b": 1})])
def test_a_missing_phrase_or_slot_is_an_error_and_no_half_sentence(say: Say) -> None:
    with pytest.raises(WordingError, match=say.key):
        book(x="{a}").render((say,), "wechat")


def test_the_slots_of_a_phrase_are_known() -> None:
    phrases = Book({"t.x": {"wechat": "{a}和{b}", "sms": "{c}"}})
    assert phrases.slots_of("t.x") == {"a", "b", "c"}


@pytest.mark.parametrize("text", ["a: 甲\na: 乙\n", "- 甲\n", "a:\n  sms: 甲\n  sms: 乙\n"])
def test_a_page_with_a_key_twice_or_no_keys_is_refused(text: str) -> None:
    with pytest.raises(WordingError):
        _read(text, "page.yaml")


def test_the_book_is_read_once_and_has_no_empty_phrase() -> None:
    assert load_book() is load_book()
    assert all(text for channels in load_book().phrases.values() for text in channels.values())


@given(st.text(alphabet="岗位。；，\nabc 😀", max_size=400), st.integers(8, 300))
def test_a_long_reply_is_cut_and_nothing_is_lost(text: str, limit: int) -> None:
    first, rest = sheet(text, limit)
    assert len(first.encode()) <= limit
    kept = "".join((first + rest).split())
    assert kept == "".join(text.split())
    if len(text.encode()) <= limit:
        assert (first, rest) == (text, "")


@given(st.text(alphabet="岗位。\n", min_size=1, max_size=600))
def test_every_sheet_of_a_long_reply_can_be_reached(text: str) -> None:
    sheets, rest = [], text
    while rest:
        first, rest = sheet(rest, 60)
        sheets.append(first)
        assert len(sheets) < 200
    assert "".join("".join(sheets).split()) == "".join(text.split())


def test_a_cut_falls_at_the_end_of_a_line_or_sentence() -> None:
    assert sheet("第一句话在这里。第二句话在这里。", 40) == ("第一句话在这里。", "第二句话在这里。")
    assert sheet("第一行在这里\n第二行在这里", 30) == ("第一行在这里", "第二行在这里")
