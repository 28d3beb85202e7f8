"""A post's code, which rotates (F-16): shown in the console, or printed for the day in the village
office. It is reckoned from the post and the time; no table keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.sealing import blind_index
from rules import parameters
from services.clock import business_date

DIGITS = 6


def code_at(post_id: int, now: datetime) -> str:
    """The six digits that hold now."""
    return _digits(post_id, _window(now))


def holds_until(now: datetime) -> datetime:
    """When the code that holds now is replaced."""
    seconds = _seconds(now)
    return now + timedelta(seconds=seconds - now.timestamp() % seconds)


def is_right(post_id: int, code: str, now: datetime) -> bool:
    """Whether these are the digits of now, or of the window before: nobody walks that fast."""
    window = _window(now)
    return code in {_digits(post_id, window), _digits(post_id, window - 1)}


def _window(now: datetime) -> int:
    return int(now.timestamp() // _seconds(now))


def _seconds(now: datetime) -> int:
    minutes = parameters.in_force_or_first("attendance.code_minutes", business_date(now)).value
    return int(minutes) * 60


def _digits(post_id: int, window: int) -> str:
    return f"{int(blind_index(f'{post_id}|{window}', 'post_code'), 16) % 10**DIGITS:0{DIGITS}d}"
