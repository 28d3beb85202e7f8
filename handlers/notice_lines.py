"""Which person on a public notice is meant: its masked lines in numbered pages, a name, or the last
digits of the application number; or nobody, but something else about the notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dialog import Answers, Ask, Heard, Option, Reader, Reading, Say, Value, Wrong
from handlers.desk import Desk
from handlers.readers import choice, words
from services import notices
from services.notices import Line
from wording.hearing import hear_name, mask_name, tidy

A_PAGE = 8
SLOTS = ("line", "line_2", "line_3")
"""The pages. Who stands further down is found by name or number."""
MORE, WHOLE = "more", "whole"
TAIL_DIGITS = 4


def _lines(answers: Answers, desk: Desk) -> tuple[Line, ...]:
    key = answers.get("notice")
    shown = notices.hanging(desk.session, key, desk.today) if key is not None else None
    return shown.lines if shown else ()


def _label(line: Line) -> Say:
    return Say(
        "notices.line",
        {
            "name": line.name,
            "village": line.village,
            "post": line.post,
            "tail": line.number_tail,
        },
    )


def _page(number: int) -> Callable[[Answers, Desk], Sequence[Option]]:
    """The options of one page. A notice without lines has one: something else."""
    first = number * A_PAGE

    def options(answers: Answers, desk: Desk) -> Sequence[Option]:
        lines = _lines(answers, desk)
        found = [Option(line.item_id, _label(line)) for line in lines[first : first + A_PAGE]]
        left = len(lines) - first - A_PAGE
        if left > 0 and number + 1 < len(SLOTS):
            found.append(Option(MORE, Say("objection.line_more", {"count": left})))
        return [*found, Option(WHOLE, Say("objection.line_whole"))]

    return options


def _reader(options: Callable[[Answers, Desk], Sequence[Option]]) -> Reader:
    by_number = choice(options)

    def read(heard: Heard, reading: Reading) -> Value | Wrong:
        text = words(heard)
        if isinstance(text, Wrong):
            return text
        fits = _fitting(text, _lines(reading.answers, reading.desk))
        if len(fits) > 1:
            return Wrong(Say("objection.line_several"))
        answered = Value(fits[0].item_id) if fits else by_number(heard, reading)
        return answered if isinstance(answered, Value) else Wrong(Say("objection.line_unknown"))

    return read


def _fitting(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines of that application number's tail, or of that name as far as the web shows it:
    asking tells nobody more than the notice does."""
    plain = tidy(text)
    if len(plain) == TAIL_DIGITS and plain.isdigit():
        return [line for line in lines if line.number_tail == plain]
    name = hear_name(plain)
    return [line for line in lines if name and line.name == mask_name(name)]


def _asked_on(number: int) -> Callable[[Answers], bool]:
    if number == 0:
        return lambda answers: answers.get("notice") is not None
    return lambda answers: answers.get(SLOTS[number - 1]) == MORE


def line_asks() -> tuple[Ask, ...]:
    """The question for the person, page by page; it needs the slot `notice` before it."""
    pages = [_page(number) for number in range(len(SLOTS))]
    return tuple(
        Ask(slot, _reader(page), when=_asked_on(number), options=page, alone=number == 0)
        for number, (slot, page) in enumerate(zip(SLOTS, pages, strict=True))
    )


def chosen_line(answers: Answers) -> int | None:
    """The key of the line that was meant; None where it was nobody."""
    told = [answers[slot] for slot in SLOTS if answers.get(slot) not in {None, MORE}]
    return int(told[-1]) if told and told[-1] != WHOLE else None
