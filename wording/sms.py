"""Short messages as templates: what the provider registers, and what fits into how many parts.

A mainland SMS is a registered text with numbered places. Ours are the phrases of `zh/sms.yaml`; the
places are numbered in the order in which the slots first stand in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from string import Formatter
from typing import Any

import yaml

from wording.book import Book, WordingError, sheet

PREFIX = "sms."
SIGN = "sms.sign"
REPLY_SEGMENTS = 3
LONGEST_SIGN = "x" * 12
"""A signature has 2 to 12 characters; which one, only the settings know (platform.md 8.3)."""

SINGLE_UNITS, PART_UNITS = 70, 67
"""What one SMS holds, and a part of a longer one, in UTF-16 units (platform.md 8.1)."""


@dataclass(frozen=True)
class SmsTemplate:
    """One registered text. `longest` are the longest slots it takes; None where the text is cut to
    `segments` before it is sent."""

    name: str
    text: str
    slots: tuple[str, ...]
    segments: int
    longest: Mapping[str, Any] | None

    @property
    def registered(self) -> str:
        """The text with {1}, {2}, … for the slots."""
        return self.registered_with("{{{0}}}")

    def registered_with(self, place: str) -> str:
        """The text as a provider registers it; `place` formats the number of a slot."""
        places = {slot: place.format(n) for n, slot in enumerate(self.slots, start=1)}
        return self.text.format_map(places)

    def fill(self, slots: Mapping[str, Any]) -> list[str]:
        """The values for {1}, {2}, …, worded as the phrase book words them. Raises WordingError."""
        # A phrase for each slot alone: only the book knows how a date or an amount reads.
        single = Book({slot: {"": f"{{{slot}}}"} for slot in self.slots})
        try:
            return [single.text(slot, "sms", **{slot: slots[slot]}) for slot in self.slots]
        except KeyError as missing:
            raise WordingError(f"{PREFIX}{self.name}: no value for {missing}") from None


def price(template: SmsTemplate, slots: Mapping[str, Any], sign: str) -> int:
    """What a message is charged as: parts, with 【sign】 before the text. Raises WordingError."""
    filled = dict(zip(template.slots, template.fill(slots), strict=True))
    if template.longest is None:
        last = template.slots[-1]
        filled[last] = cut(filled[last], room(template.segments, sign))[0]
    whole = units(f"【{sign}】{template.text.format_map(filled)}")
    return 1 if whole <= SINGLE_UNITS else -(-whole // PART_UNITS)


def sms_templates(book: Book) -> dict[str, SmsTemplate]:
    """All templates by name. Raises WordingError where a phrase and its declaration disagree."""
    source = resources.files("wording").joinpath("sms_templates.yaml")
    declared = yaml.safe_load(source.read_text(encoding="utf-8"))
    phrases = {key for key in book.phrases if key.startswith(PREFIX) and key != SIGN}
    if phrases != {PREFIX + name for name in declared}:
        raise WordingError("zh/sms.yaml and sms_templates.yaml do not hold the same templates")
    return {name: _template(book, name, **more) for name, more in declared.items()}


def units(text: str) -> int:
    """How much room a text takes: characters, where an emoji counts two."""
    return len(text.encode("utf-16-be", "surrogatepass")) // 2


def room(segments: int, sign: str) -> int:
    """The units left for the text when 【sign】 stands before it."""
    whole = SINGLE_UNITS if segments == 1 else segments * PART_UNITS
    return whole - units(f"【{sign}】")


def cut(text: str, limit: int) -> tuple[str, str]:
    """Cut a text to at most `limit` units, at a sentence end if there is one: the part that fits,
    and the rest."""
    if units(text) <= limit:
        return text, ""
    head = text.encode("utf-16-be", "surrogatepass")[: limit * 2].decode("utf-16-be", "ignore")
    return sheet(text, len(head.encode()))


def cut_reply(text: str, book: Book) -> tuple[str, str]:
    """A conversation's reply as one SMS, and the rest for whoever answers that they want more."""
    limit = room(REPLY_SEGMENTS, LONGEST_SIGN)
    if units(text) <= limit:
        return text, ""
    hint = "\n" + book.text("dialog.more_hint", "sms")
    first, rest = cut(text, limit - units(hint))
    return first + hint, rest


def _template(book: Book, name: str, *, segments: int, longest: Any) -> SmsTemplate:
    by_channel = book.phrases[PREFIX + name]
    text = by_channel.get("sms", by_channel.get("", ""))
    names = [slot for _, slot, _, _ in Formatter().parse(text) if slot]
    return SmsTemplate(name, text, tuple(dict.fromkeys(names)), segments, longest)
