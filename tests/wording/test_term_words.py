"""What asks to leave, to stay, to explain; and what only asks about it (requirements 5)."""

from __future__ import annotations

from datetime import date

import pytest

from wording.hearing import hear_service
from wording.hearing.matters import is_about
from wording.hearing.term_words import hear_past_day

RESIGNS = "俺不想干了 我不干了 干不动了，不干了 俺要辞岗 腿不中了，退岗"
RESIGNS_NOT = (
    "不干了补贴咋算 要是不干了还能再报不 俺不是不想干 他不干了 到期不干了有补偿没 "
    "辞职要提前几天说吗 俺不辞 不干了咋办手续"
)
EXTENDS = "俺想接着干 三年满了还能接着干不 能续期不 言期咋办 俺还想继续干"
EXTENDS_NOT = "俺不想续了 不愿意再干了 他想接着干"


@pytest.mark.parametrize("text", RESIGNS.split())
def test_this_asks_to_leave(text: str) -> None:
    assert is_about("resigns", text)


@pytest.mark.parametrize("text", RESIGNS_NOT.split())
def test_this_only_asks_about_leaving(text: str) -> None:
    assert not is_about("resigns", text)


@pytest.mark.parametrize("text", EXTENDS.split())
def test_this_is_about_staying(text: str) -> None:
    assert is_about("extends", text)


@pytest.mark.parametrize("text", EXTENDS_NOT.split())
def test_this_is_not_about_staying(text: str) -> None:
    assert not is_about("extends", text)


@pytest.mark.parametrize(
    ("text", "service"),
    [("接着干", "term_extend"), ("俺不干了", "term_resign"), ("不辞了", "term_take_back"),
     ("我要说明", "term_explain"), ("期限", "term_end"), ("找活", "followup"),
     ("报空岗", "staff_vacancy")],
)  # fmt: skip
def test_the_words_that_our_replies_teach(text: str, service: str) -> None:
    assert hear_service(text) == service


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", date(2023, 5, 10)),
        ("夜来", date(2023, 5, 9)),
        ("前天。", date(2023, 5, 8)),
        ("5月3号", date(2023, 5, 3)),
        ("3号", date(2023, 5, 3)),
        ("12号", date(2023, 4, 12)),
        ("31号", None),
        ("12月1日", date(2022, 12, 1)),
        ("2023-05-01", date(2023, 5, 1)),
        ("2024年5月1日", None),
        ("2月30号", None),
        ("明天", None),
        ("不知道", None),
    ],
)
def test_a_day_that_is_over(text: str, day: date | None) -> None:
    assert hear_past_day(text, date(2023, 5, 10)) == day
