"""Forms for tests, by hand and at random, and somebody who fills them in."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from dialog import (
    Answers,
    Ask,
    Flow,
    Heard,
    Option,
    Reading,
    Say,
    State,
    Turn,
    Value,
    Wrong,
    open_form,
    step_back,
    turn,
)
from tests.talk import reordered

SLOTS = ("a", "b", "c", "d", "e", "f")
VALUES = ("x", "y", "z")


def pick(heard: Heard, reading: Reading) -> Value | Wrong:
    """The value whose number was said."""
    if heard.text.isdigit() and 1 <= int(heard.text) <= len(reading.menu):
        return Value(reading.menu[int(heard.text) - 1])
    return Wrong(Say("form.wrong"))


def values(*names: str) -> Any:
    """Options with these values, read as they stand."""

    def options(_answers: Answers, _desk: Any) -> Sequence[Option]:
        return [Option(name, name) for name in names]

    return options


def ask(slot: str, *names: str, **more: Any) -> Ask:
    return Ask(slot, pick, options=values(*(names or VALUES)), **more)


def only_if(slot: str, value: str) -> Any:
    return lambda answers: answers.get(slot) == value


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """A form of one to six questions, some of which depend on the answer to an earlier one."""
    slots = draw(st.permutations(SLOTS))[: draw(st.integers(1, len(SLOTS)))]
    asks = []
    for place, slot in enumerate(slots):
        names = VALUES[: draw(st.integers(1, len(VALUES)))]
        more: dict[str, Any] = {}
        if place and draw(st.booleans()):
            condition = only_if(draw(st.sampled_from(slots[:place])), draw(st.sampled_from(VALUES)))
            more["when"] = condition
        asks.append(ask(slot, *names, **more))
    return Flow("form", tuple(asks))


facts = st.dictionaries(st.sampled_from(SLOTS), st.sampled_from(VALUES), max_size=4)
messages = st.lists(st.sampled_from(["1", "2", "3", "huh", "back"]), max_size=25)


@dataclass
class Filler:
    """Fills in a form; between two messages the state goes through JSON, keys in any order."""

    flow: Flow
    known: dict[str, str] = field(default_factory=dict)
    turn: Turn = field(init=False)
    shuffle: random.Random = field(default_factory=lambda: random.Random(1))

    def __post_init__(self) -> None:
        self.turn = open_form(self.flow, self.known, None)

    @property
    def is_done(self) -> bool:
        return self.turn.finished is not None

    @property
    def asked(self) -> str | None:
        return self.turn.state.asked

    def stored(self) -> State:
        document = json.loads(json.dumps(self.turn.state.to_json()))
        return State.from_json(reordered(document, self.shuffle))

    def say(self, text: str, *, to: Flow | None = None) -> Turn:
        """One message; `to` is the form as another release has it."""
        flow = to or self.flow
        step = step_back if text == "back" else None
        state = self.stored()
        self.turn = step(flow, state, None) if step else turn(flow, state, Heard(text=text), None)
        self.flow = flow
        return self.turn
