"""Telling the parts of an understood message apart: is it a question, who is meant, what is said.

The patterns are data: `matters.yaml`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import yaml

from wording.hearing.numbers import tidy

LONGEST = 500
"""Characters of one message that are kept as somebody's words."""

_MARKS = re.compile(r"[\s。.!！~～,，、;；…]+$")
_ENDING = re.compile(r"[\s。.!！?？~～,，、;；…]+$")


def is_about(matter: str, text: str) -> bool:
    """Whether the text is about the matter; KeyError for a matter that `matters.yaml` lacks."""
    raised, unless = _patterns()[matter]
    plain = _MARKS.sub("", tidy(text))
    return bool(raised.search(plain)) and not (unless and unless.search(plain))


def substance(text: str, *, least: int = 4) -> str | None:
    """What a message tells beyond naming the service; None where it tells nothing yet, or says
    less than `least` characters."""
    plain = tidy(text)
    bare = _ENDING.sub("", plain)
    return None if len(bare) < least or is_about("only_the_service", bare) else plain[:LONGEST]


@cache
def _patterns() -> dict[str, tuple[re.Pattern[str], re.Pattern[str] | None]]:
    text = resources.files("wording.hearing").joinpath("matters.yaml").read_text(encoding="utf-8")
    return {
        name: (_any(entry["any"]), _any(entry["unless"]) if "unless" in entry else None)
        for name, entry in yaml.safe_load(text).items()
    }


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
