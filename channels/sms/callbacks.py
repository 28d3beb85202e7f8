"""What the SMS providers post to us: receipts, and what people answered (platform.md 8.2, 8.3).

The providers sign nothing, repeat after network trouble, and deliver in any order; the unguessable
path is the door's to check. One entry that cannot be read does not cost the others: it is counted
in `Callback.flaws`, and the whole is acknowledged, because a repetition would be no better.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from channels.characters import strip_forbidden
from channels.inbound import Inbound
from channels.sms.numbers import read_mobile

MAX_BODY = 256 * 1024
PROVIDERS_ZONE = ZoneInfo("Asia/Shanghai")

Entry: TypeAlias = Mapping[str, Any]

ANSWERS: dict[str, bytes] = {
    provider: json.dumps(answer, ensure_ascii=False).encode()
    for provider, answer in json.loads(
        Path(__file__).with_name("answers.json").read_text(encoding="utf-8")
    ).items()
}
"""What a provider wants to hear (as JSON) when its callback has been taken."""


class UnreadableCallback(Exception):
    """The whole body is not what the provider posts."""


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


@dataclass(frozen=True)
class Callback:
    """What one POST held: receipts, or messages from people; `flaws` says in English what not."""

    receipts: tuple[Receipt, ...] = ()
    messages: tuple[Inbound, ...] = ()
    flaws: tuple[str, ...] = ()


def read_receipts(provider: str, body: bytes) -> Callback:
    """The receipts of a POST. Raises `UnreadableCallback`; `provider` is a key of `ANSWERS`."""
    receipts, flaws = _read_all(body, RECEIPTS[provider])
    return Callback(receipts=tuple(receipts), flaws=tuple(flaws))


def read_messages(provider: str, body: bytes) -> Callback:
    """The messages of a POST. Raises `UnreadableCallback`; `provider` is a key of `ANSWERS`."""
    messages, flaws = _read_all(body, MESSAGES[provider])
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
        except _FlawError as flaw:
            flaws.append(f"entry {position}: {flaw}")
    return found, flaws


class _FlawError(Exception):
    """One entry is not what it should be."""


def _entry(entry: object) -> Entry:
    if not isinstance(entry, dict):
        raise _FlawError("not an object")
    return entry


def _tencent_receipt(entry: Entry) -> Receipt:
    return Receipt(
        provider="tencent",
        provider_id=_needed(entry, "sid"),
        phone=_phone(entry, "mobile"),
        delivered=_needed(entry, "report_status") == "SUCCESS",
        code=_text(entry, "errmsg"),
        description=_text(entry, "description"),
        happened_at=_moment(entry.get("user_receive_time")),
    )


def _aliyun_receipt(entry: Entry) -> Receipt:
    if not isinstance(entry.get("success"), bool):
        raise _FlawError("success is neither true nor false")
    return Receipt(
        provider="aliyun",
        provider_id=_needed(entry, "biz_id"),
        phone=_phone(entry, "phone_number"),
        delivered=entry["success"],
        code=_text(entry, "err_code"),
        description=_text(entry, "err_msg"),
        happened_at=_moment(entry.get("report_time")),
        reference=_text(entry, "out_id"),
    )


def _tencent_message(entry: Entry) -> Inbound:
    # There is no id. A repetition has the same time and text; two equal texts differ in the second.
    phone, text, time = _phone(entry, "mobile"), _text(entry, "text"), _text(entry, "time")
    return Inbound(
        channel="sms",
        sender=phone,
        kind="text",
        dedupe_key=f"u:{phone}|{time[:32]}|{_digest(text)}",
        sent_at=_moment(entry.get("time")),
        text=text,
        details=_details(entry, "extend", "sign"),
    )


def _aliyun_message(entry: Entry) -> Inbound:
    return Inbound(
        channel="sms",
        sender=_phone(entry, "phone_number"),
        kind="text",
        dedupe_key=f"q:{_needed(entry, 'sequence_id')[:64]}",
        sent_at=_moment(entry.get("send_time")),
        text=_text(entry, "content"),
        details=_details(entry, "dest_code", "sign_name"),
    )


RECEIPTS: dict[str, Callable[[Entry], Receipt]] = {
    "tencent": _tencent_receipt,
    "aliyun": _aliyun_receipt,
}
MESSAGES: dict[str, Callable[[Entry], Inbound]] = {
    "tencent": _tencent_message,
    "aliyun": _aliyun_message,
}


def _text(entry: Entry, name: str) -> str:
    """A text or a number as text; "" for what is absent, and for anything else."""
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return strip_forbidden(str(value))


def _needed(entry: Entry, name: str) -> str:
    value = _text(entry, name)
    if not value:
        raise _FlawError(f"{name} is missing")
    return value


def _phone(entry: Entry, name: str) -> str:
    phone = read_mobile(_text(entry, name))
    if phone is None:
        raise _FlawError(f"{name} is no mainland mobile number")
    return phone


def _moment(value: object) -> datetime | None:
    """Both manners of writing a time: Unix seconds, and Beijing's wall clock."""
    text = str(value)
    if text.isascii() and text.isdigit() and len(text) <= 10:
        return datetime.fromtimestamp(int(text), UTC)
    try:
        wall = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - given its zone below
    except ValueError:
        return None
    return wall.replace(tzinfo=PROVIDERS_ZONE).astimezone(UTC)


def _details(entry: Entry, *names: str) -> dict[str, str]:
    return {name: text for name in names if (text := _text(entry, name))}


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
