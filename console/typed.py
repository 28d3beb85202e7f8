"""What was typed into a form, fit to be kept: no NUL (no database takes one), not too long."""

from __future__ import annotations

from flask import request


def typed(name: str, most: int = 255) -> str:
    """The text of a field, without blanks around it; empty where the form has no such field."""
    return request.form.get(name, "").replace("\x00", "").strip()[:most]
