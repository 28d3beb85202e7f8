"""What the model looks at in a plain phrase: character and sound n-grams, classes of words."""

import re
from itertools import combinations, pairwise

from bot.intents.lexicon import lexicon

_DIGITS = re.compile(r"\d+")
_LONGEST_GRAM = 3
_SOUND_GRAMS = (2, 3)
_WORD_SIZES = (5, 4, 3, 2, 1)


def features_of(plain: str) -> list[str]:
    """Names of the features of `plain` (see `reading.Reading.plain`), each once, in order."""
    shaped = "^" + _DIGITS.sub(_shape, plain) + "$"
    found = dict.fromkeys(_grams(shaped))
    table = lexicon()
    sounds = [table.sounds.get(character, character) for character in shaped]
    for size in _SOUND_GRAMS:
        found.update(
            dict.fromkeys(
                "~" + " ".join(sounds[i : i + size]) for i in range(len(sounds) - size + 1)
            )
        )
    found.update(dict.fromkeys(_classes(plain)))
    found[f"#{min(len(plain), 20) // 2}"] = None
    return list(found)


def _shape(match: re.Match[str]) -> str:
    length = len(match.group())
    return "0" * length if length < 3 else f"<{length}>" if length < 19 else "<99>"


def _grams(text: str) -> list[str]:
    return [
        text[i : i + size]
        for size in range(1, _LONGEST_GRAM + 1)
        for i in range(len(text) - size + 1)
    ]


def _classes(plain: str) -> list[str]:
    """Classes of words in `plain`: each, each two in a row, and each two that stand together."""
    table = lexicon()
    row: list[str] = []
    at = 0
    while at < len(plain):
        size = next((n for n in _WORD_SIZES if plain[at : at + n] in table.concepts), 0)
        row += table.concepts[plain[at : at + size]] if size else ()
        at += size or 1
    row += [name for name, pattern in table.questions if pattern.search(plain)]
    present = sorted(set(row))
    return (
        ["=" + name for name in present]
        + [f"={a}>{b}" for a, b in pairwise(row)]
        + [f"={a}+{b}" for a, b in combinations(present, 2)]
    )
