"""Staff: who may sign in, in which role, for which place, from when to when (requirements 3.0)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.places import Region
from models.sealing import Sealed


class Role(StrEnum):
    """What somebody may do; where is said by the region of the grant (its whole subtree)."""

    DISTRICT_CLERK = "district_clerk"
    DISTRICT_APPROVER = "district_approver"
    FINANCE = "finance"
    TOWN_CLERK = "town_clerk"
    TOWN_HEAD = "town_head"
    VILLAGE_CLERK = "village_clerk"
    VILLAGE_HEAD = "village_head"
    DEPARTMENT = "department"
    AGENCY = "agency"
    SUPERVISION = "supervision"
    ADMINISTRATOR = "administrator"


class Staff(Base):
    """One person who works here. `person_id` ties them to their own record as a resident, so that
    nobody acts on their own case. Passwords are argon2 hashes; the TOTP secret stands sealed."""

    __tablename__ = "staff"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    unit: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    """The time step of the last code used: a code opens the door once."""
    failed_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    phone = Sealed()
    totp = Sealed()
    grants: Mapped[list[StaffGrant]] = relationship(
        order_by="StaffGrant.id", foreign_keys="StaffGrant.staff_id"
    )


class StaffGrant(Base):
    """A role in a place, with its dates; an agency's end with its contract (R-3.4g)."""

    __tablename__ = "staff_grant"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR from_on <= to_on", name="dates"),
        Index("ix_staff_grant_place", "region_id", "role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    role: Mapped[Role] = mapped_column(String(24))
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    granted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

    region: Mapped[Region] = relationship()


class StaffKin(Base):
    """A relative whom a member of staff declared: they keep off that relative's records (F-08)."""

    __tablename__ = "staff_kin"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    relation: Mapped[str] = mapped_column(String(32))
    declared_at: Mapped[datetime]


class StaffContact(Base):
    """A contact through which a member of staff works by chat: offered by the console with a
    one-time code, of which only a keyed hash stands here, and bound by whoever sends it."""

    __tablename__ = "staff_contact"
    __table_args__ = (
        Index(
            "uq_staff_contact_bound",
            "contact_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"))
    code_index: Mapped[str] = mapped_column(String(32), index=True)
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    bound_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


class StaffSession(Base):
    """A sign-in. The cookie holds a random token; here stands only its hash."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("staff_grant.id"))
    """The role that the person works in now."""
    passed_totp: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)
    grant: Mapped[StaffGrant | None] = relationship(lazy="joined")
