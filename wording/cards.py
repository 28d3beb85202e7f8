"""The cards that WeChat delivers outside the chat, as their fields: `wechat_cards.yaml`, and in
`mini_cards.yaml` those of the mini-program, under whose messages nobody can write an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from string import Formatter
from typing import Any

import yaml

from wording.book import Book, WordingError

CARD = "card."
"""What a delivery's key begins with when it names a card and not a phrase."""


@dataclass(frozen=True)
class Card:
    """One template. `fields`: the platform's field → our text for it."""

    name: str
    title: str
    fields: Mapping[str, str]
    longest: Mapping[str, Any]

    def fill(self, slots: Mapping[str, Any]) -> dict[str, str]:
        """The fields with their slots, worded as the phrase book words them. Raises WordingError
        where a slot is missing; those that are too many are left out."""
        needed = self.slots
        if missing := needed - set(slots):
            raise WordingError(f"{CARD}{self.name}: no value for {', '.join(sorted(missing))}")
        given = {name: slots[name] for name in needed}
        book = Book({field: {"": text} for field, text in self.fields.items()})
        return {field: book.text(field, **given) for field in self.fields}

    @property
    def slots(self) -> set[str]:
        """The slot names that its fields use."""
        texts = self.fields.values()
        return {slot for text in texts for _, slot, _, _ in Formatter().parse(text) if slot}


def load_cards() -> dict[str, Card]:
    """The service account's cards by name. Raises WordingError for one that declares other slots
    than it has."""
    return _load("wechat_cards.yaml")


def load_mini_cards() -> dict[str, Card]:
    """The mini-program's cards, by the names of the service account's. Raises as above."""
    return _load("mini_cards.yaml")


def _load(file: str) -> dict[str, Card]:
    source = resources.files("wording").joinpath(file)
    declared = yaml.safe_load(source.read_text(encoding="utf-8"))
    cards = {name: Card(name, **row) for name, row in declared.items()}
    for card in cards.values():
        if card.slots != set(card.longest):
            raise WordingError(f"{CARD}{card.name}: `longest` does not name its slots")
    return cards
