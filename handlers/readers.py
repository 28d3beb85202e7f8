"""Readers: from what a resident wrote to a canonical answer, or to a reason why not.

Each returns what `dialog.Reader` promises. Keys of the reasons live in `wording/zh/reader.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from dialog import Heard, Option, Reader, Reading, Reopen, Say, Suggest, Value, Wrong
from handlers.desk import Desk
from handlers.once import once
from rules import id_number
from wording import load_book
from wording.hearing import (
    digits_in,
    hear_birth,
    hear_choice,
    hear_choices,
    hear_name,
    hear_phone,
    hear_service,
    tidy,
)
from wording.hearing.matters import is_about

Options = Callable[..., Sequence[Option]]

SHOWN = frozenset(
    {
        "day_ahead", "day_today", "eligibility", "my_month", "notice_result", "pay_show", "policy",
        "posts", "progress", "term_end", "worker_card",
    }
)  # fmt: skip
"""Services that only show something: their words tell nothing of what happened."""


def words(heard: Heard) -> str | Wrong:
    """The words of a message, or what to say when it has none."""
    if heard.text:
        return heard.text
    key = {"image": "reader.photo", "voice": "reader.voice", "location": "reader.place"}
    return Wrong(Say(key.get(heard.kind, "reader.no_words")))


def choice(options: Options, *, wrong: str = "reader.choice") -> Reader:
    """One of the numbered options that were shown with the question."""

    def read(heard: Heard, reading: Reading) -> Value | Wrong:
        text = words(heard)
        if isinstance(text, Wrong):
            return text
        index = hear_choice(text, _Labels(options, reading))
        if index is None and heard.affirms is not None:
            index = _yes_or_no(reading.menu, affirms=heard.affirms)
        if index is None or index >= len(reading.menu):
            return Wrong(Say(wrong, {"count": len(reading.menu)}))
        return Value(reading.menu[index])

    return read


def _yes_or_no(menu: Sequence[object], *, affirms: bool) -> int | None:
    """Which line a bare yes or no means: the one that stands for it, or the first or second of
    two."""
    meant = [i for i, value in enumerate(menu) if value is affirms]
    if meant:
        return meant[0]
    return (0 if affirms else 1) if len(menu) == 2 else None


def several(options: Options, *, none_value: str, wrong: str = "reader.several") -> Reader:
    """Any of the numbered options; `none_value` is the one that excludes the others."""

    def read(heard: Heard, reading: Reading) -> Value | Wrong:
        text = words(heard)
        if isinstance(text, Wrong):
            return text
        chosen = hear_choices(text, _Labels(options, reading))
        if chosen is None and heard.affirms is False:
            return Value([])
        if chosen is None or any(index >= len(reading.menu) for index in chosen):
            return Wrong(Say(wrong))
        values = [reading.menu[index] for index in chosen]
        if none_value in values and len(values) > 1:
            return Wrong(Say("reader.none_and_some"))
        return Value([value for value in values if value != none_value])

    return read


@dataclass(frozen=True)
class _Labels(Sequence[str]):
    """How the options of the open question read today, in the order of the menu that was shown.

    Read only when somebody answers in words: a number needs no more than how many there are.
    """

    options: Options
    reading: Reading

    @once
    def shown(self) -> list[str]:
        book = load_book()
        by_value = {
            repr(option.value): book.render((option.label,), "wechat")
            if isinstance(option.label, Say)
            else option.label
            for option in self.options(self.reading.answers, self.reading.desk)
        }
        return [by_value.get(repr(value), "") for value in self.reading.menu]

    def __len__(self) -> int:
        return len(self.reading.menu)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        return self.shown[place]


def name(heard: Heard, _reading: Reading) -> Value | Wrong:
    """A person's name; a word that our own replies teach (进度, 撤回报名) is none."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    found = None if hear_service(text) else hear_name(text)
    return Value(found) if found else Wrong(Say("reader.name"), complete=True)


def identity(heard: Heard, reading: Reading) -> Value | Wrong | Suggest:
    """A valid ID number; its problems are told apart, and it is never read back (2.8)."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    desk: Desk = reading.desk
    found = id_number.read(text, on=desk.today)
    if found.valid:
        return Value(found.id_number)
    if found.suggestion:
        tail = found.suggestion[-4:]
        return Suggest(found.suggestion, Say("reader.id_suggestion", {"tail": tail}))
    return Wrong(Say(f"reader.id_{found.problem}"), complete=True)


def birth(heard: Heard, reading: Reading) -> Value | Wrong:
    """A solar birth date, typed or taken from an ID number (which is not kept)."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    desk: Desk = reading.desk
    if len(digits_in(text)) >= 15:
        found = id_number.read(text, on=desk.today)
        if found.valid and found.born_on is not None:
            return Value({"on": found.born_on.isoformat(), "sex": found.sex})
        return Wrong(Say("reader.birth_from_bad_id"), complete=True)
    told = hear_birth(text, desk.today)
    if told.born_on is None:
        return Wrong(Say(f"reader.birth_{told.kind}"), complete=True)
    return Value({"on": told.born_on.isoformat(), "sex": None})


def free_text(*, shortest: int = 2, longest: int = 500) -> Reader:
    """Any words, within bounds."""

    def read(heard: Heard, _reading: Reading) -> Value | Wrong:
        text = words(heard)
        if isinstance(text, Wrong):
            return text
        plain = tidy(text)
        if len(plain) < shortest:
            return Wrong(Say("reader.too_short"))
        return Value(plain[:longest])

    return read


def reason(*, longest: int = 500) -> Reader:
    """What somebody has to say for themselves, as `free_text`. What reads as a mere question is
    kept only once they have said that it is their reason."""
    told = free_text(longest=longest)

    def read(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
        found = told(heard, reading)
        if isinstance(found, Value) and _only_asks(heard.text):
            return Suggest(found.value, Say("reader.reason_or_question"))
        return found

    return read


def _only_asks(text: str) -> bool:
    return hear_service(text) in SHOWN or is_about("only_asks", text)


def mobile(heard: Heard, _reading: Reading) -> Value | Wrong:
    """A mainland mobile number; a landline is told apart, because it gets no messages."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    told = hear_phone(text)
    if told.mobile is None:
        return Wrong(Say(f"reader.phone_{told.problem}"), complete=True)
    return Value(told.mobile)
