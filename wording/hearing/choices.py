"""Short answers: yes or no, a number of a menu, and the words that work everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from wording.hearing.numbers import SAID_BY_MANY, hear_integer, tidy
from wording.hearing.words import name_by_word, words

YES_WORDS = words("affirm")
NO_WORDS = words("deny")
NODS = words("nods")
_TAIL = re.compile(r"[\s。.!！?？~～,，、;；…]+$|[啊呀哈呢嘛哦]+$")

_DENIES = re.compile("不|没|无|非")


class Command(StrEnum):
    """Words that mean the same wherever one is in a talk."""

    MENU = "menu"
    BACK = "back"
    CANCEL = "cancel"
    HUMAN = "human"
    MORE = "more"
    RESUME = "resume"


_COMMANDS = name_by_word({command: words("commands", command.value) for command in Command})


def bare(text: str) -> str:
    """The text without punctuation and polite endings, lower case."""
    return _remembered(text) if len(text) <= SAID_BY_MANY else _bared(text)


def _bared(text: str) -> str:
    plain = tidy(text).lower()
    while (shorter := _TAIL.sub("", plain)) != plain:
        plain = shorter
    return plain


_remembered = lru_cache(maxsize=1024)(_bared)


def hear_command(text: str) -> Command | None:
    """A global word standing alone; never a word inside a sentence."""
    return _COMMANDS.get(bare(text))


def is_nod(text: str) -> bool:
    """Whether this only says that something was seen."""
    return text.strip().lower() in NODS or bare(text) in NODS


def hear_yes_no(text: str) -> bool | None:
    """A bare yes or no. A sentence is neither."""
    plain = bare(text)
    if plain in YES_WORDS:
        return True
    return False if plain in NO_WORDS else None


def hear_choice(text: str, labels: Sequence[str]) -> int | None:
    """The index of the one label meant: by its number (2, 第二个, 选2), by holding a label (the
    longest counts: 没有 before 有) or one of the things that a label lists (低收入家庭 for
    低保、低收入), or by being a part of one label only. Else None."""
    plain = bare(text)
    number = hear_number(plain)
    if number is not None:
        return number - 1 if 1 <= number <= len(labels) else None
    lowered = [label.lower() for label in labels]
    if plain in lowered:
        return lowered.index(plain)
    inside = [label for label in lowered if label and label in plain]
    if inside:
        return lowered.index(max(inside, key=len))
    listed = [i for i, label in enumerate(lowered) if _names_one_of(label, plain)]
    if listed:
        return listed[0] if len(listed) == 1 else None
    named = plain.removesuffix("的")
    around = [i for i, label in enumerate(lowered) if len(named) >= 2 and named in label]
    return around[0] if len(around) == 1 else None


def _names_one_of(label: str, plain: str) -> bool:
    """Whether the words hold one of the things that a label lists; a denial holds none."""
    things = label.split("、")
    if len(things) == 1 or _DENIES.search(plain):
        return False
    return any(len(thing) >= 2 and thing in plain for thing in things)


def hear_choices(text: str, labels: Sequence[str]) -> tuple[int, ...] | None:
    """Several labels at once: 1 3, 1、3, 1和3, or words. None when one part fits no label."""
    parts = [part for part in re.split(r"[\s,，、;；和跟及+/]+", bare(text)) if part]
    if len(parts) == 1 and parts[0].isdigit() and len(labels) < 10:
        parts = list(parts[0])
    heard = [hear_choice(part, labels) for part in parts]
    if not heard or any(index is None for index in heard):
        return None
    return tuple(sorted({index for index in heard if index is not None}))


def hear_number(text: str) -> int | None:
    """The number of a menu line: 2, ２, 第二个, 选2. Nothing but the number may stand there."""
    plain = bare(text)
    matched = re.fullmatch(
        r"(?:选|第|按|回复?)?\s*([0-9]{1,2}|[一二三四五六七八九十两]{1,3})(?:个|项|号|条|\.|、|\))?",
        plain,
    )
    return hear_integer(matched.group(1)) if matched else None


def hear_again(text: str) -> bool:
    """Whether somebody asks to have the last thing sent once more."""
    return bare(text) in words("again")


def hear_later(text: str) -> bool:
    """Whether somebody puts a thing off."""
    return bare(text) in words("later")
