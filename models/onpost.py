"""From the approval to the first day: agreement, training, insurance, account, engagement
(R-3.3g, R-3.4h, R-3.5c, R-3.6*)."""

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
    UniqueConstraint,
    text,
)
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
    UNDECIDED = "undecided"
    """The term is over and an extension that was asked for is not decided: no work, no pay."""
    ENDED = "ended"


_NOT_ENDED = text("status <> 'ended'")
_CURRENT = text("replaced_at IS NULL")


class IntegratedBatch(Base):
    """Engagements from before 2022, taken over from one list (R-3.1e). `plan_year`: the year whose
    quota they count in; None where they count in none, which the plan leaves open."""

    __tablename__ = "integrated_batch"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    file_name: Mapped[str] = mapped_column(String(128))
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    plan_year: Mapped[int | None]
    rows_count: Mapped[int]
    taken_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    taken_at: Mapped[datetime]


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
        Index("ix_engagement_term", "status", "ends_on"),
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
    """The last day of the term as it stands now: by the rules, an extension, or an exit."""
    ended_on: Mapped[date | None]
    """The last day that it really was; None before."""
    first_approved_on: Mapped[date]
    retire_category: Mapped[str | None] = mapped_column(String(4))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("integrated_batch.id"))
    """The list that an engagement from before 2022 came with."""
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
    terms: Mapped[dict[str, Any]]
    """What was agreed, as it was printed: post, place, hours, pay. Plain values."""
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


class Sighting(Base):
    """Somebody saw the person together with their ID card (F-01, R-3.5c)."""

    __tablename__ = "sighting"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), index=True)
    seen_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    seen_at: Mapped[datetime]


class InsuranceCover(Base):
    """Accident cover bought by the district for a rural worker (R-3.6c); `to_on` open-ended."""

    __tablename__ = "insurance_cover"
    __table_args__ = (
        UniqueConstraint("engagement_id", "policy_number", "from_on"),
        CheckConstraint("to_on IS NULL OR from_on <= to_on", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    policy_number: Mapped[str] = mapped_column(String(64))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]


class InsuranceGap(Base):
    """Days on the post without cover, as the daily alarm found them; `to_on` is their last day,
    None while they go on. A gap stays listed after its end: its days were not insured."""

    __tablename__ = "insurance_gap"
    __table_args__ = (
        UniqueConstraint("engagement_id", "from_on"),
        Index(
            "ix_insurance_gap_open",
            "id",
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    found_at: Mapped[datetime]

    engagement: Mapped[Engagement] = relationship()


class SocialInsurance(Base):
    """An urban worker's contract and social-insurance subsidy (R-3.6e)."""

    __tablename__ = "social_insurance"

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    contract_number: Mapped[str] = mapped_column(String(64))
    kinds: Mapped[str] = mapped_column(String(128))
    """Names of the parameter `insurance.social_kinds`, with commas between."""
    share_percent: Mapped[int]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]


class BankAccount(Base):
    """The worker's own account: the holder is the worker, or it is refused (R-3.3a). One that is
    in use per person, and one person per number."""

    __tablename__ = "bank_account"
    __table_args__ = (
        Index(
            "uq_bank_account_person",
            "person_id",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
        Index(
            "uq_bank_account_number",
            "number_index",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    bank: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(64))
    number_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    number_index: Mapped[str] = mapped_column(String(32))
    from_on: Mapped[date]
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    replaced_at: Mapped[datetime | None]

    number = Sealed()
