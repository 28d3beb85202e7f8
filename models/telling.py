"""The outbox and what channels need to remember (design.md 7)."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
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


class Delivery(Base):
    """One message to one address, written in the same transaction as its cause."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(
            "ix_delivery_due",
            "due_at",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_delivery_provider", "channel", "provider_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(16))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key: Mapped[str] = mapped_column(String(64))
    slots_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    cause: Mapped[str] = mapped_column(String(64))
    state: Mapped[DeliveryState] = mapped_column(String(12), default=DeliveryState.QUEUED)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    provider: Mapped[str | None] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    receipt: Mapped[dict[str, Any] | None]

    address = Sealed()
    slots = Sealed()


class ChannelToken(Base):
    """An access token shared by all processes; its row is the refreshers' lock (platform.md 4)."""

    __tablename__ = "channel_token"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    token: Mapped[str | None] = mapped_column(String(1024))
    expires_at: Mapped[datetime]
    fetched_at: Mapped[datetime]
