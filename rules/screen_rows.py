"""From a row of a list to a question about a person.

Columns are found by name, in English or as clerks write them (``screening.yaml``). A row's own
cells are strict: what cannot be read makes the row a bad row, with a reason, and never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Any

from rules import id_number, strict_yaml
from rules.errors import InvalidQuestion, UnfitList
from rules.question import Question
from rules.retirement import CATEGORIES

_DATE = re.compile(r"(\d{4})[^\d\s](\d{1,2})[^\d\s](\d{1,2})[^\d\s]?(?:\s+0?0:00(?::00)?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_KEPT_VALUES = 1 << 15


@dataclass(frozen=True, slots=True)
class Given:
    """What holds for the whole list where it has no such column."""

    ruleset: str | None = None
    reference_on: date | None = None


def find_columns(header: Sequence[str], given: Given, *, file: str) -> dict[str, int]:
    """Where each known column stands; :class:`UnfitList` when one is missing or stands twice."""
    found: dict[str, int] = {}
    for place, cell in enumerate(header):
        name = _column_names().get(cell.strip().casefold())
        if name in found:
            raise UnfitList("list_column_twice", file=file, key=name)
        if name:
            found[name] = place
    missing = [key for key in ("ruleset", "reference_on") if getattr(given, key) is None]
    missing += ["track"]
    missing += [] if "id_number" in found else ["born_on", "sex"]
    for key in missing:
        if key not in found:
            raise UnfitList("list_column_missing", file=file, key=key)
    return found


class RowReader:
    """Reads the cells of one row; made once per list."""

    def __init__(self, columns: dict[str, int], given: Given) -> None:
        self._id_place = columns.get("id_number")
        self._blank = [getattr(given, key, None) for key in _READERS]
        self._cells = [
            (slot, columns[key], read)
            for slot, (key, read) in enumerate(_READERS.items())
            if key in columns
        ]

    def question(self, cells: Sequence[str]) -> Question:
        """The question in ``cells``; :class:`InvalidQuestion` names the cell that is wrong."""
        values = self._blank.copy()
        for slot, place, read in self._cells:
            if text := cells[place]:
                value = read(text)
                if value is not None:
                    values[slot] = value
        ruleset, reference_on, track, born_on, sex, *facts = values
        if ruleset is None or reference_on is None or track is None:
            key = next(key for key, value in zip(_READERS, values, strict=True) if value is None)
            raise InvalidQuestion("row_cell_needed", key=key)
        id_place = self._id_place
        if id_place is not None and (number := cells[id_place].strip()):
            born_on, sex = _from_id(number, reference_on, born_on, sex)
        return Question(ruleset, reference_on, track, born_on, sex, *facts)


def _from_id(
    number: str, on: date, born_on: date | None, sex: str | None
) -> tuple[date | None, Any]:
    reading = id_number.read(number, on)
    if reading.problem is not None:
        raise InvalidQuestion(f"id_{reading.problem}", value=number[:30])
    if born_on is not None and born_on != reading.born_on:
        raise InvalidQuestion("id_and_birth_differ", born_on=born_on)
    if sex is not None and sex != reading.sex:
        raise InvalidQuestion("id_and_sex_differ", sex=sex)
    return reading.born_on, reading.sex


def read_day(key: str, text: str) -> date | None:
    """A date as spreadsheets write it, year first; None for a blank cell."""
    text = text.strip()
    if not text:
        return None
    parts = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    try:
        if parts:
            return date(*map(int, parts.groups()))
    except ValueError:
        pass
    raise InvalidQuestion("no_such_date", key=key, value=text[:30])


@lru_cache(_KEPT_VALUES)
def read_born(text: str) -> date | None:
    """The birth date in a cell."""
    return read_day("born_on", text)


@lru_cache(_KEPT_VALUES)
def read_reference(text: str) -> date | None:
    """The reference date in a cell."""
    return read_day("reference_on", text)


@lru_cache(_KEPT_VALUES)
def read_groups(text: str) -> frozenset[str] | None:
    """The claims in a cell; an empty set for ``none``, None for a blank cell."""
    written = text.strip()
    if not written:
        return None
    if written.casefold() in _spellings()["no_groups"]:
        return frozenset()
    for separator in _spellings()["group_separators"]:
        written = written.replace(separator, "|")
    named = (name.strip() for name in written.split("|"))
    return frozenset(_spellings()["groups"].get(name, name) for name in named if name)


def _word(key: str, spellings: str, official: Sequence[str]) -> Callable[[str], Any]:
    """A reader for cells that hold one of a few words."""

    @lru_cache(_KEPT_VALUES)
    def read(text: str) -> Any:
        word = text.strip().casefold()
        if not word:
            return None
        known = {**_spellings()[spellings], **{name.casefold(): name for name in official}}
        if word not in known:
            allowed = ", ".join(dict.fromkeys(str(value) for value in known.values()))
            raise InvalidQuestion("not_one_of", key=key, value=text[:30], allowed=allowed)
        return known[word]

    return read


# In the order of the question's fields.
_READERS: dict[str, Callable[[str], Any]] = {
    "ruleset": lambda text: text.strip() or None,
    "reference_on": read_reference,
    "track": _word("track", "track", ("rural", "urban")),
    "born_on": read_born,
    "sex": _word("sex", "sex", ("female", "male")),
    "retire_category": _word("retire_category", "retire_category", CATEGORIES),
    "groups": read_groups,
    "unemployed": _word("unemployed", "fact", ()),
    "zero_employment_household": _word("zero_employment_household", "fact", ()),
}


@cache
def _column_names() -> dict[str, str]:
    named = {name: name for name in [*_READERS, "id_number"]}
    for name, spellings in _spellings()["columns"].items():
        named |= {spelling.casefold(): name for spelling in spellings}
    return named


@cache
def _spellings() -> Any:
    return strict_yaml.load(strict_yaml.ROOM / "screening.yaml")
