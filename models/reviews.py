"""The village's democratic review (民主评议, R-3.4c): a meeting, who was there, how they voted."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.cases import Application
from models.places import Region


class AttendeeRole(StrEnum):
    VILLAGER_REPRESENTATIVE = "villager_representative"
    PARTY_MEMBER = "party_member"
    COMMITTEE_MEMBER = "committee_member"
    TOWN_OBSERVER = "town_observer"


class Review(Base):
    """One meeting of one village: planned, held, and entered from its sheet.

    It counts once `closed_at` is set: quorum, recusals, photo and votes are checked then. Nothing
    in it changes afterwards."""

    __tablename__ = "review"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    village_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    held_on: Mapped[date]
    place: Mapped[str] = mapped_column(String(64))
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    photo_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    village: Mapped[Region] = relationship()
    attendees: Mapped[list[ReviewAttendee]] = relationship(
        order_by="ReviewAttendee.id", cascade="all, delete-orphan"
    )
    results: Mapped[list[ReviewResult]] = relationship(order_by="ReviewResult.id")


class ReviewAttendee(Base):
    """Somebody at the meeting, in a role."""

    __tablename__ = "review_attendee"
    __table_args__ = (UniqueConstraint("review_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"))
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[AttendeeRole] = mapped_column(String(32))


class ReviewResult(Base):
    """The vote on one application. Whoever is related stepped out: `recused` names them, one a
    line. `kin_absent`: the relatives whom the applicant declared were not at the meeting."""

    __tablename__ = "review_result"
    __table_args__ = (
        UniqueConstraint("review_id", "application_id"),
        CheckConstraint("votes_for >= 0 AND votes_against >= 0 AND abstained >= 0", name="votes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    votes_for: Mapped[int]
    votes_against: Mapped[int]
    abstained: Mapped[int]
    recused: Mapped[str] = mapped_column(String(255), default="")
    kin_absent: Mapped[bool] = mapped_column(default=False)
    remark: Mapped[str] = mapped_column(String(255), default="")

    application: Mapped[Application] = relationship()
