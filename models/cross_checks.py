"""Lists of other departments (deaths, pensions, jobs …), held against everybody on a post, and what
was found (R-3.5b, F-06, F-07, F-09). A hit holds money back and asks people to look; it decides
nothing.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.cases import Application
from models.onpost import Engagement
from models.people import Person
from models.places import Region
from models.sealing import Sealed
from models.staff import Staff
from models.term_steps import ExitCause


class DepartmentList(Base):
    """One list, as it came: of which kind and month, by which document. The same file for the same
    kind and month is known by its hash. `troubles` names the rows that could not be read,
    `{"row": 7, "key": …, "slots": {…}}` each."""

    __tablename__ = "department_list"
    __table_args__ = (UniqueConstraint("kind", "month_on", "sha256"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(24))
    """A row of `services/cross_checks/kinds.yaml`."""
    month_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(128))
    file_name: Mapped[str] = mapped_column(String(128))
    sha256: Mapped[str] = mapped_column(String(64))
    rows_count: Mapped[int]
    """Rows that were read."""
    troubles: Mapped[list[Any]]
    taken_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    taken_at: Mapped[datetime]

    taken_by: Mapped[Staff] = relationship()


class DepartmentRow(Base):
    """One row of a list. The ID number is found by its blind index; number, name and remark stand
    sealed, for most of these people have nothing to do with the programme."""

    __tablename__ = "department_row"
    __table_args__ = (UniqueConstraint("list_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department_list.id"))
    number: Mapped[int]
    """As Excel counts it."""
    id_number_index: Mapped[str] = mapped_column(String(32), index=True)
    id_number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    remark_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    since_on: Mapped[date]
    """What this date means is the kind's: the day of death, the first day of the job …"""
    until_on: Mapped[date | None]

    id_number = Sealed()
    name = Sealed()
    remark = Sealed()
    sheet: Mapped[DepartmentList] = relationship()


class HitState(StrEnum):
    """Where a hit stands. The value is stored."""

    OPEN = "open"
    CLEARED = "cleared"
    """It is nothing: another person, out of date, allowed. Everything is as before."""
    UPHELD = "upheld"


class ListHit(Base):
    """Somebody of the programme stands on a list: one fact (person, kind, date) once, in however
    many months' lists. Open, it holds money back; the town writes what it found, the district
    decides."""

    __tablename__ = "list_hit"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "since_on"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        Index("ix_list_hit_state", "state", "due_on"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    row_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department_row.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagement.id"), index=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("application.id"))
    """Where somebody is not on a post yet."""
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    since_on: Mapped[date]
    held_from_on: Mapped[date]
    """The first day of the month of `since_on`: money of that month and later is held."""
    stops_days: Mapped[bool]
    """Days after `since_on` do not count while it is open, and not when it is upheld."""
    state: Mapped[HitState] = mapped_column(String(8), default=HitState.OPEN)
    found_at: Mapped[datetime]
    due_on: Mapped[date | None]
    explanation_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    explained_at: Mapped[datetime | None]
    findings: Mapped[str] = mapped_column(String(500), default="")
    is_true: Mapped[bool | None]
    """What the town thinks of it."""
    last_on: Mapped[date | None]
    """The last day on the post, if it is true."""
    checked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(255), default="")
    exit_cause: Mapped[ExitCause | None] = mapped_column(String(16))
    """Why the person left by this decision; None where they did not."""
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    explanation = Sealed()
    row: Mapped[DepartmentRow] = relationship()
    person: Mapped[Person] = relationship()
    engagement: Mapped[Engagement | None] = relationship()
    application: Mapped[Application | None] = relationship()
    region: Mapped[Region] = relationship()
    checked_by: Mapped[Staff | None] = relationship(foreign_keys=checked_by_id)
    decided_by: Mapped[Staff | None] = relationship(foreign_keys=decided_by_id)
