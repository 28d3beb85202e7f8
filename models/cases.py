"""One person's application, from the draft to the approval, and what was decided on the way.

Which state may follow which is said in `models.procedure`, and nowhere else.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.people import Person
from models.places import Region
from models.plan import Announcement, Post
from models.procedure import FAILED, ApplicationStatus
from models.sealing import Sealed
from models.staff import Staff

if TYPE_CHECKING:
    from models.notices import PublicNotice
    from models.onpost import Engagement

_FAILED = ", ".join(f"'{status}'" for status in sorted(FAILED))
_NOT_FAILED = text(f"status NOT IN ({_FAILED})")


class Application(Base):
    """One request of one person under one announcement (R-3.4b)."""

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "uq_application_open",
            "announcement_id",
            "person_id",
            unique=True,
            sqlite_where=_NOT_FAILED,
            postgresql_where=_NOT_FAILED,
        ),
        Index("ix_application_waits", "holder_id", "status", "due_on", "id"),
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
    status: Mapped[ApplicationStatus] = mapped_column(String(24), index=True)
    status_at: Mapped[datetime]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    due_on: Mapped[date | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    offer_accepted_at: Mapped[datetime | None]
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("public_notice.id"))
    plan_version_id: Mapped[int | None] = mapped_column(ForeignKey("plan_version.id"))
    """The version whose quota the approval counts against (R-2.4)."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    person: Mapped[Person] = relationship()
    village: Mapped[Region] = relationship(foreign_keys=[village_id])
    holder: Mapped[Region | None] = relationship(foreign_keys=[holder_id])
    announcement: Mapped[Announcement] = relationship()
    post: Mapped[Post | None] = relationship()
    kinship: Mapped[KinshipDeclaration | None] = relationship(uselist=False, viewonly=True)
    engagement: Mapped[Engagement | None] = relationship(uselist=False, viewonly=True)
    notice: Mapped[PublicNotice | None] = relationship(viewonly=True)


class ApplicationEvent(Base):
    """One step of one application: which, from where to where, when, by whom, why. Only added."""

    __tablename__ = "application_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    act: Mapped[str] = mapped_column(String(32))
    from_status: Mapped[str | None] = mapped_column(String(24))
    to_status: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approval: Mapped[bool] = mapped_column(default=False)
    reason_code: Mapped[str | None] = mapped_column(String(48))
    remark: Mapped[str | None] = mapped_column(Text)

    staff: Mapped[Staff | None] = relationship()


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
    """A paper's photo: first a media id, later the picture, fetched outside the request. It belongs
    to an application, or is a review's signed sheet, or waits for an application."""

    __tablename__ = "material"
    __table_args__ = (Index("ix_material_waiting", "state", "next_try_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("application.id"), index=True
    )
    review_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("review.id"))
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


class ExclusionCheck(Base):
    """What staff found of one circumstance that may exclude (requirements 2.4): clear or hit, by
    which source. The latest per circumstance counts; a machine decides none."""

    __tablename__ = "exclusion_check"
    __table_args__ = (CheckConstraint("outcome in ('clear', 'hit')", name="outcome"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), index=True)
    circumstance: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(8))
    source: Mapped[str] = mapped_column(String(128))
    checked_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime]
