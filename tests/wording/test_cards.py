"""Cards: their fields exist, and hold the longest values that they can get."""

from __future__ import annotations

import pytest

from channels.wechat.cards import KINDS, fit_field
from wording.book import WordingError
from wording.cards import Card, load_cards, load_mini_cards

CARDS = load_cards()
MINI = load_mini_cards()


@pytest.mark.parametrize("card", [*CARDS.values(), *MINI.values()], ids=lambda card: card.title)
def test_a_card_holds_its_longest_values_uncut(card: Card) -> None:
    filled = card.fill(card.longest)
    assert {field.rstrip("0123456789") for field in filled} <= set(KINDS)
    for field, text in filled.items():
        assert fit_field(field, text) == text


def test_a_missing_slot_is_named_and_one_too_many_is_left_out() -> None:
    with pytest.raises(WordingError, match="number"):
        CARDS["case_news"].fill({"name": "李**"})
    filled = CARDS["case_news"].fill({"name": "李**", "number": "7", "more": 1})
    assert filled["thing1"] == "李**的公益岗报名"


def test_the_mini_program_has_every_card_with_the_same_slots_and_asks_for_no_answer_below() -> None:
    assert {name: card.slots for name, card in MINI.items()} == {
        name: card.slots for name, card in CARDS.items()
    }
    for card in MINI.values():
        answers = [text for text in card.fields.values() if "回" in text]
        assert all("公众号" in text for text in answers), card.name


def test_a_month_reads_as_money_and_days() -> None:
    slots = {"year": 2022, "month": 4, "amount_fen": 85000, "until_on": "2022-05-12"}
    filled = CARDS["month_result"].fill({**slots, "days": 22})
    assert filled["thing1"] == "2022年4月岗位补贴"
    assert filled["amount2"] == "850.00元"
    assert filled["thing3"] == "2022年5月12日前可回“补贴不对”"
