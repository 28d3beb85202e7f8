"""The plan and its yearly announcement: versions, quotas, posts (R-2.*, R-3.1*, R-3.4a)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.places import Region
from models.staff import Staff


class PlanVersion(Base):
    """One issued version of a year's plan. Never overwritten (R-2.4)."""

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("year", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    version: Mapped[int]
    effective_on: Mapped[date]
    document: Mapped[str] = mapped_column(String(128))
    reason: Mapped[str] = mapped_column(String(255))
    rural_target: Mapped[int | None]
    urban_target: Mapped[int | None]
    entered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    entered_at: Mapped[datetime | None]

    entered_by: Mapped[Staff | None] = relationship()


class Quota(Base):
    """Posts of one track that a town may fill under one plan version (Annex 2)."""

    __tablename__ = "quota"
    __table_args__ = (
        UniqueConstraint("plan_version_id", "region_id", "track"),
        CheckConstraint("number >= 0", name="not_negative"),
        CheckConstraint("track in ('rural', 'urban')", name="track"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_version_id: Mapped[int] = mapped_column(ForeignKey("plan_version.id"))
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    track: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]


class Announcement(Base):
    """The yearly recruitment announcement: which rules, for whom, from when to when (R-3.4a).

    A correction is a new version; the newest published one counts."""

    __tablename__ = "announcement"
    __table_args__ = (
        UniqueConstraint("year", "version"),
        CheckConstraint("opens_on <= closes_on", name="window"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(128))
    ruleset: Mapped[str] = mapped_column(String(64))
    scheduled_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    reference_on: Mapped[date]
    contact_phone: Mapped[str] = mapped_column(String(32))
    remark: Mapped[str] = mapped_column(Text, default="")
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    correction_reason: Mapped[str] = mapped_column(String(255), default="")
    post_ids: Mapped[list[Any]] = mapped_column(default=list)
    """The posts that a draft will announce; they are tied to it when it is published."""
    snapshot: Mapped[dict[str, Any] | None]
    """What was published, word for word: it stays readable after a correction."""
    edition: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012 - SQLAlchemy's own declaration


class PostStatus(StrEnum):
    """Requirements 3.2: from the demand to the post and back."""

    DEMANDED = "demanded"
    TOWN_CHECKED = "town_checked"
    APPROVED = "approved"
    ANNOUNCED = "announced"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    REFUSED = "refused"


class Post(Base):
    """A post, from the demand of a village or department to its place in an announcement (R-3.1*).

    `demand_reason` and `demanded_by_id` are the demand record that every post points to (R-1.3)."""

    __tablename__ = "post"
    __table_args__ = (
        CheckConstraint("headcount > 0", name="headcount"),
        CheckConstraint("mode in ('combined', 'single')", name="mode"),
        CheckConstraint("pay_kind IS NULL OR pay_kind in ('month', 'hour')", name="pay_kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcement.id"), index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    track: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(32))
    focus_areas: Mapped[list[Any]] = mapped_column(default=list)
    mode: Mapped[str] = mapped_column(String(8), default="single")
    duties: Mapped[list[Any]]
    headcount: Mapped[int]
    host_unit: Mapped[str] = mapped_column(String(64), default="")
    responsible: Mapped[str] = mapped_column(String(64), default="")
    worksite: Mapped[str] = mapped_column(String(128), default="")
    hours_per_week: Mapped[int | None]
    hours_per_month: Mapped[int | None]
    """The hours of a month that an hourly post is paid for."""
    pay_kind: Mapped[str | None] = mapped_column(String(8))
    """`month`: a full-time post; `hour`: paid for `hours_per_month`."""
    pay_fen: Mapped[int | None]
    """The pay of a whole month, of either kind (R-3.3b)."""
    plan_year: Mapped[int | None]
    """The year of the plan that the post counts in, since its approval (R-2.1)."""
    status: Mapped[PostStatus] = mapped_column(String(16), default=PostStatus.ANNOUNCED)
    version: Mapped[int] = mapped_column(default=1)
    demand_reason: Mapped[str] = mapped_column(String(255), default="")
    demanded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    demanded_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    region: Mapped[Region] = relationship()


class PostChange(Base):
    """One change of a post: what it was, what it is, from when, by whom (R-3.1d). Only added.

    A change for a later day is a row `planned` at first; when its day has come, a second row that
    names it (`planned_id`) says that it was carried out."""

    __tablename__ = "post_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    at: Mapped[datetime]
    effective_on: Mapped[date]
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    act: Mapped[str] = mapped_column(String(32))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(255), default="")
    planned_id: Mapped[int | None] = mapped_column(ForeignKey("post_change.id"), unique=True)

    staff: Mapped[Staff | None] = relationship()


class NumberSeries(Base):
    """The last number given out in a series; its row is the lock of those who draw the next."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]
