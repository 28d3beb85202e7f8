"""Numbers of bank cards: read as people write them, checked, never corrected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import bank_card
from tests.builders import card_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("6222 0212 3456 7894", "6222021234567894"),
        ("6222-0212-3456-7894", "6222021234567894"),
        ("６２２２0212", "62220212"),
        ("6222O212", "6222O212"),
        ("", ""),
    ],
)
def test_a_number_is_brought_into_form(text: str, number: str) -> None:
    assert bank_card.normalise(text) == number


@pytest.mark.parametrize(
    ("number", "holds"),
    [
        ("4111111111111111", True),
        ("4111111111111112", False),
        ("79927398713", False),  # checks, but is no card's length
        ("622202123456789O", False),
        ("六二二二", False),
        ("", False),
    ],
)
def test_the_check_digit(number: str, holds: bool) -> None:
    assert bank_card.holds(number) is holds


@given(st.text(alphabet="0123456789", min_size=12, max_size=18), st.integers(1, 9), st.data())
def test_one_wrong_digit_is_always_seen(body: str, by: int, data: st.DataObject) -> None:
    number = card_number(body)
    assert bank_card.holds(number)
    at = data.draw(st.integers(0, len(number) - 1))
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert not bank_card.holds(wrong)
