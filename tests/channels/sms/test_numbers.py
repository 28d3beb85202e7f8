from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.sms.gateway import segments
from channels.sms.numbers import Phone, read_mobile, read_phone


@pytest.mark.parametrize(
    "text",
    [
        "13800001234",
        "+8613800001234",
        "8613800001234",
        "008613800001234",
        "+86 138 0000 1234",
        "86-138-0000-1234",
        "(+86)13800001234",
        "１３８００００１２３４",
        "＋８６　１３８　００００　１２３４",
        " 138 0000 1234\n",
        "138.0000.1234",
    ],
)
def test_a_mobile_number_has_many_spellings(text: str) -> None:
    assert read_phone(text) == Phone("mobile", "13800001234")
    assert read_mobile(text) == "13800001234"


@pytest.mark.parametrize(
    "text",
    [
        "0537-3412345",
        "05373412345",
        "（0537）3412345",
        "０５３７－３４１２３４５",
        "+86 537 3412345",
        "86-0537-3412345",
    ],
)
def test_a_landline_is_a_contact_and_takes_no_message(text: str) -> None:
    assert read_phone(text) == Phone("landline", "0537-3412345")
    assert read_mobile(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "86",
        "110",
        "3412345",
        "1380000123",
        "138000012345",
        "12800001234",
        "10800001234",
        "00861380000123",
        "13800001234,13800001235",
        "俺的号是13800001234",
        "1380000l234",
        "+1 650 253 0000",
        "37089919770615002",
        "٠١٢٣٤٥٦٧٨٩٠",
    ],
)
def test_what_is_not_one_number_is_none(text: str) -> None:
    assert read_phone(text) is None


@given(st.text())
def test_any_text_is_a_number_or_none(text: str) -> None:
    phone = read_phone(text)
    assert phone is None or read_phone(phone.number) == phone


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_mobile_number_is_itself(number: str) -> None:
    assert read_mobile(number) == read_mobile(f"+86{number}") == number


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("字" * 70, 1),
        ("字" * 71, 2),
        ("a" * 134, 2),
        ("a" * 135, 3),
        ("😊" * 35, 1),
        ("😊" * 36, 2),
    ],
)
def test_a_text_is_charged_by_utf16_units(text: str, parts: int) -> None:
    assert segments(text) == parts
