"""Sending one short message, whoever carries it.

SmsError             .code is the provider's own word
├── Rejected         it was not sent; .remedy says whether it can be
└── Unknown          no answer came: it may have been sent. No provider is idempotent, so it is
                     never repeated; the receipt, or a query, settles it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

SINGLE_UNITS = 70
PART_UNITS = 67


class Remedy(StrEnum):
    """What can be done about a rejection."""

    RETRYABLE = "retryable"
    """The provider is in trouble: repeat after `Rejected.wait_seconds`, or by another one now."""
    LATER = "later"
    """This number has had enough for now: repeat after `wait_seconds`. Not the provider's fault."""
    PERMANENT = "permanent"
    """Never for this number or this content: take the next channel."""
    ACCOUNT = "account"
    """Money, signature, template or permission is missing: stop the whole queue, alarm; or let
    another provider carry it."""


class SmsError(Exception):
    """A message that was not accepted. Its text holds no phone number."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Rejected(SmsError):
    """The provider has not sent it, for certain."""

    def __init__(self, code: str, remedy: Remedy, *, wait_seconds: int = 0) -> None:
        super().__init__(code)
        self.remedy, self.wait_seconds = remedy, wait_seconds

    def __str__(self) -> str:
        return f"{self.remedy}: {self.code}"


class Unknown(SmsError):
    """The request left and no answer came back that could be read."""

    def __str__(self) -> str:
        return f"unknown: {self.code}"


@dataclass(frozen=True)
class Accepted:
    """The provider has taken the message. Receipts name `provider_id`; `segments` are charged, None
    where the answer does not say."""

    provider_id: str
    segments: int | None


class Fate(StrEnum):
    """What a provider's own record says of a message."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


@dataclass(frozen=True)
class Trace:
    """A message in the provider's record. `provider_id` is "" where the record does not show it;
    `code` is the carrier's word."""

    fate: Fate
    provider_id: str
    code: str


@dataclass(frozen=True)
class Account:
    """One account with one provider. `url` replaces the provider's own address; `app_id` is only
    for those that have one."""

    secret_id: str
    secret_key: str
    sign_name: str
    app_id: str = ""
    url: str | None = None
    timeout_seconds: int = 10

    def __repr__(self) -> str:
        return f"Account(secret_id={self.secret_id!r})"


class SmsGateway(Protocol):
    """A provider of short messages. Safe to share between threads."""

    @property
    def name(self) -> str:
        """The provider in one word, as in settings and receipts."""

    def send(
        self, *, phone: str, template_id: str, params: Sequence[str], reference: str
    ) -> Accepted:
        """Sends a registered template to an 11-digit mainland number. `reference` is ours and comes
        back with queries. Raises `Rejected` or `Unknown`.
        """

    def find(self, *, phone: str, reference: str, sent_at: datetime) -> Trace | None:
        """What the provider's record says of the message of that reference to that number, sent at
        about that time. None: it is not in the record, or not yet. Raises `SmsError`.
        """


def judge(table: Mapping[str, Any], code: str) -> SmsError:
    """The error for a provider's code. A table has `retryable` and `later` (code → seconds to
    wait), `unknown`, `account` and `permanent`, with codes or the parts before their first dot. A
    whole code outweighs its family; what is not there is permanent, and never repeated by accident.
    """
    for name in (code, code.partition(".")[0]):
        for remedy in (Remedy.RETRYABLE, Remedy.LATER):
            if name in table[remedy]:
                return Rejected(code, remedy, wait_seconds=table[remedy][name])
        if name in table["unknown"]:
            return Unknown(code)
        if name in table["account"]:
            return Rejected(code, Remedy.ACCOUNT)
        if name in table["permanent"]:
            break
    return Rejected(code, Remedy.PERMANENT)


def segments(text: str) -> int:
    """How many messages a text with its signature is charged as (platform.md 8.1).

    70 UTF-16 units fit one; a longer text is cut into parts of 67. An emoji is two units.
    """
    units = len(text.encode("utf-16-be", "surrogatepass")) // 2
    return 1 if units <= SINGLE_UNITS else -(-units // PART_UNITS)
