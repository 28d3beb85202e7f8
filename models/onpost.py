"""From the approval to the first day: agreement, training, insurance, account, engagement
(R-3.3g, R-3.4h, R-3.5c, R-3.6*)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.cases import Application
from models.people import Person
from models.plan import Post
from models.sealing import Sealed


class EngagementStatus(StrEnum):
    STARTING = "starting"
    ON_POST = "on_post"
    SUSPENDED = "suspended"
    ENDED = "ended"


_NOT_ENDED = text("status <> 'ended'")


class Engagement(Base):
    """One person on one post. At most one that has not ended per person (R-3.5c)."""

    __tablename__ = "engagement"
    __table_args__ = (
        Index(
            "uq_engagement_open",
            "person_id",
            unique=True,
            sqlite_where=_NOT_ENDED,
            postgresql_where=_NOT_ENDED,
        ),
        CheckConstraint("ends_on IS NULL OR starts_on <= ends_on", name="dates"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    application_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("application.id"), unique=True
    )
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    worker_code: Mapped[str] = mapped_column(String(32), unique=True)
    origin: Mapped[str] = mapped_column(String(16), default="recruited")
    track: Mapped[str] = mapped_column(String(8))
    status: Mapped[EngagementStatus] = mapped_column(String(12))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    first_approved_on: Mapped[date]
    retire_category: Mapped[str | None] = mapped_column(String(4))
    created_at: Mapped[datetime]

    application: Mapped[Application | None] = relationship()
    person: Mapped[Person] = relationship()
    post: Mapped[Post] = relationship()


class Agreement(Base):
    """The agreement between the village and the worker (R-3.6a), and its signed copy."""

    __tablename__ = "agreement"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    from_on: Mapped[date]
    to_on: Mapped[date]
    made_at: Mapped[datetime]
    signed_on: Mapped[date | None]
    signed_copy_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))


class Training(Base):
    """Training before the first day (R-3.4h)."""

    __tablename__ = "training"
    __table_args__ = (CheckConstraint("hours > 0", name="hours"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    held_on: Mapped[date]
    hours: Mapped[int]
    content: Mapped[str] = mapped_column(String(255))
    passed: Mapped[bool]
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]


class InsuranceCover(Base):
    """Accident cover bought by the district for a rural worker (R-3.6c); `to_on` open-ended."""

    __tablename__ = "insurance_cover"

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    policy_number: Mapped[str] = mapped_column(String(64))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]


class SocialInsurance(Base):
    """An urban worker's contract and social-insurance subsidy (R-3.6e)."""

    __tablename__ = "social_insurance"

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    contract_number: Mapped[str] = mapped_column(String(64))
    kinds: Mapped[str] = mapped_column(String(128))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    recorded_at: Mapped[datetime]


class BankAccount(Base):
    """The worker's own account: the holder is the worker, or it is refused (R-3.3a)."""

    __tablename__ = "bank_account"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    bank: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(64))
    number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[str] = mapped_column(String(32), index=True)
    from_on: Mapped[date]
    replaced_at: Mapped[datetime | None]

    number = Sealed()
