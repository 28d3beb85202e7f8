"""What a message gives away besides its intent: a death, despair, pooled money, abuse …

The patterns are ``signals.yaml``; the names are the public contract:
``death pooling despair abuse oversharing safety injection sign_out preference erasure
wrong_person training partial maybe_checkin``. Requirements section 5 and fraud pattern F-12.
"""

import re
from functools import lru_cache

from bot.intents.lexicon import read_yaml
from bot.intents.reading import Reading

_Signal = tuple[str, re.Pattern[str], re.Pattern[str] | None]


def signals_in(reading: Reading) -> frozenset[str]:
    """Names of all signals that `reading` raises."""
    text = reading.plain
    return frozenset(
        name
        for name, raised, unless in _signals()
        if raised.search(text) and not (unless and unless.search(text))
    )


@lru_cache(maxsize=1)
def _signals() -> tuple[_Signal, ...]:
    return tuple(
        (name, _any(entry["any"]), _any(entry["unless"]) if "unless" in entry else None)
        for name, entry in read_yaml("signals.yaml").items()
    )


def _any(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
