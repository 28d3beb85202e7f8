"""The fields of template and subscription messages, made fit or refused before they are sent.

The platform answers one wrong field with 47003 and sends nothing; what it would refuse is refused
here, where the error names the field and no quota is spent (platform.md 2.1, `fields.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from channels.characters import strip_forbidden
from channels.wechat.errors import Unsendable

BEYOND_BASIC = re.compile("[\U00010000-\U0010ffff\ufe0f\u200d]")
"""Emoji, and what joins them: templates have none since May 2023 (platform.md 2.2)."""


@dataclass(frozen=True)
class Kind:
    """What fits into one kind of field. `form`: what the whole value must look like."""

    room: int
    cut: bool
    form: re.Pattern[str] | None = None


def _read_kinds() -> dict[str, Kind]:
    table = yaml.safe_load(Path(__file__).with_name("fields.yaml").read_text(encoding="utf-8"))
    return {
        name: Kind(row["room"], row["cut"], re.compile(row["form"]) if "form" in row else None)
        for name, row in table.items()
    }


KINDS: Mapping[str, Kind] = _read_kinds()


def kind_of(field: str) -> Kind:
    """The kind of a field such as `thing1`; an unknown one is a `thing`."""
    return KINDS.get(field.rstrip("0123456789"), KINDS["thing"])


def fit_field(name: str, value: str) -> str:
    """The value as the field takes it: on one line, without emoji, cut with an ellipsis where it is
    too long and of a kind that may be cut. Raises `Unsendable`, naming the field, not the value."""
    kind = kind_of(name)
    line = " ".join(BEYOND_BASIC.sub("", strip_forbidden(value)).split())
    if not line:
        raise Unsendable(f"{name} is empty")
    if len(line) > kind.room:
        if not kind.cut:
            raise Unsendable(f"{name} takes {kind.room} characters, not {len(line)}")
        line = line[: kind.room - 1] + "…"
    if kind.form is not None and not kind.form.fullmatch(line):
        raise Unsendable(f"{name} has not the form of its kind")
    return line


def make_data(fields: Mapping[str, str]) -> dict[str, Any]:
    """The `data` of a message. Raises `Unsendable`."""
    if not fields:
        raise Unsendable("a message without fields")
    return {name: {"value": fit_field(name, value)} for name, value in fields.items()}
