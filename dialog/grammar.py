"""The words of the grammar: what is asked, what was heard, what is said, what is remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A value that survives JSON unchanged: str, int, bool, None, or lists and objects of these."""

Answers: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True)
class Say:
    """One thing to say: a key of the wording and what fills its slots.

    A slot may hold another Say or a sequence of them (a menu); the wording renders them all.
    """

    key: str
    slots: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """One message as a form hears it. `text` is empty unless the message carries words;
    `affirms` is the door's reading of a bare yes (True) or no (False); `place` is latitude and
    longitude in degrees, of a message that carries one."""

    kind: str = "text"
    text: str = ""
    media_id: str | None = None
    affirms: bool | None = None
    place: tuple[float, float] | None = None
    delay_seconds: int = 0
    """How long the carrier kept the message back."""


@dataclass(frozen=True)
class Value:
    """The message answers the question. `value` is canonical: relative words are resolved."""

    value: Json


@dataclass(frozen=True)
class Wrong:
    """The message does not answer the question; `say` is the reason in a resident's words.

    `complete` means that the reason also says what to send: the question is not repeated.
    """

    say: Say
    complete: bool = False


@dataclass(frozen=True)
class Suggest:
    """A likely reading that the resident must confirm first (O for 0 in an ID number)."""

    value: Json
    say: Say


@dataclass(frozen=True)
class Reopen:
    """The resident wants to correct these earlier answers."""

    slots: tuple[str, ...]


@dataclass(frozen=True)
class Option:
    """One numbered choice: what it means and how it reads (text as it stands, or a Say)."""

    value: Json
    label: str | Say


@dataclass(frozen=True)
class Reading:
    """What a reader may look at besides the message: earlier answers, the menu that was shown
    with the question (values in their order), and the desk that the door put the form on."""

    answers: Answers
    menu: tuple[Json, ...]
    desk: Any


Reader: TypeAlias = Callable[[Heard, Reading], Value | Wrong | Suggest | Reopen]


def always(_answers: Answers) -> bool:
    """The condition of a question that is always asked."""
    return True


@dataclass(frozen=True)
class Ask:
    """One question of a form.

    The question's text is the key `<flow>.ask_<slot>`, filled by `fill` when given. `options`
    makes the numbered menu; it is stored with the question, so a number cannot change its meaning
    between two messages. `free` marks a question that takes any words: nothing interrupts it.
    `alone` answers a menu of one option by itself, without asking.
    """

    slot: str
    read: Reader
    when: Callable[[Answers], bool] = always
    options: Callable[[Answers, Any], Sequence[Option]] | None = None
    fill: Callable[[Answers, Any], Mapping[str, Json]] | None = None
    free: bool = False
    alone: bool = False


@dataclass(frozen=True)
class Flow:
    """A form: its name and its questions in order. Slot names are unique and never change
    their meaning; a changed meaning is a new name. `given` names facts that the counter fills in
    when it opens the form: they are kept, and never asked."""

    name: str
    asks: tuple[Ask, ...]
    given: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        slots = [*self.given, *(ask.slot for ask in self.asks)]
        if len(set(slots)) != len(slots):
            raise ValueError(f"flow {self.name}: a slot is asked twice")

    def live(self, answers: Answers) -> dict[str, Json]:
        """The answers whose question still applies, in question order."""
        kept: dict[str, Json] = {slot: answers[slot] for slot in self.given if slot in answers}
        for ask in self.asks:
            if ask.slot in answers and ask.when(kept):
                kept[ask.slot] = answers[ask.slot]
        return kept

    def next_ask(self, answers: Answers) -> Ask | None:
        """The first question that applies and is not answered; None when the form is full."""
        live = self.live(answers)
        return next((a for a in self.asks if a.slot not in live and a.when(live)), None)

    def ask(self, slot: str | None) -> Ask | None:
        return next((a for a in self.asks if a.slot == slot), None)


@dataclass(frozen=True)
class State:
    """Where a form stands, as plain JSON can carry it. The position is not in it: it is derived.

    `asked` is the slot of the last question sent, `menu` the values of its numbered choices,
    `tries` the misses on it, `suggested` a reading that waits for a yes (as a one-item list, so
    that a suggested None is not the absence of a suggestion).
    """

    flow: str
    answers: Answers = field(default_factory=dict)
    asked: str | None = None
    menu: tuple[Json, ...] = ()
    tries: int = 0
    suggested: tuple[Json, ...] = ()

    def to_json(self) -> dict[str, Json]:
        return {
            "flow": self.flow,
            "answers": dict(self.answers),
            "asked": self.asked,
            "menu": list(self.menu),
            "tries": self.tries,
            "suggested": list(self.suggested),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> State:
        """Rebuild a state written by any release: what is absent gets its default."""
        return cls(
            flow=document["flow"],
            answers=dict(document.get("answers", {})),
            asked=document.get("asked"),
            menu=tuple(document.get("menu", ())),
            tries=int(document.get("tries", 0)),
            suggested=tuple(document.get("suggested", ())),
        )
