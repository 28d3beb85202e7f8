"""The outbox: what leaves the house, one row a message, and what came back about it (design.md 7).

The legal life of a delivery is the table `DELIVERY_STEPS`; nothing else changes `Delivery.state`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id
from models.sealing import Sealed


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    """It may have been sent. A receipt or the provider's own record may say so one day."""
    STOPPED = "stopped"
    """We ourselves do not want it to leave any more."""


class Happening(StrEnum):
    """What can happen to a delivery: the names of the edges between its states."""

    CLAIMED = "claimed"
    """A sender took it, with a lease, and is about to call the provider."""
    GIVEN_BACK = "given_back"
    """The sender had to stop before it called: as if nobody had taken it."""
    EXPIRED = "expired"
    """Nobody may read it any more, such as a one-time code after its minutes."""
    LOOPED = "looped"
    """The same words went to the same address too often: something turns in a circle."""
    WITHDRAWN = "withdrawn"
    """It is no longer true."""
    ACCEPTED = "accepted"
    """The provider took it over."""
    POSTPONED = "postponed"
    """The provider certainly did not take it, and may later."""
    REFUSED = "refused"
    """The provider did not take it and never will."""
    EXHAUSTED = "exhausted"
    """Refused for now once more than we try."""
    LOST_SIGHT = "lost_sight"
    """No answer came, or the sender died: it may have been sent. Never sent again blindly."""
    REPEATED = "repeated"
    """It carries our own key, and the platform still sends that key only once: asked again."""
    CAME_TOO_LATE = "came_too_late"
    """The repeat did not leave while the platform remembered the key."""
    FOUND = "found"
    """The provider was asked and has it; how it ended is not known yet."""
    NEVER_TAKEN = "never_taken"
    """The provider was asked and never had it."""
    ARRIVED = "arrived"
    """A receipt: it is on the resident's phone."""
    BOUNCED = "bounced"
    """A receipt: it did not reach the phone."""


S, H = DeliveryState, Happening
DELIVERY_STEPS: Mapping[Happening, Mapping[DeliveryState, DeliveryState]] = {
    H.CLAIMED: {S.QUEUED: S.SENDING},
    # From UNCERTAIN: the lease had run out before the sender said that it never called.
    H.GIVEN_BACK: {S.SENDING: S.QUEUED, S.UNCERTAIN: S.QUEUED},
    H.EXPIRED: {S.QUEUED: S.FAILED},
    H.LOOPED: {S.QUEUED: S.STOPPED},
    H.WITHDRAWN: {S.QUEUED: S.STOPPED},
    # From UNCERTAIN: the answer came after the lease had run out, and is believed all the same.
    H.ACCEPTED: {S.SENDING: S.ACCEPTED, S.UNCERTAIN: S.ACCEPTED},
    H.POSTPONED: {S.SENDING: S.QUEUED, S.UNCERTAIN: S.QUEUED},
    H.REFUSED: {S.SENDING: S.FAILED, S.UNCERTAIN: S.FAILED},
    # From QUEUED: each time it broke the sender before it could be called.
    H.EXHAUSTED: {S.QUEUED: S.FAILED, S.SENDING: S.FAILED, S.UNCERTAIN: S.FAILED},
    H.LOST_SIGHT: {S.SENDING: S.UNCERTAIN},
    H.REPEATED: {S.UNCERTAIN: S.QUEUED},
    H.CAME_TOO_LATE: {S.QUEUED: S.UNCERTAIN},
    H.FOUND: {S.UNCERTAIN: S.ACCEPTED},
    H.NEVER_TAKEN: {S.UNCERTAIN: S.QUEUED},
    # From FAILED: carriers retry for a day or two, and report success after an earlier failure.
    # From QUEUED: what we were about to repeat had left the first time; the repeat does not leave.
    # From STOPPED: it was taken back while an earlier try was on its way.
    H.ARRIVED: {
        S.QUEUED: S.DELIVERED,
        S.ACCEPTED: S.DELIVERED,
        S.UNCERTAIN: S.DELIVERED,
        S.FAILED: S.DELIVERED,
        S.STOPPED: S.DELIVERED,
    },
    # Not from DELIVERED: what was read cannot come back unread.
    H.BOUNCED: {S.ACCEPTED: S.FAILED, S.UNCERTAIN: S.FAILED},
}
SETTLED = frozenset({S.DELIVERED, S.FAILED, S.STOPPED})


class Attended(StrEnum):
    """What a member of staff did about a delivery that failed, was stopped or stays uncertain."""

    AGAIN = "again"
    """Sent the same once more, as a delivery of its own."""
    IN_PERSON = "in_person"
    """Told the person by phone or at the door."""
    LEFT = "left"
    """Decided that nothing need be done."""


