"""What was typed into a form, fit to be kept: no NUL (no database takes one), not too long."""

from __future__ import annotations

from datetime import date

from flask import request


class NoDay(ValueError):
    """A date field was left empty or holds no date."""


def typed(name: str, most: int = 255) -> str:
    """The text of a field, without blanks around it; empty where the form has no such field."""
    return request.form.get(name, "").replace("\x00", "").strip()[:most]


def day(name: str) -> date:
    """The date of a field; `NoDay` where there is none in it."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise NoDay from None
