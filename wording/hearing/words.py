"""The word lists of `words.yaml`, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeVar

import yaml

Name = TypeVar("Name")


def words(*path: str) -> frozenset[str]:
    """The words under a key, or a key within a key; KeyError when there are none."""
    found: Any = _lists()
    for key in path:
        found = found[key]
    return frozenset(str(found).split())


def words_by_name(key: str) -> dict[str, frozenset[str]]:
    """Every list under a key, by its name."""
    return {name: words(key, name) for name in _lists()[key]}


def name_by_word(lists: Mapping[Name, Iterable[str]]) -> dict[str, Name]:
    """The lists turned round: for each word the first list that holds it."""
    return {word: name for name, each in reversed([*lists.items()]) for word in each}


@cache
def _lists() -> dict[str, Any]:
    text = resources.files("wording.hearing").joinpath("words.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
