"""What WeChat's server API says no with, and what is to be done about it (platform.md 3).

    WechatError          .action says what to do; .code and .detail are for the record
    ├── Refusal          the platform answered with an errcode
    ├── BadAnswer        HTTP 4xx/5xx, or a body that is not the JSON (or the picture) asked for
    ├── Unreachable      nothing left this machine for that call: no connection, or no access token
    └── OutcomeUnknown   the call left and no answer came: it may have been carried out

No text of these errors, nor of what they were raised from, holds an access token or the AppSecret.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


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
    """Park until the quota returns (tomorrow; 45028: next month), alarm."""
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


ACTIONS: Mapping[int, Action] = MappingProxyType(
    {
        -1: Action.TRANSIENT,
        40001: Action.TOKEN,
        40014: Action.TOKEN,
        42001: Action.TOKEN,
        45011: Action.MINUTE_QUOTA,
        45066: Action.MINUTE_QUOTA,
        45009: Action.DAY_QUOTA,
        45028: Action.DAY_QUOTA,
        40003: Action.RECIPIENT,
        43004: Action.RECIPIENT,
        43019: Action.RECIPIENT,
        43101: Action.RECIPIENT,
        46004: Action.RECIPIENT,
        48002: Action.RECIPIENT,
        50005: Action.RECIPIENT,
        45015: Action.WINDOW,
        45047: Action.WINDOW,
        40007: Action.CONTENT,
        40037: Action.CONTENT,
        41030: Action.CONTENT,
        45002: Action.CONTENT,
        47001: Action.CONTENT,
        47003: Action.CONTENT,
        40013: Action.ACCOUNT,
        40125: Action.ACCOUNT,
        40164: Action.ACCOUNT,
        40243: Action.ACCOUNT,
        45109: Action.ACCOUNT,
        48001: Action.ACCOUNT,
        48003: Action.ACCOUNT,
        48004: Action.ACCOUNT,
        48006: Action.ACCOUNT,
        48008: Action.ACCOUNT,
        45065: Action.DONE,
    }
)
"""errcode → action. A code that is not listed is `CONTENT`: not repeated, and seen by somebody."""

DETAIL_LENGTH = 200


class WechatError(Exception):
    """A call that did not succeed."""

    def __init__(self, action: Action, detail: str, *, code: int | None = None) -> None:
        self.action, self.code, self.detail = action, code, detail[:DETAIL_LENGTH]
        super().__init__(f"{action}: {'' if code is None else f'{code} '}{self.detail}")


class Refusal(WechatError):
    """The platform answered with an errcode. `detail` is its errmsg, with the request id."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(ACTIONS.get(code, Action.CONTENT), detail, code=code)


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
