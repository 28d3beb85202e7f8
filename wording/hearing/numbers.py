"""Tidy text, and numbers as people type or say them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

DIGITS = {
    **{str(n): n for n in range(10)},
    **dict(zip("零一二三四五六七八九", range(10), strict=True)),
}
DIGITS |= {"〇": 0, "○": 0, "幺": 1, "么": 1, "两": 2, "俩": 2, "仨": 3}
UNITS = {"十": 10, "百": 100}

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe0e\ufe0f\ufeff]"
)
_VOICE_MARK = re.compile(r"^\s*\[语音\]\s*")


SAID_BY_MANY = 8
"""Characters. What is longer is somebody's own words, and is not remembered."""


def tidy(text: str) -> str:
    """Half-width, no control or invisible characters, no space at the ends, no voice mark."""
    return _remembered(text) if len(text) <= SAID_BY_MANY else _tidied(text)


def _tidied(text: str) -> str:
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return _VOICE_MARK.sub("", plain).strip()


_remembered = lru_cache(maxsize=1024)(_tidied)


def digits_in(text: str) -> str:
    """The digits of a number read out one by one: 幺三八零 → 1380. Other characters are dropped,
    but a number with units (六十三) gives nothing: it is not read out digit by digit."""
    plain = tidy(text)
    if any(unit in plain for unit in UNITS):
        return "".join(c for c in plain if c.isascii() and c.isdigit())
    return "".join(str(DIGITS[c]) for c in plain if c in DIGITS)


def hear_integer(text: str) -> int | None:
    """A whole number below 1,000 in digits or characters: 63, 六十三, 一百零五; else None."""
    plain = tidy(text)
    if re.fullmatch(r"\d{1,3}", plain):
        return int(plain)
    if not plain or any(c not in DIGITS and c not in UNITS for c in plain):
        return None
    if len(plain) == 1 or not any(c in UNITS for c in plain):
        return DIGITS.get(plain) if len(plain) == 1 and plain in DIGITS else _tens(plain)
    return _tens(plain)


def hear_year(text: str) -> int | None:
    """A year of this century named with 年: 2023年, 二零二三年, 23年; else None."""
    found = re.search(r"(?:20|二[零〇])?([0-9一二三四五六七八九零〇]{2})年", tidy(text))
    return 2000 + int(digits_in(found.group(1))) if found else None


def _tens(plain: str) -> int | None:
    total = current = 0
    for c in plain:
        if c in UNITS:
            total += max(current, 1) * UNITS[c]
            current = 0
        else:
            current = DIGITS[c]
    return total + current if any(c in UNITS for c in plain) else None
