"""Who did what, and the sandbox's clock."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class AuditEntry(Base):
    """One act on, or look at, somebody's data. Rows are only ever added."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(48))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AuditSeal(Base):
    """A batch of audit entries, sealed by the clock: a hash over them and over the seal before.

    Entries are hashed in the order of their ids from `first_entry_id` to `last_entry_id`; seals
    are numbered without a gap. `marks` holds `[id, beginning of the entry's hash]` of each, so that
    a check can name the very entry that is not as it was."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed_at: Mapped[datetime]
    first_entry_id: Mapped[int]
    last_entry_id: Mapped[int]
    entries: Mapped[int]
    marks: Mapped[list[Any]]
    previous_sha256: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)


class ParameterOverride(Base):
    """A district's own value of a parameter: proposed by one administrator, in force once another
    has agreed (four eyes)."""

    __tablename__ = "parameter_override"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    value: Mapped[dict[str, Any]]
    """`{"value": …}`, so that a number, a text and a list are all one column."""
    from_on: Mapped[date]
    reference: Mapped[str] = mapped_column(String(255))
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    agreed: Mapped[bool | None]


class ClockShift(Base):
    """How far the sandbox's time machine moved the business clock. Empty in production."""

    __tablename__ = "clock_shift"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_seconds: Mapped[float] = mapped_column(Float)
