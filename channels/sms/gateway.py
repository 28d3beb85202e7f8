"""Sending one short message, whoever carries it.

SmsError             .code is the provider's own word
├── Rejected         it was not sent; .remedy says whether it can be
└── Unknown          no answer came: it may have been sent. No provider is idempotent, so it is
                     never repeated; the receipt, or a query, settles it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

SINGLE_UNITS = 70
PART_UNITS = 67


class Remedy(StrEnum):
    """What can be done about a rejection."""

    RETRYABLE = "retryable"
    """Repeat after `Rejected.wait_seconds`."""
    PERMANENT = "permanent"
    """Never for this number or this content: take the next channel."""
    ACCOUNT = "account"
    """Money, signature, template or permission is missing: stop the whole queue, alarm."""


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
    """The provider has taken the message. Receipts name `provider_id`; `segments` are charged."""

    provider_id: str
    segments: int


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


def segments(text: str) -> int:
    """How many messages a text with its signature is charged as (platform.md 8.1).

    70 UTF-16 units fit one; a longer text is cut into parts of 67. An emoji is two units.
    """
    units = len(text.encode("utf-16-be", "surrogatepass")) // 2
    return 1 if units <= SINGLE_UNITS else -(-units // PART_UNITS)
