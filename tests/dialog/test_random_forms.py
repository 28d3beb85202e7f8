"""The laws of a form, for forms and talks at random (design.md 3)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dialog import Flow
from tests.dialog.forms import Filler, facts, flows, messages


@given(flows(), messages)
def test_a_question_is_asked_only_where_it_applies_and_is_open(flow: Flow, said: list[str]) -> None:
    filler = Filler(flow)
    for text in said:
        if filler.is_done:
            break
        ask = flow.ask(filler.asked)
        assert ask is not None
        live = flow.live(filler.turn.state.answers)
        assert ask.slot not in live
        assert ask.when(live)
        filler.say(text)


@given(flows(), facts, messages)
def test_a_finished_form_holds_every_answer_that_applies_and_no_other(
    flow: Flow, known: dict[str, str], said: list[str]
) -> None:
    filler = Filler(flow, known)
    for text in [*said, *["1"] * len(flow.asks)]:
        if not filler.is_done:
            filler.say(text)
    finished = filler.turn.finished
    assert finished is not None
    kept: dict[str, object] = {}
    for ask in flow.asks:
        assert (ask.slot in finished) == ask.when(kept)
        if ask.slot in finished:
            kept[ask.slot] = finished[ask.slot]
    assert kept == finished
    assert list(finished) == [ask.slot for ask in flow.asks if ask.slot in finished]


@given(flows(), messages)
def test_back_and_the_same_answer_again_change_nothing(flow: Flow, said: list[str]) -> None:
    filler = Filler(flow)
    for text in said:
        before = filler.turn
        if filler.say(text).finished is not None:
            break
        if text.isdigit() and not filler.turn.missed:
            after = filler.turn
            back = filler.say("back").state
            assert back == replace(before.state, tries=0)
            assert filler.say(text) == after


@given(flows(), messages)
def test_a_state_survives_json_and_lost_fields(flow: Flow, said: list[str]) -> None:
    filler = Filler(flow)
    for text in said:
        if filler.is_done:
            break
        assert filler.stored() == filler.turn.state
        filler.say(text)


@given(flows(), flows(), messages, messages, st.sampled_from(["1", "2", "huh"]))
def test_a_new_release_harms_nobody_who_is_mid_way(
    old: Flow, new: Flow, before: list[str], after: list[str], between: str
) -> None:
    """The same form with other questions, in another order, under other conditions."""
    filler = Filler(old)
    for text in before:
        if filler.is_done:
            return
        filler.say(text)
    if filler.is_done:
        return
    known = dict(filler.turn.state.answers)
    asked = filler.asked
    first = filler.say(between, to=new)
    for text in [*after, *["1"] * len(new.asks)]:
        if not filler.is_done:
            filler.say(text)
    finished = filler.turn.finished
    assert finished is not None
    assert set(finished) <= {ask.slot for ask in new.asks}
    if new.ask(asked) is None:
        assert not first.missed, "nobody is blamed for an answer to a question that is gone"
        answered = set(first.state.answers) | set(first.finished or {})
        assert answered <= set(known), "and it is not taken for the answer to another one"


@given(flows(), messages)
def test_the_same_words_give_the_same_talk(flow: Flow, said: list[str]) -> None:
    """A message that the platform posts again after a lost transaction finds the same state."""
    first, second = Filler(flow), Filler(flow)
    for text in said:
        if not first.is_done:
            assert first.say(text) == second.say(text)
