"""The pieces of providers' callbacks: receipts, people's messages, and how fields are read.

A provider's own file reads one entry of its own form with these; `channels.sms.callbacks` reads the
whole POST.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from channels.characters import strip_forbidden
from channels.sms.numbers import read_mobile

PROVIDERS_ZONE = ZoneInfo("Asia/Shanghai")

Entry: TypeAlias = Mapping[str, Any]


class FlawError(Exception):
    """One entry is not what it should be."""


@dataclass(frozen=True)
class Receipt:
    """The fate of one message: (`provider`, `provider_id`, `phone`) says which; may come again.

    `code` is the carrier's word (`DELIVRD`, `MK:0011`, …). `reference` is ours, where the provider
    gives it back ("" otherwise).
    """

    provider: str
    provider_id: str
    phone: str
    delivered: bool
    code: str
    description: str
    happened_at: datetime | None
    reference: str = ""


def text_of(entry: Entry, name: str) -> str:
    """A text or a number as text; "" for what is absent, and for anything else."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return strip_forbidden(str(value))


def needed(entry: Entry, name: str) -> str:
    """The same, where nothing can be done without it. Raises `FlawError`."""
    value = text_of(entry, name)
    if not value:
        raise FlawError(f"{name} is missing")
    return value


def phone_of(entry: Entry, name: str) -> str:
    """Eleven digits. Raises `FlawError`."""
    phone = read_mobile(text_of(entry, name))
    if phone is None:
        raise FlawError(f"{name} is no mainland mobile number")
    return phone


def moment(value: object) -> datetime | None:
    """Both manners of writing a time: Unix seconds, and Beijing's wall clock."""
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return datetime.fromtimestamp(int(text), UTC)
    try:
        wall = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - given its zone below
    except ValueError:
        return None
    return wall.replace(tzinfo=PROVIDERS_ZONE).astimezone(UTC)


def details_of(entry: Entry, *names: str) -> dict[str, str]:
    """Those of the fields that say something."""
    return {name: text for name in names if (text := text_of(entry, name))}


def digest(text: str) -> str:
    """A short name for a text, the same for the same text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
