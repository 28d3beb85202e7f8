"""The words that residents use: plain-speech table, sound table, classes of words.

All Chinese lives in ``lexicon.yaml`` and ``pinyin.tsv``; this module only reads them, once.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(name: str) -> Any:
    """Content of the room's data file `name`."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - safe loader, in C where there is one


def read_rows(name: str) -> list[tuple[str, str]]:
    """Two-column rows of the room's data file `name`, comments and blank lines left out."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("# "))
    return [(left, right) for left, _, right in (line.partition("\t") for line in lines)]


@dataclass(frozen=True)
class Lexicon:
    """Tables of how residents write; `sounds` maps a character to its syllable, folded.

    `tens` finds a number below a hundred in words, `spelled` digits read out one by one."""

    plain: dict[str, str]
    plain_pattern: re.Pattern[str]
    voice_mark: re.Pattern[str]
    fillers: re.Pattern[str]
    numerals: dict[str, str]
    tens: re.Pattern[str]
    spelled: re.Pattern[str]
    sounds: dict[str, str]
    by_sound: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
    sound_alikes: frozenset[str]
    links: re.Pattern[str]
    questions: tuple[tuple[str, re.Pattern[str]], ...]
    concepts: dict[str, tuple[str, ...]]


def _alternatives(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _fold(syllable: str, folds: list[list[str]]) -> str:
    for wide, narrow in folds:
        if wide.endswith("$"):
            if syllable.endswith(wide[:-1]):
                syllable = syllable[: 1 - len(wide)] + narrow
        else:
            syllable = syllable.replace(wide, narrow)
    return syllable


def _read_sounds(folds: list[list[str]]) -> dict[str, str]:
    return {
        character: _fold(syllable, folds)
        for syllable, characters in read_rows("pinyin.tsv")
        for character in characters
    }


def _index_by_sound(
    words: list[str], sounds: dict[str, str]
) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Words by their first syllable, longest first."""
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for word in sorted(words, key=len, reverse=True):
        syllables = tuple(sounds[character] for character in word)
        index.setdefault(syllables[0], []).append((syllables, word))
    return {first: tuple(entries) for first, entries in index.items()}


def _classes_by_word() -> dict[str, tuple[str, ...]]:
    classes: dict[str, tuple[str, ...]] = {}
    for name, words in read_yaml("concepts.yaml").items():
        for word in words.split():
            classes[word] = (*classes.get(word, ()), name)
    return classes


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The room's lexicon, read on first use."""
    content = read_yaml("lexicon.yaml")
    sounds = _read_sounds(content["sound_folds"])
    digits = "".join(content["numerals"])
    return Lexicon(
        plain=content["plain"],
        plain_pattern=re.compile(_alternatives(list(content["plain"]))),
        voice_mark=re.compile(content["voice_mark"]),
        numerals=content["numerals"],
        tens=re.compile(f"([{digits}])?{content['ten']}([{digits}])?"),
        spelled=re.compile(f"[{digits}]{{2,}}"),
        fillers=re.compile("(?:" + "|".join(content["fillers"]) + r")[\s，,。.…!！、]*"),
        sounds=sounds,
        by_sound=_index_by_sound(content["by_sound"], sounds),
        sound_alikes=frozenset(content["sound_alikes"]),
        links=re.compile("|".join(content["links"])),
        questions=tuple((k, re.compile(v)) for k, v in content["question_marks"].items()),
        concepts=_classes_by_word(),
    )
