"""One turn of a form. Pure functions; see the laws in design.md 3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dialog.grammar import (
    Answers,
    Ask,
    Flow,
    Heard,
    Json,
    Reading,
    Reopen,
    Say,
    State,
    Suggest,
    Value,
    Wrong,
)

MISSES_BEFORE_A_PERSON = 3


@dataclass(frozen=True)
class Turn:
    """What one turn gives: the state to keep, what to say, and, when the form is full, its live
    answers. `missed` tells the door that the message did not answer the question."""

    state: State
    says: tuple[Say, ...]
    finished: Answers | None = None
    missed: bool = False


def open_form(flow: Flow, answers: Answers, desk: Any) -> Turn:
    """Begin a form, with what is known already filled in."""
    return prompt(flow, State(flow=flow.name, answers=dict(answers)), desk)


def prompt(flow: Flow, state: State, desk: Any, *, before: tuple[Say, ...] = ()) -> Turn:
    """Ask the next question, or report the form as finished. `before` is said first."""
    live = flow.live(state.answers)
    ask = flow.next_ask(live)
    if ask is None:
        done = State(flow=flow.name, answers=live)
        return Turn(state=done, says=before, finished=live)
    say, menu = _question(flow, ask, live, desk)
    if ask.alone and len(menu) == 1:
        answered = replace(state, answers={**live, ask.slot: menu[0]})
        return prompt(flow, answered, desk, before=before)
    tries = state.tries if ask.slot == state.asked else 0
    asked = State(flow=flow.name, answers=live, asked=ask.slot, menu=menu, tries=tries)
    return Turn(state=asked, says=(*before, say))


def turn(flow: Flow, state: State, heard: Heard, desk: Any) -> Turn:
    """Let the open question hear a message.

    The message is read by the question that was really asked. Where a release removed that
    question, or it no longer applies, nothing is guessed: the form just goes on.
    """
    ask = flow.ask(state.asked)
    live = flow.live(state.answers)
    if ask is None or ask.slot in live or not ask.when(live):
        return prompt(flow, state, desk)
    reading = Reading(answers=live, menu=state.menu, desk=desk)
    match _read(ask, state, heard, reading):
        case Value(value):
            return prompt(flow, _answered(state, ask.slot, value), desk)
        case Reopen(slots):
            kept = {slot: value for slot, value in live.items() if slot not in slots}
            return prompt(flow, replace(state, answers=kept, tries=0), desk)
        case Suggest(value, say):
            waiting = replace(state, suggested=(value,), tries=state.tries + 1)
            return Turn(state=waiting, says=(say,))
        case Wrong() as wrong:
            return _missed(flow, replace(state, suggested=()), wrong, desk)


def step_back(flow: Flow, state: State, desk: Any) -> Turn:
    """Take back the last answer that was really asked for, in question order. On the first
    question: say that it is the first, and ask it again."""
    live = flow.live(state.answers)
    before: tuple[Say, ...] = ()
    for ask in reversed([ask for ask in flow.asks if ask.slot in live]):
        del live[ask.slot]
        if not _answers_itself(ask, live, desk):
            break
    else:
        before = (Say("dialog.first_question"),)
    anew = replace(state, answers=live, tries=0, suggested=())
    return prompt(flow, anew, desk, before=before)


def _answers_itself(ask: Ask, live: Answers, desk: Any) -> bool:
    return ask.alone and ask.options is not None and len(ask.options(live, desk)) == 1


def _question(flow: Flow, ask: Ask, live: Answers, desk: Any) -> tuple[Say, tuple[Json, ...]]:
    slots: dict[str, Json] = dict(ask.fill(live, desk)) if ask.fill else {}
    if ask.options is None:
        return Say(f"{flow.name}.ask_{ask.slot}", slots), ()
    options = tuple(ask.options(live, desk))
    slots["menu"] = tuple(option.label for option in options)
    return Say(f"{flow.name}.ask_{ask.slot}", slots), tuple(option.value for option in options)


def _read(
    ask: Ask, state: State, heard: Heard, reading: Reading
) -> Value | Wrong | Suggest | Reopen:
    if state.suggested and heard.affirms:
        return Value(state.suggested[0])
    return ask.read(heard, reading)


def _answered(state: State, slot: str, value: Json) -> State:
    return replace(state, answers={**state.answers, slot: value}, tries=0, suggested=())


def _missed(flow: Flow, state: State, wrong: Wrong, desk: Any) -> Turn:
    """Say why and ask again; after the third miss offer a person."""
    tries = state.tries + 1
    says: tuple[Say, ...] = (wrong.say,)
    if tries >= MISSES_BEFORE_A_PERSON:
        says = (wrong.say, Say("dialog.offer_person"))
    if wrong.complete:
        return Turn(state=replace(state, tries=tries), says=says, missed=True)
    again = prompt(flow, replace(state, tries=tries), desk, before=says)
    return replace(again, missed=True)
