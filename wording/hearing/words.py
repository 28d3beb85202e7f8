"""The word lists of `words.yaml`, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


def words(*path: str) -> frozenset[str]:
    """The words under a key, or a key within a key; KeyError when there are none."""
    found: Any = _lists()
    for key in path:
        found = found[key]
    return frozenset(str(found).split())


def words_by_name(key: str) -> dict[str, frozenset[str]]:
    """Every list under a key, by its name."""
    return {name: words(key, name) for name in _lists()[key]}


@cache
def _lists() -> dict[str, Any]:
    text = resources.files("wording.hearing").joinpath("words.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))
