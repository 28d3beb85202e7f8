"""The phrase book: keys to sentences, per channel, with their slots filled.

A phrase is a text, or `{wechat: …, sms: …}` where the channels differ. Slots are plain
`str.format` names. What a slot holds decides how it reads:

- `…_on` with an ISO date reads as a Chinese date; `…_fen` reads as yuan with two decimals;
- `menu` reads as numbered lines; any other sequence is joined with the enumeration comma;
- another keyed phrase is rendered first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Protocol

import yaml


class Keyed(Protocol):
    """Anything with a key and slots; `dialog.Say` is one."""

    @property
    def key(self) -> str: ...
    @property
    def slots(self) -> Mapping[str, Any]: ...


class WordingError(Exception):
    """The phrase book and its use do not match: a key, channel or slot is missing."""


@dataclass(frozen=True)
class Book:
    """All phrases of one language: key → channel → text (`""` is every channel)."""

    phrases: Mapping[str, Mapping[str, str]]

    def render(self, says: Iterable[Keyed], channel: str) -> str:
        """The phrases as one message, a paragraph each. Raises `WordingError`."""
        return "\n".join(self._render(say, channel) for say in says).strip()

    def text(self, key: str, channel: str = "wechat", **slots: Any) -> str:
        """One phrase by key."""
        try:
            by_channel = self.phrases[key]
            template = by_channel.get(channel, by_channel.get(""))
            if template is None:
                template = by_channel["wechat"]
            shown = {name: self._show(name, value, channel) for name, value in slots.items()}
            return template.format_map(shown)
        except (KeyError, IndexError) as error:
            raise WordingError(f"{key} on {channel}: nothing for {error}") from None

    def slots_of(self, key: str) -> set[str]:
        """The slot names that a phrase uses, over all channels."""
        return {
            name.split(".")[0].split("[")[0]
            for template in self.phrases[key].values()
            for _, name, _, _ in Formatter().parse(template)
            if name
        }

    def _render(self, say: Keyed, channel: str) -> str:
        return self.text(say.key, channel, **say.slots)

    def _show(self, name: str, value: Any, channel: str) -> str:
        if isinstance(value, str | int | date):
            return _plain(name, value)
        if isinstance(value, Sequence):
            parts = [self._show("", part, channel) for part in value]
            if name == "menu":
                return "\n".join(f"{n} {part}" for n, part in enumerate(parts, start=1))
            return "、".join(parts)
        # Asking isinstance for a protocol costs more than all the rest of a phrase.
        return self._render(value, channel) if hasattr(value, "slots") else str(value)


def _plain(name: str, value: str | int | date) -> str:
    if name.endswith("_on") and value:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
        return f"{day.year}年{day.month}月{day.day}日"
    if name.endswith("_fen") and isinstance(value, int):
        return f"{value // 100}.{value % 100:02d}元"
    return str(value)


def sheet(text: str, limit: int) -> tuple[str, str]:
    """Cut a reply to at most `limit` UTF-8 bytes, at a line or sentence end if there is one.

    Gives the part that fits and the rest (empty when all fits). Nothing is lost:
    `first + rest` holds every character but white space at the cut.
    """
    if len(text.encode()) <= limit:
        return text, ""
    head = text.encode()[:limit].decode(errors="ignore")
    floor = len(head) // 2
    cut = next(
        (end + 1 for mark in ("\n", "。", "；", "，") if (end := head.rfind(mark)) >= floor),
        len(head),
    )
    return text[:cut].rstrip(), text[cut:].lstrip()


@cache
def load_book(language: str = "zh") -> Book:
    """Read `wording/<language>/*.yaml`. A key twice, or a phrase of another type, is refused."""
    phrases: dict[str, Mapping[str, str]] = {}
    for file in sorted(resources.files("wording").joinpath(language).iterdir(), key=str):
        if not file.name.endswith(".yaml"):
            continue
        topic = file.name.removesuffix(".yaml")
        for name, phrase in _read(file.read_text(encoding="utf-8"), file.name).items():
            by_channel = {"": phrase} if isinstance(phrase, str) else phrase
            if not by_channel or not all(isinstance(text, str) for text in by_channel.values()):
                raise WordingError(f"{file.name}: {name} is not a phrase")
            phrases[f"{topic}.{name}"] = {
                channel: text.strip() for channel, text in by_channel.items()
            }
    return Book(phrases)


class _NoDuplicates(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; here that is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the library's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise WordingError(f"{key.start_mark}: {key.value} stands there twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _read(text: str, name: str) -> dict[str, Any]:
    document = yaml.load(text, Loader=_NoDuplicates)  # noqa: S506 - a SafeLoader, made stricter
    if not isinstance(document, dict):
        raise WordingError(f"{name}: a mapping of names to phrases is expected")
    return document
