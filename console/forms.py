"""Reading what a form gives: numbers, dates, money - or saying which field cannot be read."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time

from flask import request

from console.typed import typed
from services.clock import SHANGHAI

LONGEST = 500
LARGEST_KEY = 2**31 - 1
"""No row has a larger number, and no database is asked for one."""


def text(name: str, longest: int = LONGEST) -> str:
    """A field without the blanks around it, cut at a length that no honest text has."""
    return typed(name, longest)


def whole(name: str) -> int | None:
    """A whole number, full-width digits allowed; None where it is none."""
    number = unicodedata.normalize("NFKC", text(name, 12)).replace(",", "")
    return int(number) if re.fullmatch(r"-?[0-9]{1,9}", number) else None


def fen(name: str) -> int | None:
    """Yuan with at most two decimals, as fen; None where it is none."""
    amount = unicodedata.normalize("NFKC", text(name, 16)).replace(",", "")
    found = re.fullmatch(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?", amount)
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else None


def day(name: str) -> date | None:
    """A date as browsers send it; None where it is none."""
    try:
        return date.fromisoformat(text(name, 10))
    except ValueError:
        return None


def moment(name: str) -> datetime | None:
    """A date and time of Shanghai (`<name>` and `<name>_time`, 08:00 where no time was given)."""
    on = day(name)
    if on is None:
        return None
    try:
        return datetime.combine(
            on, time.fromisoformat(text(f"{name}_time", 8) or "08:00"), SHANGHAI
        )
    except ValueError:
        return None


def lines(name: str, most: int = 20) -> tuple[str, ...]:
    """A text of several lines, each without its blanks; empty ones left out."""
    whole_text = typed(name, 200 * most).splitlines()
    return tuple(line.strip()[:200] for line in whole_text if line.strip())[:most]


def yuan(amount: int | None) -> str:
    """Fen as a form shows them; `fen` reads it back."""
    return "" if amount is None else f"{amount // 100}.{amount % 100:02d}".removesuffix(".00")


def keys(name: str) -> tuple[int, ...]:
    """The numbers of the chosen rows, each once, in order."""
    chosen = {key for key in request.form.getlist(name, type=int) if 0 < key <= LARGEST_KEY}
    return tuple(sorted(chosen))
