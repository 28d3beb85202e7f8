"""What one person or member of staff has to be told, and the knock on the door where nothing else
reached them (requirements 2.10, 3.9).

A `Message` is one thing to tell; its attempts are rows of `delivery`, the last of them a `Visit`.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.people import Person
from models.places import Region
from models.sealing import Sealed
from models.staff import Staff


class MessageState(StrEnum):
    """Where the telling of one thing stands."""

    OPEN = "open"
    """On its way, by whatever channel, or waiting for a visit."""
    TOLD = "told"
    """A channel took it to the end; whether it was read is not known."""
    READ = "read"
    """They wrote to us since, or somebody told them to their face."""
    UNREACHED = "unreached"
    """Nothing reached them, and nobody knocks any more."""
    WITHDRAWN = "withdrawn"
    """It is no longer true, or they wanted none of this kind."""


class Message(Base):
    """One thing to tell one person, or one member of staff.

    `kind` is a row of `services/telling_kinds.yaml`; `cause` names the event by row
    (`application:<id>|approve`); `once` makes repeated causes one message. `trace` holds every
    choice of a channel with its reasons: `{"at", "channel", "taken", "why"}`, in order.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("(person_id IS NULL) <> (staff_id IS NULL)", name="one_recipient"),
        Index("ix_message_person", "person_id", "created_at"),
        Index("ix_message_staff", "staff_id", "created_at"),
        Index("ix_message_region", "region_id", "created_at"),
        Index("ix_message_kind", "kind", "created_at"),
        Index(
            "ix_message_open",
            "cause",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_message_unread",
            "read_by_at",
            sqlite_where=text("state IN ('open', 'told') AND read_by_at IS NOT NULL"),
            postgresql_where=text("state IN ('open', 'told') AND read_by_at IS NOT NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(48))
    cause: Mapped[str] = mapped_column(String(128))
    once: Mapped[str | None] = mapped_column(String(128), unique=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    slots_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[MessageState] = mapped_column(String(12), default=MessageState.OPEN)
    channel: Mapped[str | None] = mapped_column(String(16))
    """The channel tried last, or the one that told them."""
    trace: Mapped[list[Any]] = mapped_column(default=list)
    due_at: Mapped[datetime]
    read_by_at: Mapped[datetime | None]
    """Not read by then: somebody knocks."""
    valid_until: Mapped[datetime]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(64))

    slots = Sealed()
    person: Mapped[Person | None] = relationship()
    staff: Mapped[Staff | None] = relationship()
    region: Mapped[Region | None] = relationship()


class Visit(Base):
    """Somebody of the village tells one person one thing, by phone or at the door, by a day.

    `region_id` is the office whose task it is now; overdue it goes to the town. `outcome` is
    `told`, `family_told`, `moved_away` or `not_found`."""

    __tablename__ = "visit"
    __table_args__ = (
        Index("uq_visit_message", "message_id", unique=True),
        Index("ix_visit_open", "region_id", "done_at", "due_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("message.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    due_on: Mapped[date]
    opened_at: Mapped[datetime]
    handed_up_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    way: Mapped[str | None] = mapped_column(String(8))
    outcome: Mapped[str | None] = mapped_column(String(16))
    withdrawn_at: Mapped[datetime | None]

    message: Mapped[Message] = relationship()
    person: Mapped[Person] = relationship()
    region: Mapped[Region | None] = relationship()
    done_by: Mapped[Staff | None] = relationship()
