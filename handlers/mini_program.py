"""Joining the mini-program to the writer: the code that it shows is brought to this chat."""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Heard, Option, Reading, Say, Value, Wrong
from handlers import binding
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, words
from services import mini_program
from wording.hearing import digits_in
from wording.hearing.matters import is_about

FLOW = "mini_program"
OTHER, END = "other", "end"


def wish_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(OTHER, Say("mini_program.wish_other")),
        Option(END, Say("mini_program.wish_end")),
    ]


def _wants_one(answers: Answers) -> bool:
    return answers.get("wish") == OTHER


def code(heard: Heard, _reading: Reading) -> Value | Wrong:
    """The six digits that the mini-program shows."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    digits = digits_in(text)
    if len(digits) != mini_program.DIGITS:
        return Wrong(Say("mini_program.wrong_code"), complete=True)
    return Value(digits)


FORM = Flow(
    FLOW,
    (
        Ask("wish", choice(wish_options), options=wish_options),
        Ask("code", code, when=_wants_one),
    ),
)


def open_mini_program(desk: Desk, asked: Asked) -> Outcome:
    """Ask for the code, or where one is joined already, whether it is to go."""
    if not mini_program.is_there():
        return Outcome((Say("mini_program.none"),))
    if desk.person is None:
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    if not mini_program.is_paired(desk.session, desk.person):
        return Outcome((), (Start(FLOW, {"wish": OTHER}),))
    if is_about("mini_end", asked.heard.text):
        return _end(desk)
    return Outcome((), (Start(FLOW),))


def finish_mini_program(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    if desk.person is None:  # taken away while the form was open
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),))
    if answers["wish"] == END:
        return _end(desk)
    joined = mini_program.pair(desk.session, desk.contact, answers["code"], desk.now)
    return Outcome((Say("mini_program.paired" if joined else "mini_program.refused"),))


def _end(desk: Desk) -> Outcome:
    assert desk.person is not None
    mini_program.unpair(desk.session, desk.person.id, desk.now)
    return Outcome((Say("mini_program.ended"),))


COUNTER = Counter(
    name="mini_program",
    intents=frozenset({"mini_program"}),
    open=open_mini_program,
    flows=(FORM,),
    finish=finish_mini_program,
)
