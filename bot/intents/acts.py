"""Whether a message asks for an act itself, now: a closed grammar, never statistics.

Unknown words are a reason not to act: a message acts only when it consists wholly of pieces that
``acts.yaml`` lists. Requirements section 5 (negation, quotation, questions, other people's days).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.intents.lexicon import read_yaml
from bot.intents.reading import Reading

ACTS = ("checkin", "confirm", "leave", "unsubscribe")
_LONGEST = 40  # characters; longer messages tell stories and are asked back
_CODES_OF_SMS = frozenset({"t", "r", "td"})


@dataclass(frozen=True)
class Grammar:
    """One act: the whole message, its trigger, and what forbids it."""

    whole: re.Pattern[str]
    trigger: re.Pattern[str]
    never: tuple[re.Pattern[str], ...]

    def admits(self, text: str, written: str) -> bool:
        """True when `text` (plain, without separators) asks for this act and nothing else."""
        if any(pattern.search(text) or pattern.search(written) for pattern in self.never):
            return False
        return bool(self.whole.fullmatch(text) and self.trigger.search(text))


def asks_for(act: str, reading: Reading, *, channel: str) -> bool:
    """True when the writer of `reading` asks for `act` now, for themselves, without reserve."""
    address = _address()
    text = address.sub("", reading.plain).replace(",", "").replace(" ", "")
    if act == "unsubscribe" and text in _CODES_OF_SMS:
        return channel == "sms"
    grammar = _grammars().get(act)
    if grammar is None or len(text) > _LONGEST:
        return False
    return grammar.admits(text, address.sub("", reading.written))


@lru_cache(maxsize=1)
def _address() -> re.Pattern[str]:
    """The greeting of a village officer at the head of a message."""
    return re.compile(read_yaml("acts.yaml")["address"])


@lru_cache(maxsize=1)
def _grammars() -> dict[str, Grammar]:
    content = read_yaml("acts.yaml")
    return {
        name: _build(rules, content["parts"], content["never_sets"])
        for name, rules in content["acts"].items()
    }


def _build(
    rules: dict[str, list[str]], parts: dict[str, str], never_sets: dict[str, list[str]]
) -> Grammar:
    triggers, company = (
        "|".join(_fill(pattern, parts) for pattern in rules[key]) for key in ("triggers", "company")
    )
    never = [pattern for name in rules["avoid"] for pattern in never_sets[name]]
    return Grammar(
        # Atomic and possessive: one pass from the left, so no text can make it slow.
        whole=re.compile(f"(?>{triggers}|{company})++"),
        trigger=re.compile(triggers),
        never=tuple(re.compile(pattern) for pattern in [*never, *rules["never"]]),
    )


def _fill(pattern: str, parts: dict[str, str]) -> str:
    """`pattern` with each known ``{name}`` replaced; counts such as ``{1,8}`` stay."""
    return re.sub(r"\{([a-z_]+)\}", lambda match: parts[match.group(1)], pattern)
