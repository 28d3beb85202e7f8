"""People, the addresses they are reached at, what they agreed to, and one-time codes."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.places import Region
from models.sealing import Sealed


class Person(Base):
    """One living person, verified or not. The ID number is sealed; equality goes by blind index."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("sex in ('female', 'male')", name="sex"),
        Index("ix_person_phone_index", "phone_index"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64))
    id_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[str | None] = mapped_column(String(32), unique=True)
    born_on: Mapped[date]
    sex: Mapped[str] = mapped_column(String(6))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[str | None] = mapped_column(String(32))
    phone_verified_at: Mapped[datetime | None]
    village_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"), index=True)
    created_at: Mapped[datetime]
    seen_in_person_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]

    id_number = Sealed()
    phone = Sealed()
    village: Mapped[Region | None] = relationship()


class Contact(Base):
    """One address of a channel: an openid, or a phone number that writes to us by SMS.

    `address_key` is the openid itself; for SMS it is the blind index of the number, and the number
    stands sealed beside it. `person_id` is set once the writer has proved who they are.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("channel", "address_key"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(16))
    address_key: Mapped[str] = mapped_column(String(64))
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    bound_at: Mapped[datetime | None]
    followed: Mapped[bool] = mapped_column(default=True)
    village_hint_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    opted_out_at: Mapped[datetime | None]
    quiet_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    """When an office answered something of theirs that no message could bring them: they are shown
    it when they next write."""

    address = Sealed()
    person: Mapped[Person | None] = relationship()


class Consent(Base):
    """What somebody agreed to, in which words (by version), and when they took it back."""

    __tablename__ = "consent"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), index=True)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    text_version: Mapped[str] = mapped_column(String(32))
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """A code sent to a phone. Only its keyed hash is kept; wrong tries are counted here.

    `claim` says what the code proves, by row ids; the phone it went to stands sealed.
    """

    __tablename__ = "one_time_code"
    __table_args__ = (
        Index("ix_one_time_code_phone", "phone_index", "sent_at"),
        Index("ix_one_time_code_contact", "contact_id", "sent_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[str] = mapped_column(String(32))
    code_index: Mapped[str] = mapped_column(String(32))
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    claim: Mapped[dict[str, Any]]

    phone = Sealed()
