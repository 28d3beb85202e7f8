"""Our own phrases: patterns with alternatives and slots, spelled out the same way every time.

A row of ``corpus.tsv`` is a label and a pattern: ``{a|b|}`` is a choice, ``<slot>`` a value from
``slots.yaml``.
"""

import random
import re
import zlib
from collections.abc import Iterator

from bot.intents.lexicon import read_rows, read_yaml

_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<([a-z]+\d*x?)>")
LIST_WEIGHT = 3  # a listed word stands alone; patterns bring many phrases each
_TRIES = 6  # per wanted phrase; small patterns run out of new ones


def labelled_phrases(per_pattern: int) -> Iterator[tuple[str, str]]:
    """(label, phrase), up to `per_pattern` different phrases of each pattern, reproducibly."""
    slots: dict[str, list[str]] = read_yaml("slots.yaml")
    for label, pattern in read_rows("corpus.tsv"):
        for phrase in _spell_out_many(pattern, slots, per_pattern):
            yield label, phrase


def _spell_out_many(pattern: str, slots: dict[str, list[str]], wanted: int) -> list[str]:
    """Plain phrases and listed words several times; of a pattern, at most `wanted` phrases."""
    if (listed := _CHOICE.fullmatch(pattern)) and "<" not in pattern:
        return [word for word in listed.group(1).split("|") if word] * LIST_WEIGHT
    if "{" not in pattern and "<" not in pattern:
        return [pattern] * LIST_WEIGHT
    chooser = random.Random(zlib.crc32(pattern.encode()))  # noqa: S311 - not a secret
    seen: dict[str, None] = {}
    for _ in range(wanted * _TRIES):
        phrase = _spell_out(pattern, slots, chooser)
        if phrase and len(seen) < wanted:
            seen[phrase] = None
    return list(seen)


def _spell_out(pattern: str, slots: dict[str, list[str]], chooser: random.Random) -> str:
    chosen = _CHOICE.sub(lambda match: chooser.choice(match.group(1).split("|")), pattern)
    filled = _SLOT.sub(lambda match: chooser.choice(slots[match.group(1)]), chosen)
    return filled.strip(" ，")
