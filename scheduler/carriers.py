"""Carriers: how a claimed delivery travels on each channel, and what its fate was.

A carrier never raises: a provider's error becomes an `Answer`. `UNKNOWN` stands for all that may
have been sent; what was wrong before the call left is refused or postponed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from channels.sms.gateway import Rejected, Remedy, SmsGateway, Unknown
from channels.wechat.api import WechatApi
from channels.wechat.errors import Action, Refusal, Unreachable, WechatError
from services.outbox import Answer, Fate, Parcel
from services.uncertain import Finding, Known, Question
from wording import Book
from wording.book import WordingError, sheet
from wording.sms import PREFIX, SmsTemplate, cut, room

TEXT_LIMIT_BYTES = 2048
"""The longest customer-service text (platform.md 2)."""

CHANNEL_REST = timedelta(seconds=60)
"""How long a message waits after its account or quota was refused."""

DAY_REST = timedelta(hours=6)
"""A day's quota is used up: no use in asking every minute."""


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
        case Action.TOKEN | Action.ACCOUNT | Action.MINUTE_QUOTA:
            return _stop("wechat", code, CHANNEL_REST)
        case Action.DAY_QUOTA:
            return _stop("wechat", code, DAY_REST)
        case Action.TRANSIENT if isinstance(error, Refusal | Unreachable):
            return Answer(Fate.POSTPONED, "wechat", error=code)
        case Action.TRANSIENT | Action.UNKNOWN:
            return Answer(Fate.UNKNOWN, "wechat", error=code)
        case _:
            return Answer(Fate.REFUSED, "wechat", error=code)


@dataclass(frozen=True)
class SmsCarrier:
    """Registered templates. `ids`: our template's name → the provider's id."""

    gateway: SmsGateway
    templates: Mapping[str, SmsTemplate]
    ids: Mapping[str, str]
    sign: str

    def carry(self, parcel: Parcel) -> Answer:
        name, provider = parcel.key.removeprefix(PREFIX), self.gateway.name
        template, template_id = self.templates.get(name), self.ids.get(name)
        if template is None or template_id is None:
            return Answer(Fate.REFUSED, provider, error=f"no template id for {parcel.key}")
        try:
            params = self._params(template, parcel)
            accepted = self.gateway.send(
                phone=parcel.address,
                template_id=template_id,
                params=params,
                reference=str(parcel.id),
            )
        except WordingError as error:
            return Answer(Fate.REFUSED, provider, error=str(error))
        except (Rejected, Unknown) as error:
            return judge_sms(provider, error)
        return Answer(Fate.ACCEPTED, provider, accepted.provider_id)

    def find_out(self, question: Question) -> Finding:
        """Receipts come by themselves; the gateway cannot be asked yet."""
        return Finding(Known.NOT_YET)

    def _params(self, template: SmsTemplate, parcel: Parcel) -> list[str]:
        params = template.fill(parcel.slots)
        if template.longest is None:  # free text: the conversation keeps what does not fit
            params[-1] = cut(params[-1], room(template.segments, self.sign))[0]
        return params


def judge_sms(provider: str, error: Rejected | Unknown) -> Answer:
    """What a gateway's error means for the message."""
    if isinstance(error, Unknown):
        return Answer(Fate.UNKNOWN, provider, error=str(error))
    if error.remedy is Remedy.ACCOUNT:
        return _stop(provider, str(error), CHANNEL_REST)
    if error.remedy is Remedy.RETRYABLE:
        wait = timedelta(seconds=error.wait_seconds) if error.wait_seconds else None
        return Answer(Fate.POSTPONED, provider, error=str(error), retry_in=wait)
    return Answer(Fate.REFUSED, provider, error=str(error))


def _stop(provider: str, code: str, rest: timedelta) -> Answer:
    return Answer(Fate.POSTPONED, provider, error=code, retry_in=rest, stops_channel=True)
