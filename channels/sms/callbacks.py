"""What the SMS providers post to us: receipts, and what people answered (platform.md 8.2, 8.3).

The providers sign nothing, repeat after network trouble, and deliver in any order; the unguessable
path is the door's to check. One entry that cannot be read does not cost the others: it is counted
in `Callback.flaws`, and the whole is acknowledged, because a repetition would be no better.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from channels.inbound import Inbound
from channels.sms.entries import Entry, FlawError, Receipt
from channels.sms.providers import PROVIDERS

MAX_BODY = 256 * 1024


class UnreadableCallback(Exception):
    """The whole body is not what the provider posts."""


@dataclass(frozen=True)
class Callback:
    """What one POST held: receipts, or messages from people; `flaws` says in English what not."""

    receipts: tuple[Receipt, ...] = ()
    messages: tuple[Inbound, ...] = ()
    flaws: tuple[str, ...] = ()


def read_receipts(provider: str, body: bytes) -> Callback:
    """The receipts of a POST. Raises `UnreadableCallback`; `provider` is a key of `PROVIDERS`."""
    receipts, flaws = _read_all(body, PROVIDERS[provider].read_receipt)
    return Callback(receipts=tuple(receipts), flaws=tuple(flaws))


def read_messages(provider: str, body: bytes) -> Callback:
    """The messages of a POST. Raises `UnreadableCallback`; `provider` is a key of `PROVIDERS`."""
    messages, flaws = _read_all(body, PROVIDERS[provider].read_message)
    return Callback(messages=tuple(messages), flaws=tuple(flaws))


def _read_all(body: bytes, read: Callable[[Entry], Any]) -> tuple[list[Any], list[str]]:
    if len(body) > MAX_BODY:
        raise UnreadableCallback("more than 256 KB")
    try:
        posted = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableCallback("not JSON") from None
    entries = posted if isinstance(posted, list) else [posted]
    found, flaws = [], []
    for position, entry in enumerate(entries, 1):
        try:
            found.append(read(_entry(entry)))
        except FlawError as flaw:
            flaws.append(f"entry {position}: {flaw}")
    return found, flaws


def _entry(entry: object) -> Entry:
    if not isinstance(entry, dict):
        raise FlawError("not an object")
    return entry
