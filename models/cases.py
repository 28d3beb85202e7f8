"""One person's application, from the draft to the approval, and what was decided on the way.

The states and edges follow requirements 3.1. This is the only place that says which state may
follow which; `services.cases` walks the edges.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.people import Person
from models.places import Region
from models.plan import Announcement, Post
from models.sealing import Sealed


class ApplicationStatus(StrEnum):
    SUBMITTED = "submitted"
    PAPERS_MISSING = "papers_missing"
    LAPSED = "lapsed"
    VILLAGE_REVIEW = "village_review"
    TOWN_REVIEW = "town_review"
    ON_NOTICE = "on_notice"
    OBJECTION = "objection"
    DISTRICT_REVIEW = "district_review"
    APPROVED = "approved"
    REFUSED = "refused"
    WAITING_LIST = "waiting_list"
    WITHDRAWN = "withdrawn"


S = ApplicationStatus
APPLICATION_EDGES: dict[ApplicationStatus, frozenset[ApplicationStatus]] = {
    S.SUBMITTED: frozenset({S.PAPERS_MISSING, S.VILLAGE_REVIEW, S.WITHDRAWN}),
    S.PAPERS_MISSING: frozenset({S.SUBMITTED, S.LAPSED, S.WITHDRAWN}),
    S.VILLAGE_REVIEW: frozenset({S.TOWN_REVIEW, S.REFUSED, S.WITHDRAWN}),
    S.TOWN_REVIEW: frozenset(
        {S.ON_NOTICE, S.VILLAGE_REVIEW, S.REFUSED, S.WAITING_LIST, S.WITHDRAWN}
    ),
    S.ON_NOTICE: frozenset({S.OBJECTION, S.DISTRICT_REVIEW, S.WITHDRAWN}),
    S.OBJECTION: frozenset({S.ON_NOTICE, S.REFUSED, S.WITHDRAWN}),
    S.DISTRICT_REVIEW: frozenset(
        {S.APPROVED, S.TOWN_REVIEW, S.REFUSED, S.WAITING_LIST, S.WITHDRAWN}
    ),
    S.WAITING_LIST: frozenset({S.TOWN_REVIEW, S.LAPSED, S.WITHDRAWN}),
    S.APPROVED: frozenset(),
    S.REFUSED: frozenset(),
    S.LAPSED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
ENDED = frozenset(status for status, following in APPLICATION_EDGES.items() if not following)

_NOT_ENDED = text("status NOT IN ('lapsed', 'refused', 'withdrawn')")


class Application(Base):
    """One request of one person under one announcement (R-3.4b)."""

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "uq_application_open",
            "announcement_id",
            "person_id",
            unique=True,
            sqlite_where=_NOT_ENDED,
            postgresql_where=_NOT_ENDED,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcement.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    village_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    track: Mapped[str] = mapped_column(String(8))
    claims: Mapped[dict[str, Any]]
    helper_contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"))
    helper_relation: Mapped[str | None] = mapped_column(String(32))
    pledged_at: Mapped[datetime]
    submitted_at: Mapped[datetime]
    status: Mapped[ApplicationStatus] = mapped_column(String(16))
    status_at: Mapped[datetime]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    due_on: Mapped[date | None]

    person: Mapped[Person] = relationship()
    village: Mapped[Region] = relationship(foreign_keys=[village_id])
    holder: Mapped[Region | None] = relationship(foreign_keys=[holder_id])
    announcement: Mapped[Announcement] = relationship()
    post: Mapped[Post | None] = relationship()


class ApplicationEvent(Base):
    """One step of one application: from where to where, when, by whom, why."""

    __tablename__ = "application_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    from_status: Mapped[str | None] = mapped_column(String(16))
    to_status: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(255))


class Decision(Base):
    """A screening with its whole trace, kept so that "why?" has the same answer years later."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("application.id"), index=True
    )
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact.id"), index=True)
    decided_at: Mapped[datetime]
    ruleset: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(16))
    matched: Mapped[list[Any]]
    trace: Mapped[list[Any]]


class KinshipDeclaration(Base):
    """What the applicant said about relatives in office (F-08): a mark, never a refusal."""

    __tablename__ = "kinship_declaration"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    has_relative: Mapped[bool]
    details_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    declared_at: Mapped[datetime]

    details = Sealed()


class Material(Base):
    """A paper's photo: first a media id, later the picture, fetched outside the request."""

    __tablename__ = "material"
    __table_args__ = (Index("ix_material_waiting", "state", "next_try_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("application.id"), index=True
    )
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    media_id: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    received_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    content_type: Mapped[str | None] = mapped_column(String(64))
    picture_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
