"""What came in, whatever the channel: the one shape that the inbox knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Inbound:
    """One incoming message or event.

    `channel` is `wechat` or `sms`; `sender` the openid or the 11-digit mobile number. `kind` is
    text, image, voice, video, location, link, miniprogram, event or unknown. `text` holds words
    where there are any (typed, or recognised from voice) and is "" otherwise. `dedupe_key` is the
    same for every re-post of one message (design.md 2). For events `event` is the platform's name
    in lower case (`subscribe`, `scan`, `click`, …) and `event_key` its key without the `qrscene_`
    prefix. `details` keeps what else the platform said, as text.
    """

    channel: str
    sender: str
    kind: str
    dedupe_key: str
    sent_at: datetime | None = None
    text: str = ""
    media_id: str | None = None
    event: str | None = None
    event_key: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    details: Mapping[str, str] = field(default_factory=dict)
