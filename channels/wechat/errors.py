"""What WeChat's server API says no with, and what is to be done about it (platform.md 3).

    WechatError          .action says what to do; .code and .detail are for the record
    ├── Refusal          the platform answered with an errcode
    ├── Unsendable       the message itself is wrong; nothing left this machine
    ├── BadAnswer        HTTP 4xx/5xx, or a body that is not the JSON (or the picture) asked for
    ├── Unreachable      nothing left this machine for that call: no connection, or no access token
    └── OutcomeUnknown   the call left and no answer came: it may have been carried out

No text of these errors, nor of what they were raised from, holds an access token or the AppSecret.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml


class Action(StrEnum):
    """What the sender does about an error."""

    TOKEN = "token"  # noqa: S105 - a word, not a secret
    """The access token is not valid. The client has already fetched another one and repeated."""
    TRANSIENT = "transient"
    """Back off and repeat, where the call has an idempotency key."""
    UNKNOWN = "unknown"
    """Repeat only with an idempotency key; otherwise wait for a receipt or leave it open."""
    MINUTE_QUOTA = "minute_quota"
    """Wait at least 60 seconds, keep the order."""
    DAY_QUOTA = "day_quota"
    """Park until the quota returns tomorrow, alarm."""
    MONTH_QUOTA = "month_quota"
    """No mass message is left this month: park until the next one, alarm."""
    RECIPIENT = "recipient"
    """This person cannot be reached by this channel: remember it, take the next channel."""
    WINDOW = "window"
    """The time or the number of free messages is used up: take the next channel."""
    CONTENT = "content"
    """The message or our configuration of it is wrong: no repetition, alarm once."""
    ACCOUNT = "account"
    """The account may not: stop the channel's whole queue, alarm."""
    DONE = "done"
    """It was done already: success."""


def _read_table() -> tuple[dict[int, Action], dict[str, frozenset[int]], dict[Action, timedelta]]:
    table = yaml.safe_load(Path(__file__).with_name("errors.yaml").read_text(encoding="utf-8"))
    actions: dict[int, Action] = {}
    for name, codes in table["actions"].items():
        for code in codes:
            if code in actions:
                raise ValueError(f"errors.yaml: {code} stands under two actions")
            actions[code] = Action(name)
    lessons = {name: frozenset(codes) for name, codes in table["lessons"].items()}
    rests = {Action(name): timedelta(minutes=span) for name, span in table["rests"].items()}
    return actions, lessons, rests


_ACTIONS, _LESSONS, _RESTS = _read_table()

ACTIONS: Mapping[int, Action] = MappingProxyType(_ACTIONS)
"""errcode → action (`errors.yaml`)."""

LESSONS: Mapping[str, frozenset[int]] = MappingProxyType(_LESSONS)
"""`window_shut`, `not_following`, `no_follower`, `no_consent` → the errcodes that say so of a
person."""

RESTS: Mapping[Action, timedelta] = MappingProxyType(_RESTS)
"""How long everything of that channel waits after such an answer."""

DETAIL_LENGTH = 200


class WechatError(Exception):
    """A call that did not succeed."""

    def __init__(self, action: Action, detail: str, *, code: int | None = None) -> None:
        self.action, self.code, self.detail = action, code, detail[:DETAIL_LENGTH]
        super().__init__(f"{action}: {'' if code is None else f'{code} '}{self.detail}")


class Refusal(WechatError):
    """The platform answered with an errcode. `detail` is its errmsg, with the request id; `answer`
    all that it said."""

    def __init__(self, code: int, detail: str, answer: Mapping[str, Any] | None = None) -> None:
        super().__init__(ACTIONS.get(code, Action.CONTENT), detail, code=code)
        self.answer = answer or {}


class Unsendable(WechatError):
    """A message that the platform would refuse: it was not asked."""

    def __init__(self, detail: str) -> None:
        super().__init__(Action.CONTENT, detail)


class BadAnswer(WechatError):
    """Something between us and the platform answered instead of it, or it answered nonsense."""


class Unreachable(WechatError):
    """The call was not made, and may be made again."""

    def __init__(self, detail: str) -> None:
        super().__init__(Action.TRANSIENT, detail)


class OutcomeUnknown(WechatError):
    """The call may or may not have been carried out."""

    def __init__(self, detail: str) -> None:
        super().__init__(Action.UNKNOWN, detail)
