"""Carriers: how a claimed delivery travels on each channel, and what its fate was.

A carrier never raises: a provider's error becomes an `Answer`. `UNKNOWN` stands for all that may
have been sent; what was wrong before the call left is refused or postponed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from channels.wechat.api import WechatApi
from channels.wechat.errors import RESTS, Action, Refusal, Unreachable, WechatError
from services.dispatch import Answer, Fate, Parcel
from services.uncertain import Finding, Known, Question
from wording import Book
from wording.book import WordingError, sheet

TEXT_LIMIT_BYTES = 2048
"""The longest customer-service text (platform.md 2)."""


class Carrier(Protocol):
    """Takes a parcel to a provider, once."""

    def carry(self, parcel: Parcel) -> Answer: ...

    def find_out(self, question: Question) -> Finding:
        """What the provider's side knows of a message that we lost sight of. Never raises."""


@dataclass(frozen=True)
class WechatCarrier:
    """Customer-service messages: free text, within the resident's window."""

    api: WechatApi
    book: Book

    def carry(self, parcel: Parcel) -> Answer:
        try:
            text = self.book.text(parcel.key, "wechat", **parcel.slots)
        except WordingError as error:
            return Answer(Fate.REFUSED, "wechat", error=str(error))
        try:
            self.api.send_text(parcel.address, sheet(text, TEXT_LIMIT_BYTES)[0])
        except WechatError as error:
            return judge_wechat(error)
        return Answer(Fate.ACCEPTED, "wechat")

    def find_out(self, question: Question) -> Finding:
        """Customer-service messages have no key of ours, and nobody can be asked about them."""
        return Finding(Known.NEVER)


def judge_wechat(error: WechatError) -> Answer:
    """What an error of WechatApi means for a message that has no idempotency key."""
    code = str(error)
    match error.action:
        case Action.DONE:
            return Answer(Fate.ACCEPTED, "wechat")
        case action if action in RESTS:
            return _stop("wechat", code, RESTS[action])
        case Action.TRANSIENT if isinstance(error, Refusal | Unreachable):
            return Answer(Fate.POSTPONED, "wechat", error=code)
        case Action.TRANSIENT | Action.UNKNOWN:
            return Answer(Fate.UNKNOWN, "wechat", error=code)
        case _:
            return Answer(Fate.REFUSED, "wechat", error=code)


def _stop(provider: str, code: str, rest: timedelta) -> Answer:
    return Answer(Fate.POSTPONED, provider, error=code, retry_in=rest, stops_channel=True)
