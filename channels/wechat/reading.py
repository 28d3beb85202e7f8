"""From the platform's elements to an `Inbound` (platform.md 1.4, 1.5).

Message kinds and events differ only in which element holds what; that is the table below. What no
one asked for stays in `details` under the platform's own name: nested elements as JSON text.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from channels.inbound import Inbound
from channels.wechat.wire import Node, Unreadable

MAX_SENDER = 64
MAX_KEY = 200
"""Characters of a dedupe key that are kept as they are; a longer tail is kept as its digest."""

ADDRESSING = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "Encrypt"})
"""Elements that `Inbound` has a place for, or that only the envelope needs."""

SUBSCRIPTION_EVENTS = (
    "SubscribeMsgPopupEvent",
    "SubscribeMsgChangeEvent",
    "SubscribeMsgSentEvent",
)

Fields: TypeAlias = Mapping[str, Node]


def read_message(fields: Fields, body: bytes) -> Inbound:
    """What the fields say. Raises `Unreadable` when a field that everything hangs on is missing,
    repeated or nested. `body` names a message to which the platform gave no id.
    """
    sender, message_type = _text(fields, "FromUserName"), _text(fields, "MsgType").lower()
    if not sender or len(sender) > MAX_SENDER or not message_type:
        raise Unreadable("no sender or no type")
    if message_type == "event":
        return _read_event(fields, sender)
    read = MESSAGES.get(message_type, _read_unknown)
    used, found = read(fields)
    details = _details(fields, used)
    if read is _read_unknown:
        details["MsgType"] = message_type
    message_id = _text(fields, "MsgId")
    key = f"m:{message_id}" if message_id else f"b:{_digest(body)}"
    return Inbound(
        channel="wechat",
        sender=sender,
        dedupe_key=_bounded(key),
        sent_at=_sent_at(fields),
        details=details,
        **found,
    )


def _read_event(fields: Fields, sender: str) -> Inbound:
    fields = _flatten_subscriptions(fields)
    event, event_key = _text(fields, "Event"), _text(fields, "EventKey")
    if not event:
        raise Unreadable("an event without a name")
    parts = (sender, _text(fields, "CreateTime"), event, event_key, _job_id(fields))
    latitude, longitude = _place_of_event(fields)
    return Inbound(
        channel="wechat",
        sender=sender,
        kind="event",
        dedupe_key=_bounded("e:" + "|".join(parts)),
        sent_at=_sent_at(fields),
        event=event.lower(),
        event_key=event_key.removeprefix("qrscene_") or None,
        latitude=latitude,
        longitude=longitude,
        details=_details(fields, ("Event", "EventKey")),
    )


def _flatten_subscriptions(fields: Fields) -> Fields:
    """The three subscribe_msg events wrap their `List` once, each under its own name, and one entry
    looks different from two. Afterwards `List` is a list, and nothing wraps it.
    """
    for name in SUBSCRIPTION_EVENTS:
        wrapped = fields.get(name)
        if isinstance(wrapped, dict):
            entries = wrapped.get("List", [])
            rest = {key: value for key, value in fields.items() if key != name}
            return {**rest, "List": entries if isinstance(entries, list) else [entries]}
    return fields


def _job_id(fields: Fields) -> str:
    """The id of our own job that an event reports on, "" for all others."""
    job_id = _text(fields, "MsgID") or _text(fields, "MsgId")
    entries = fields.get("List")
    if job_id or not isinstance(entries, list) or not entries:
        return job_id
    first = entries[0]
    return _text(first, "MsgID") if isinstance(first, dict) else ""


Found: TypeAlias = tuple[tuple[str, ...], dict[str, Any]]
"""The elements that were used up, and the fields of `Inbound` made of them."""


def _read_text(fields: Fields) -> Found:
    return ("Content",), {"kind": "text", "text": _text(fields, "Content")}


def _read_voice(fields: Fields) -> Found:
    # Recognition is a console switch, and reported dead: absent and empty mean the same.
    found = {"kind": "voice", "text": _text(fields, "Recognition")}
    return ("Recognition", "MediaId"), {**found, "media_id": _text(fields, "MediaId") or None}


def _media(kind: str) -> Callable[[Fields], Found]:
    def read(fields: Fields) -> Found:
        return ("MediaId",), {"kind": kind, "media_id": _text(fields, "MediaId") or None}

    return read


def _read_location(fields: Fields) -> Found:
    latitude, longitude = _place(fields, "Location_X", "Location_Y")
    found = {"kind": "location", "latitude": latitude, "longitude": longitude}
    return ("Location_X", "Location_Y"), found


def _read_link(_fields: Fields) -> Found:
    return (), {"kind": "link"}


def _read_miniprogram(_fields: Fields) -> Found:
    return (), {"kind": "miniprogram"}


def _read_unknown(_fields: Fields) -> Found:
    return (), {"kind": "unknown"}


MESSAGES: dict[str, Callable[[Fields], Found]] = {
    "text": _read_text,
    "image": _media("image"),
    "voice": _read_voice,
    "video": _media("video"),
    "shortvideo": _media("video"),
    "location": _read_location,
    "link": _read_link,
    "miniprogrampage": _read_miniprogram,
}


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise Unreadable(f"{name} is repeated or nested")
    return value


def _sent_at(fields: Fields) -> datetime | None:
    seconds = fields.get("CreateTime")
    if not isinstance(seconds, str) or not seconds.isascii() or not seconds.isdigit():
        return None
    # 9,999,999,999 is the year 2286; more digits are milliseconds or nonsense.
    return datetime.fromtimestamp(int(seconds), UTC) if len(seconds) <= 10 else None


def _place_of_event(fields: Fields) -> tuple[float | None, float | None]:
    chosen = fields.get("SendLocationInfo")
    if isinstance(chosen, dict):
        return _place(chosen, "Location_X", "Location_Y")
    return _place(fields, "Latitude", "Longitude")


def _place(fields: Fields, north: str, east: str) -> tuple[float | None, float | None]:
    latitude, longitude = _degrees(fields.get(north), 90), _degrees(fields.get(east), 180)
    if latitude is None or longitude is None:
        return None, None
    return latitude, longitude


def _degrees(value: Node | None, limit: int) -> float | None:
    try:
        degrees = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        return None
    return degrees if abs(degrees) <= limit else None


def _details(fields: Fields, used: tuple[str, ...]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in fields.items()
        if name not in used and name not in ADDRESSING
    }


def _bounded(key: str) -> str:
    return key if len(key) <= MAX_KEY else f"{key[: MAX_KEY - 41]}#{_digest(key.encode())}"


def _digest(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
