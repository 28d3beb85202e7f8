"""What a post may be: categories, focus areas, and the posts that are not for this programme
(plan 三(一), 四(二); R-3.1a to R-3.1f, R-4.2c)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from rules import strict_yaml


def categories() -> Mapping[str, str]:
    """Code and name of every category; the plan lists five and ends with "and so on"."""
    found: dict[str, str] = _shelf()["categories"]
    return found


def focus_areas() -> Mapping[str, str]:
    """Code and name of the areas that the plan puts weight on; the plan lists eleven."""
    found: dict[str, str] = _shelf()["focus_areas"]
    return found


def is_for_veterans(*texts: str) -> bool:
    """Whether a text names a special post for veterans, which other rules govern (R-4.2c)."""
    return any(word in _plain(text) for text in texts for word in _shelf()["veteran_words"])


def doubtful_words(*texts: str) -> tuple[str, ...]:
    """Words that speak of an office's management or of a technical post (R-3.1f): a hint for the
    one who approves, who decides."""
    plain = [_plain(text) for text in texts]
    return tuple(word for word in _shelf()["doubtful_words"] if any(word in text for text in plain))


def _plain(text: str) -> str:
    return "".join(text.split())


@cache
def _shelf() -> Any:
    return strict_yaml.load(strict_yaml.ROOM / "posts.yaml")
