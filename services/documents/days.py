"""Dates as they are written in letters."""

from __future__ import annotations

from datetime import date

from wording import load_book


def chinese_date(day: date | None) -> str:
    """2022年4月6日; a line to write on where the day is not known yet."""
    if day is None:
        return load_book().text("documents.blank_date")
    return load_book().text("documents.date", day_on=day)
