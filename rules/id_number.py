"""Reading a resident's ID number (GB 11643-1999): area 6, birth 8, serial 3, check 1.

What people type is brought into form first: full-width characters, spaces, hyphens and dots,
Chinese digits, a small x or a multiplication sign for the X. A letter that was probably meant as a
digit (O, l) is never corrected silently: the corrected number is only offered, for the person to
confirm. The area says nothing about where somebody lives and is not tested (an area code is given
once, at birth or first registration).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from operator import mul
from string import ascii_lowercase
from typing import Any, Literal

from rules import strict_yaml

LENGTH = 18
Sex = Literal["female", "male"]
Problem = Literal[
    "empty", "letters", "fifteen", "seventeen", "length", "area", "date", "future", "checksum",
    "scientific",
]  # fmt: skip

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ZEROS = ord("0") * sum(_WEIGHTS)
_KEPT_DATES = 1 << 15
_OLDEST_YEAR = 1880
_REASONABLE = 200  # characters; longer text is not somebody's number


@dataclass(frozen=True, slots=True)
class IdReading:
    """What was read. Either ``valid`` with number, birth and sex, or a ``problem`` code.

    ``suggestion`` is a complete valid number that differs from the text only by letters that look
    like digits; it must be confirmed by the person before it is used.
    """

    valid: bool
    id_number: str | None = None
    born_on: date | None = None
    sex: Sex | None = None
    problem: Problem | None = None
    suggestion: str | None = None


def read(text: str, on: date) -> IdReading:
    """The ID number in ``text``, its birth date no later than ``on``; never raises."""
    if _is_in_form(text):
        number, problem = text, _wrong_content(text, on)
    else:
        number = normalise(text)
        problem = _wrong_shape(number) or _wrong_content(number, on)
    if problem is None:
        sex: Sex = "male" if number[16] in "13579" else "female"
        return IdReading(valid=True, id_number=number, born_on=_born_on(number[6:14]), sex=sex)
    return IdReading(valid=False, problem=problem, suggestion=_suggestion(number, on))


def normalise(text: str) -> str:
    """``text`` with every spelling of a digit or of the X made one; idempotent, never raises.

    A multiplication sign or a foreign X counts as X only in the last place.
    """
    plain = text[:_REASONABLE].translate(_spellings())
    kept = "".join([c for c in plain if not _is_dropped(c)])
    return kept[:-1] + "X" if kept[-1:] in _ending() else kept


def check_character(first_seventeen: str) -> str:
    """The 18th character that belongs to seventeen digits."""
    codes = first_seventeen.encode("ascii")
    return _CHECKS[(sum(map(mul, _WEIGHTS, codes)) - _ZEROS) % 11]


def _is_in_form(text: str) -> bool:
    """Whether the text needs no normalising: seventeen digits and a digit or X."""
    return len(text) == LENGTH and text.isascii() and text[:17].isdigit() and text[17] in _CHECKS


def _wrong_content(number: str, on: date) -> Problem | None:
    if number[0] == "0":
        return "area"
    born_on = _born_on(number[6:14])
    if born_on is None or born_on.year < _OLDEST_YEAR:
        return "date"
    if born_on > on:
        return "future"
    return None if check_character(number[:17]) == number[17] else "checksum"


def _wrong_shape(number: str) -> Problem | None:
    if not number:
        return "empty"
    digits = number[:-1] + ("0" if number[-1] == "X" else number[-1])
    if not (digits.isascii() and digits.isdigit()):
        return "scientific" if _is_scientific(number) else "letters"
    lengths: dict[int, Problem | None] = {18: None, 17: "seventeen", 15: "fifteen"}
    return lengths.get(len(number), "length")


def _is_scientific(number: str) -> bool:
    """Whether a spreadsheet turned the number into 3.70899E+17 (dots are gone by now)."""
    head, e, exponent = number.partition("E+")
    return bool(e) and head.isdigit() and exponent.isdigit()


@lru_cache(_KEPT_DATES)
def _born_on(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _suggestion(number: str, on: date) -> str | None:
    perhaps = _table()["perhaps"]
    corrected = "".join(perhaps.get(character, character) for character in number)
    if corrected == number or _wrong_shape(corrected) or _wrong_content(corrected, on):
        return None
    return corrected


def _is_dropped(character: str) -> bool:
    return character in _table()["dropped"] or unicodedata.category(character)[0] in "ZC"


@cache
def _spellings() -> dict[int, str]:
    """Full-width characters, small letters and Chinese digits, each to its plain form."""
    wide = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)}
    capitals = {ord(small): small.upper() for small in ascii_lowercase}
    wide |= {code + 0xFEE0: capital for code, capital in capitals.items()}
    return wide | capitals | {ord(digit): plain for digit, plain in _table()["digits"].items()}


@cache
def _ending() -> frozenset[str]:
    return frozenset(_table()["last_place_x"])


@cache
def _table() -> Any:
    return strict_yaml.load(strict_yaml.ROOM / "id_number.yaml")
