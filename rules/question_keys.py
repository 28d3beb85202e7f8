"""Taking the keys of a JSON question, each with its type, none left over."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import date
from typing import Any

from rules.errors import InvalidQuestion

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHOWN = 60
_LARGEST = 10**15  # fen or months; beyond this somebody leant on a key


class Keys:
    """The keys of one question; :meth:`finish` refuses what nobody asked for.

    Every method takes a key's name and raises :class:`InvalidQuestion` that names it. A key that
    may be absent or null gives None.
    """

    def __init__(self, question: dict[str, Any]) -> None:
        self._question = question
        self._taken: list[str] = ["ask"]

    def finish(self) -> None:
        """Refuse keys that no method has taken."""
        for key in self._question:
            if key not in self._taken:
                allowed = ", ".join(dict.fromkeys(self._taken))
                raise InvalidQuestion("unknown_key", key=key, allowed=allowed)

    def day(self, key: str) -> date:
        """A date written YYYY-MM-DD."""
        return read_day(key, self._present(key))

    def day_or_none(self, key: str) -> date | None:
        """A date, or nothing."""
        value = self._take(key)
        return None if value is None else read_day(key, value)

    def number(self, key: str) -> int:
        """A whole number; true and 3.0 are none."""
        value = self._present(key)
        if type(value) is not int:
            raise _wrong_type(key, value, expected="a whole number")
        if abs(value) > _LARGEST:
            raise InvalidQuestion(
                "not_between", key=key, value=value, least=-_LARGEST, most=_LARGEST
            )
        return value

    def text(self, key: str) -> str:
        """A string."""
        value = self._present(key)
        if not isinstance(value, str):
            raise _wrong_type(key, value, expected="a text")
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str:
        """One of ``allowed``."""
        return _one_of(key, self._present(key), allowed)

    def choice_or_none(self, key: str, allowed: Collection[str]) -> str | None:
        """One of ``allowed``, or nothing."""
        value = self._take(key)
        return None if value is None else _one_of(key, value, allowed)

    def fact(self, key: str) -> bool | None:
        """true, false, or nothing when nobody knows."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise _wrong_type(key, value, expected="true, false or null")
        return value

    def rows(self, key: str) -> list[dict[str, Any]]:
        """A list of mappings."""
        value = self._present(key)
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise _wrong_type(key, value, expected="a list of mappings")
        return value

    def has(self, key: str) -> bool:
        """Whether the question gives a key that may be left out."""
        return self._take(key) is not None

    def names(self, key: str) -> frozenset[str] | None:
        """A list of names, or nothing when nobody asked."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise _wrong_type(key, value, expected="a list of names or null")
        return frozenset(value)

    def _take(self, key: str) -> Any:
        self._taken.append(key)
        return self._question.get(key)

    def _present(self, key: str) -> Any:
        value = self._take(key)
        if key not in self._question:
            raise InvalidQuestion("missing_key", key=key)
        return value


def read_day(key: str, value: Any) -> date:
    """The date in ``value``; only YYYY-MM-DD in plain digits counts."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidQuestion("no_such_date", key=key, value=_shown(value))


def _one_of(key: str, value: Any, allowed: Collection[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise InvalidQuestion(
            "not_one_of", key=key, value=_shown(value), allowed=", ".join(allowed)
        )
    return value


def _wrong_type(key: str, value: Any, *, expected: str) -> InvalidQuestion:
    return InvalidQuestion("wrong_type", key=key, expected=expected, value=_shown(value))


def _shown(value: Any) -> str:
    """The value as it was written, short enough for a sentence."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