class Rank(IntEnum):
    """What leaves before what, when much waits on one channel."""

    AT_ONCE = 0
    """Somebody sits and waits for it, such as a one-time code."""
    NORMAL = 1
    CROWD = 2
    """One of very many: an announcement to everybody."""


class IllegalStep(Exception):
    """A delivery was asked to take a step that its state does not allow."""


class Delivery(Base):
    """One message to one address, written in the same transaction as its cause.

    `key` and `slots` (JSON text) name a phrase of the wording; the sender renders it. `once` makes
    repeated causes write one row; `words` is the same for the same words to the same address.
    `rank`: the smaller leaves first. `happening` is the last step. `ask_at`: when the provider is
    asked about an uncertain one next, `asks`: how often it was. `repeat_until`: until when a repeat
    under the same key is harmless. `due_at`, `expires_at`, `ask_at`, `created_at` and `settled_at`
    are business time; the lease and `repeat_until` are the machine's own.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_due",
            "channel",
            "rank",
            "due_at",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_delivery_lease",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index(
            "ix_delivery_ask",
            "ask_at",
            sqlite_where=text("state = 'uncertain'"),
            postgresql_where=text("state = 'uncertain'"),
        ),
        Index(
            "ix_delivery_unattended",
            "state",
            "created_at",
            sqlite_where=text("state IN ('failed', 'stopped', 'uncertain') AND attended IS NULL"),
            postgresql_where=text(
                "state IN ('failed', 'stopped', 'uncertain') AND attended IS NULL"
            ),
        ),
        Index(
            "ix_delivery_took",
            "lease_until",
            "provider",
            "state",
            sqlite_where=text("channel = 'sms' AND provider IS NOT NULL"),
            postgresql_where=text("channel = 'sms' AND provider IS NOT NULL"),
        ),
        Index("ix_delivery_words", "words", "created_at"),
        Index("ix_delivery_provider", "provider", "provider_id"),
        Index("ix_delivery_address", "address_index", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(16))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("message.id"), index=True)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    address_index: Mapped[str | None] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(64))
    slots_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    cause: Mapped[str] = mapped_column(String(96))
    once: Mapped[str | None] = mapped_column(String(96), unique=True)
    state: Mapped[DeliveryState] = mapped_column(String(12), default=DeliveryState.QUEUED)
    rank: Mapped[int] = mapped_column(SmallInteger, default=Rank.NORMAL)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str | None] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    segments: Mapped[int | None] = mapped_column(SmallInteger)
    """What an SMS is charged as; empty for what costs nothing by the piece."""
    error: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    happening: Mapped[Happening | None] = mapped_column(String(16))
    words: Mapped[str | None] = mapped_column(String(32))
    ask_at: Mapped[datetime | None]
    asks: Mapped[int] = mapped_column(default=0)
    repeat_until: Mapped[datetime | None]
    attended: Mapped[Attended | None] = mapped_column(String(16))
    attended_at: Mapped[datetime | None]
    attended_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    address = Sealed()
    slots = Sealed()

    def allows(self, happening: Happening) -> bool:
        """Whether its state knows this step."""
        return self.state in DELIVERY_STEPS[happening]

    def take_step(self, happening: Happening) -> None:
        """Move to the state that `happening` leads to. Raises `IllegalStep`."""
        following = DELIVERY_STEPS[happening].get(DeliveryState(self.state))
        if following is None:
            raise IllegalStep(f"delivery {self.id} is {self.state}: it cannot be {happening}")
        self.state, self.happening = following, happening


class Receipt(Base):
    """What a provider reported about one message, kept whether or not we know the message.

    Receipts come twice, late, and before the answer to the send. `delivery_id` is empty until the
    message is known; `phone_index` finds it where the answer with its number never came.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id", "phone_index", "status"),
        Index("ix_receipt_phone", "phone_index", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str] = mapped_column(String(64))
    phone_index: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(64))
    arrived: Mapped[bool]
    received_at: Mapped[datetime]
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("delivery.id"), index=True)


class ChannelRest(Base):
    """A channel on which nothing passes for now: its account or its quota was refused. `until` is
    the machine's time; the row stays as the last word of what was wrong."""

    __tablename__ = "channel_rest"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    until: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(String(255))
    began_at: Mapped[datetime]


class RateCount(Base):
    """How much of a shared rate is used up, where no broker keeps count; `until` is the machine's
    time."""

    __tablename__ = "rate_count"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    used: Mapped[int]
    until: Mapped[datetime]


class ChannelToken(Base):
    """An access token shared by all processes; its row is the refreshers' lock (platform.md 4).

    Whoever holds the claim asks the platform; the others wait until it is given back or runs out.
    """

    __tablename__ = "channel_token"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    token_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]

    token = Sealed(row_key="name")
