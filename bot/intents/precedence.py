"""Hand-written rules above the model: safety, despair, codes, shapes. The first match wins.

Requirements section 5: accident over despair over complaint over confirmation over the rest.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.intents.lexicon import read_yaml

ORDER = ("accident", "human", "complaint", "confirm")  # who goes first in a message of two things


@dataclass(frozen=True)
class Rule:
    """One row of ``precedence.yaml``."""

    intent: str
    whole: re.Pattern[str] | None
    anywhere: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    signal: str | None

    def holds(self, plain: str, signals: frozenset[str]) -> bool:
        """True when this rule decides the intent of `plain`."""
        if self.unless and self.unless.search(plain):
            return False
        return bool(
            (self.whole and self.whole.fullmatch(plain))
            or (self.anywhere and self.anywhere.search(plain))
            or (self.signal in signals)
        )


def ruled_intent(plain: str, signals: frozenset[str]) -> str | None:
    """The intent that a rule fixes, or None when the model decides."""
    return next((rule.intent for rule in _rules() if rule.holds(plain, signals)), None)


@lru_cache(maxsize=1)
def _rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(
            intent=row["intent"],
            whole=_either(row, "whole"),
            anywhere=_either(row, "any"),
            unless=_either(row, "unless"),
            signal=row.get("signal"),
        )
        for row in read_yaml("precedence.yaml")
    )


def _either(row: dict[str, Any], key: str) -> re.Pattern[str] | None:
    patterns = row.get(key)
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None
