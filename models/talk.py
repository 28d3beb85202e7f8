"""What people write to us, where each talk stands, and what a person must take care of."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.people import Contact
from models.places import Region
from models.sealing import Sealed


class Inbound(Base):
    """One message that came in; acts once (unique `dedupe_key`) and keeps the reply it got.

    `content` is stored with personal numbers masked: chat is not where an ID number is kept.
    """

    __tablename__ = "inbound"
    __table_args__ = (UniqueConstraint("channel", "dedupe_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    dedupe_key: Mapped[str] = mapped_column(String(255))
    sender_key: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    reply: Mapped[str | None] = mapped_column(Text)
    failed: Mapped[bool] = mapped_column(default=False)


class Conversation(Base):
    """Where one contact's talk stands. Its row is the lock: one turn at a time per contact.

    `state` is what `bot.standing.Standing` writes: the open forms, those put aside, the rest;
    flow states are as `dialog.State` writes them, rebuilt at every turn. `turned_at` is when the
    contact last wrote: the platform's reply windows count from it.
    """

    __tablename__ = "conversation"

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    turned_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)


class Ticket(Base):
    """Something that needs a person: help, a complaint, an accident, a death to check.

    `level` says who may see it: village, town or district. A complaint goes above the accused, and
    `accused_region_id` names the office whose people may not see it (requirements 3.7, F-12).
    """

    __tablename__ = "ticket"
    __table_args__ = (Index("ix_ticket_open", "level", "region_id", "closed_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[str] = mapped_column(String(24))
    level: Mapped[str] = mapped_column(String(16))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    accused_region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"), index=True)
    anonymous: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    due_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]

    words = Sealed()
    region: Mapped[Region | None] = relationship(foreign_keys=[region_id])
