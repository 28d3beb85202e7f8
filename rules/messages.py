"""The sentence for a rule's error, in the language of the person at the terminal."""

from __future__ import annotations

from functools import cache
from typing import Literal

from rules import strict_yaml
from rules.errors import RuleError

Language = Literal["en", "zh"]


def say(error: RuleError, language: Language = "en") -> str:
    """One sentence that says what is wrong and what to do; never raises for a known code."""
    return sentence(error.code, language, error.values)


def sentence(code: str, language: Language, values: dict[str, object]) -> str:
    """The sentence of ``code`` with its values filled in."""
    return templates()[code][language].format(**values)


@cache
def templates() -> dict[str, dict[Language, str]]:
    """Code → language → sentence, as written in ``messages.yaml``."""
    loaded: dict[str, dict[Language, str]] = strict_yaml.load(strict_yaml.ROOM / "messages.yaml")
    return loaded
