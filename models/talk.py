"""What people write to us, where each talk stands, and what a person must take care of."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.people import Contact
from models.places import Region
from models.sealing import Sealed
from models.staff import Staff


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

    `standing` is the JSON text that `bot.standing.Standing` writes: open forms and those put
    aside. Answers hold ID numbers on their way to their own column, so the text is sealed.
    `turned_at` is when the contact last wrote: the platform's reply windows count from it.
    """

    __tablename__ = "conversation"

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    standing_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    turned_at: Mapped[datetime]

    standing = Sealed(row_key="contact_id")
    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)


class TicketKind(StrEnum):
    HELP = "help"
    QUESTION = "question"
    ACCIDENT = "accident"
    DISTRESS = "distress"
    DEATH_CHECK = "death_check"
    COMPLAINT = "complaint"
    OBJECTION = "objection"
    POOLING = "pooling"
    CORRECTION = "correction"
    PREFERENCE = "preference"


class TicketLevel(StrEnum):
    """The lowest office that may see a ticket; `supervision` is above all offices of the
    district."""

    VILLAGE = "village"
    TOWN = "town"
    DISTRICT = "district"
    SUPERVISION = "supervision"


class Ticket(Base):
    """Something that needs a person: help, a complaint, an accident, a death to check.

    `level` is the lowest office that may see it. A complaint goes above the accused, and
    `accused_region_id` names the office whose people may not see it (requirements 3.7, F-12).

    An anonymous ticket names no contact. `reporter_key`, a keyed hash, lets its writer, and nobody
    else, ask for it again; staff cannot turn it into a person.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_open", "level", "region_id", "closed_at"),
        CheckConstraint("NOT anonymous OR contact_id IS NULL", name="anonymous_names_nobody"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    kind: Mapped[TicketKind] = mapped_column(String(24))
    level: Mapped[TicketLevel] = mapped_column(String(16))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    accused_region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"), index=True)
    reporter_key: Mapped[str | None] = mapped_column(String(32), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("public_notice.id"), index=True)
    anonymous: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    due_on: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    closed_as: Mapped[str | None] = mapped_column(String(16))

    words = Sealed()
    phone = Sealed()
    region: Mapped[Region | None] = relationship(foreign_keys=[region_id])
    accused: Mapped[Region | None] = relationship(foreign_keys=[accused_region_id])
    steps: Mapped[list[TicketStep]] = relationship(order_by="TicketStep.id", viewonly=True)


class TicketStep(Base):
    """What an office did with a ticket: a reply to its writer, a note, handing it on, closing it.

    The clock is who has no staff. `shown_at`: when the writer got a reply, by whatever way."""

    __tablename__ = "ticket_step"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(16))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    from_level: Mapped[str] = mapped_column(String(16))
    to_level: Mapped[str] = mapped_column(String(16))
    shown_at: Mapped[datetime | None]

    words = Sealed()
    staff: Mapped[Staff | None] = relationship()
