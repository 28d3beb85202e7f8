"""The phrase book and the code fit: nothing is said that is not there, nothing is there unsaid."""

from __future__ import annotations

import re

import pytest

from bot.inbox import REPLY_LIMIT_BYTES
from tests.house.phrases import asked, mentioned, patterns, said
from wording import load_book

BOOK = load_book()

SAID_BY_NAME_ONLY: dict[str, str] = {}
"""Phrases whose key the code cannot show, by pattern, each with who says them."""


def test_every_phrase_that_is_said_is_in_the_book() -> None:
    missing = {f"{s.where} says {s.key}" for s in [*said(), *asked()] if s.key not in BOOK.phrases}
    assert not missing


def test_every_phrase_in_the_book_is_said() -> None:
    used = {s.key for s in [*said(), *asked()]} | mentioned()
    shapes = [*patterns(), *(re.compile(shape) for shape in SAID_BY_NAME_ONLY)]
    unsaid = [
        key
        for key in BOOK.phrases
        if key not in used and not any(shape.fullmatch(key) for shape in shapes)
    ]
    assert not unsaid


def test_every_slot_of_a_phrase_is_filled() -> None:
    unfilled = {
        f"{s.where} says {s.key} without {', '.join(sorted(lacking))}"
        for s in [*said(), *asked()]
        if s.slots is not None and s.key in BOOK.phrases
        if (lacking := BOOK.slots_of(s.key) - s.slots)
    }
    assert not unfilled


def test_no_exception_is_for_nothing() -> None:
    for shape in SAID_BY_NAME_ONLY:
        assert any(re.fullmatch(shape, key) for key in BOOK.phrases), shape


@pytest.mark.parametrize("key", sorted(BOOK.phrases))
def test_a_phrase_is_fit_to_send(key: str) -> None:
    for channel, text in BOOK.phrases[key].items():
        assert text, f"{key} {channel} is empty"
        assert channel in {"", "wechat", "sms"}
        assert len(text.encode()) <= REPLY_LIMIT_BYTES
        assert "\t" not in text
        assert not re.search(r"[ \u3000]$", text, re.MULTILINE), "a space at the end of a line"
