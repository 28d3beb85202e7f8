"""What a counter is, and what it gives back to the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dialog import Answers, Flow, Heard, Json, Say
from handlers.desk import Desk


@dataclass(frozen=True)
class Start:
    """A form to open, with what is known already filled in."""

    flow: str
    answers: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """Why somebody stands at the counter: the intent, its message, whether the act itself was
    asked for (never for questions or negations), and the signals heard in it. `misses` counts the
    messages in a row that nothing understood, this one included. `about`: what the menu that was
    answered stood under, as its counter wrote it into the offer."""

    intent: str
    heard: Heard
    act: bool = False
    signals: frozenset[str] = frozenset()
    misses: int = 0

    @property
    def about(self) -> str:
        return self.intent.partition(":")[2]


@dataclass(frozen=True)
class Outcome:
    """What a counter says, and the forms to open: the last one is asked first, the ones before
    it wait underneath. `offers`: the intents that 1, 2, 3 … of a menu without a form mean, each
    with what it is about after a colon where the menu stands under something (`objection:17`).
    `then`: what to go on with once all forms are done. `leave`: what waited underneath cannot
    go on now, and is put aside. `forget`: whatever any form still holds must go."""

    says: tuple[Say, ...] = ()
    starts: tuple[Start, ...] = ()
    offers: tuple[str, ...] = ()
    then: tuple[Asked, ...] = ()
    leave: bool = False
    forget: bool = False


@dataclass(frozen=True)
class Counter:
    """One chat service. `open` answers or opens a form; `finish` gets the live answers of a
    finished form, in the same transaction, and must be safe to repeat. `obstacle` says why a form
    that is open can come to nothing any more; it is asked before every answer. What is said at
    a `confidential` counter is not kept with the messages, only where the counter puts it.
    `story`: the slot to which words are added that answer none of its other questions."""

    name: str
    intents: frozenset[str]
    open: Callable[[Desk, Asked], Outcome]
    flows: tuple[Flow, ...] = ()
    finish: Callable[[Desk, str, Answers], Outcome] | None = None
    obstacle: Callable[[Desk], Say | None] | None = None
    outranks_forms: bool = False
    confidential: bool = False
    story: str = ""
