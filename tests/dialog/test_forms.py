"""One turn of a form, case by case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from dialog import (
    Answers,
    Ask,
    Flow,
    Heard,
    Option,
    Reading,
    Reopen,
    Say,
    State,
    Suggest,
    Value,
    Wrong,
    open_form,
    prompt,
    step_back,
    turn,
)
from tests.dialog.forms import Filler, ask, only_if, pick

TWO = Flow("form", (ask("a"), ask("b")))


def keys(says: Sequence[Say]) -> list[str]:
    return [say.key for say in says]


def test_a_form_asks_its_first_question_with_a_numbered_menu() -> None:
    opened = open_form(TWO, {}, None)
    assert opened.says == (Say("form.ask_a", {"menu": ("x", "y", "z")}),)
    assert opened.finished is None


def test_what_is_known_is_not_asked() -> None:
    assert keys(open_form(TWO, {"a": "x"}, None).says) == ["form.ask_b"]
    assert open_form(TWO, {"a": "x", "b": "y"}, None).finished == {"a": "x", "b": "y"}


def test_a_slot_may_be_asked_once_only() -> None:
    with pytest.raises(ValueError, match="form"):
        Flow("form", (ask("a"), ask("a")))


def test_a_given_fact_is_kept_and_never_asked() -> None:
    flow = Flow("form", (ask("b", when=only_if("seed", "s")),), given=("seed",))
    assert keys(open_form(flow, {"seed": "s"}, None).says) == ["form.ask_b"]
    state = open_form(flow, {"seed": "s"}, None).state
    assert step_back(flow, state, None).state.answers == {"seed": "s"}
    assert open_form(flow, {}, None).finished == {}


def test_a_menu_of_one_answers_itself_where_the_question_says_so() -> None:
    flow = Flow("form", (ask("a", "x", alone=True), ask("b")))
    assert keys(open_form(flow, {}, None).says) == ["form.ask_b"]
    assert open_form(flow, {}, None).state.answers == {"a": "x"}


def test_back_goes_past_a_question_that_answers_itself() -> None:
    flow = Flow("form", (ask("a"), ask("b", "x", alone=True), ask("c")))
    filler = Filler(flow)
    filler.say("1")
    assert filler.asked == "c"
    filler.say("back")
    assert filler.asked == "a"


def test_a_number_keeps_the_meaning_it_had_when_the_menu_was_shown() -> None:
    shelf = ["x", "y"]

    def options(_answers: Answers, _desk: Any) -> Sequence[Option]:
        return [Option(name, name) for name in shelf]

    flow = Flow("form", (Ask("a", pick, options=options), ask("b")))
    shown = open_form(flow, {}, None).state
    shelf.insert(0, "new")
    assert turn(flow, shown, Heard(text="1"), None).state.answers == {"a": "x"}


def test_a_miss_says_why_and_asks_again() -> None:
    filler = Filler(TWO)
    missed = filler.say("huh")
    assert keys(missed.says) == ["form.wrong", "form.ask_a"]
    assert missed.missed


def test_a_complete_reason_is_not_followed_by_the_question() -> None:
    def read(_heard: Heard, _reading: Reading) -> Wrong:
        return Wrong(Say("form.say_it_so"), complete=True)

    flow = Flow("form", (Ask("a", read),))
    assert keys(Filler(flow).say("huh").says) == ["form.say_it_so"]


def test_the_third_miss_on_one_question_offers_a_person_and_an_answer_forgets_them() -> None:
    filler = Filler(TWO)
    offers = ["dialog.offer_person" in keys(filler.say("huh").says) for _ in range(4)]
    assert offers == [False, False, True, True]
    filler.say("1")
    assert "dialog.offer_person" not in keys(filler.say("huh").says)


def test_back_takes_the_last_answer_in_question_order() -> None:
    state = State(flow="form", answers={"b": "y", "a": "x"}, asked="c")
    flow = Flow("form", (ask("a"), ask("b"), ask("c")))
    assert step_back(flow, state, None).state.answers == {"a": "x"}


def test_back_on_the_first_question_says_so_and_asks_it_again() -> None:
    back = Filler(TWO).say("back")
    assert keys(back.says) == ["dialog.first_question", "form.ask_a"]
    assert not back.missed


def test_back_on_a_later_question_does_not_say_that_it_is_the_first() -> None:
    filler = Filler(TWO)
    filler.say("1")
    assert keys(filler.say("back").says) == ["form.ask_a"]


def test_what_answers_itself_or_was_given_is_no_question_to_go_back_to() -> None:
    flow = Flow("form", (ask("a", "x", alone=True), ask("b")), given=("seed",))
    filler = Filler(flow, {"seed": "s"})
    assert keys(filler.say("back").says) == ["dialog.first_question", "form.ask_b"]
    assert filler.turn.state.answers == {"seed": "s", "a": "x"}


def test_answers_that_no_longer_apply_are_not_handed_in() -> None:
    """The resident says rural, fills in, goes back and says urban."""
    flow = Flow("form", (ask("a"), ask("b", when=only_if("a", "x")), ask("c")))
    filler = Filler(flow)
    for text in ("1", "1", "back", "back", "2", "3"):
        filler.say(text)
    assert filler.turn.finished == {"a": "y", "c": "z"}


def test_a_correction_takes_the_answers_along_that_hung_on_it() -> None:
    def confirm(heard: Heard, _reading: Reading) -> Value | Reopen:
        return Reopen(("a",)) if heard.text == "1" else Value(True)

    flow = Flow("form", (ask("a"), ask("b", when=only_if("a", "x")), Ask("sure", confirm)))
    filler = Filler(flow)
    for text in ("1", "1", "1", "2"):
        filler.say(text)
    assert filler.asked == "sure"
    assert filler.turn.state.answers == {"a": "y"}
    assert filler.say("yes").finished == {"a": "y", "sure": True}


def test_a_correction_asks_only_the_slots_that_it_names_again() -> None:
    def confirm(heard: Heard, _reading: Reading) -> Value | Reopen:
        return Reopen(("a",)) if heard.text == "1" else Value(True)

    flow = Flow("form", (ask("a"), ask("b"), Ask("sure", confirm)))
    filler = Filler(flow)
    for text in ("1", "2", "1"):
        filler.say(text)
    assert filler.asked == "a"
    filler.say("3")
    assert filler.asked == "sure"
    assert filler.say("yes").finished == {"a": "z", "b": "y", "sure": True}


class TestASuggestion:
    """O for 0 in an ID number: shown first, taken only with a yes."""

    @staticmethod
    def read(heard: Heard, _reading: Reading) -> Value | Suggest | Wrong:
        if heard.text == "O":
            return Suggest("0", Say("form.did_you_mean"))
        return Value(heard.text) if heard.text == "7" else Wrong(Say("form.wrong"))

    def filler(self) -> Filler:
        return Filler(Flow("form", (Ask("a", self.read),)))

    def test_waits_for_a_yes(self) -> None:
        filler = self.filler()
        assert keys(filler.say("O").says) == ["form.did_you_mean"]
        state = filler.stored()
        done = turn(filler.flow, state, Heard(text="yes", affirms=True), None)
        assert done.finished == {"a": "0"}

    def test_is_dropped_by_another_answer(self) -> None:
        filler = self.filler()
        filler.say("O")
        assert filler.say("7").finished == {"a": "7"}

    def test_is_dropped_by_a_no(self) -> None:
        filler = self.filler()
        filler.say("O")
        no = turn(filler.flow, filler.stored(), Heard(text="no", affirms=False), None)
        assert no.missed
        yes = turn(filler.flow, no.state, Heard(text="yes", affirms=True), None)
        assert yes.finished is None

    def test_does_not_outlive_a_step_back(self) -> None:
        filler = self.filler()
        filler.say("O")
        filler.say("back")
        yes = turn(filler.flow, filler.stored(), Heard(text="yes", affirms=True), None)
        assert yes.finished is None


def test_a_question_that_is_gone_is_not_answered_by_mistake() -> None:
    filler = Filler(TWO)
    renamed = Flow("form", (ask("aa"), ask("b")))
    after = filler.say("1", to=renamed)
    assert after.state.answers == {}
    assert after.state.asked == "aa"
    assert not after.missed


def test_a_removed_question_takes_its_answer_along() -> None:
    filler = Filler(TWO)
    filler.say("1")
    done = filler.say("2", to=Flow("form", (ask("b"),)))
    assert done.finished == {"b": "y"}


def test_a_new_question_before_the_open_one_is_asked_next() -> None:
    filler = Filler(TWO)
    filler.say("1")
    grown = Flow("form", (ask("a"), ask("new"), ask("b")))
    after = filler.say("3", to=grown)
    assert after.state.answers == {"a": "x", "b": "z"}
    assert after.state.asked == "new"


def test_a_state_of_an_older_release_without_the_newer_fields_is_read() -> None:
    state = State.from_json({"flow": "form", "answers": {"a": "x"}})
    assert keys(prompt(TWO, state, None).says) == ["form.ask_b"]
