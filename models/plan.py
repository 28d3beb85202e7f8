"""The plan and its yearly announcement: versions, quotas, posts (R-2.*, R-3.1*, R-3.4a)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.places import Region


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
    """The yearly recruitment announcement: which rules, for whom, from when to when (R-3.4a)."""

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
    published_at: Mapped[datetime | None]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    reference_on: Mapped[date]
    contact_phone: Mapped[str] = mapped_column(String(32))


class Post(Base):
    """A post on offer: where, what work, how many people."""

    __tablename__ = "post"
    __table_args__ = (CheckConstraint("headcount > 0", name="headcount"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcement.id"), index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    track: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(64))
    category: Mapped[str] = mapped_column(String(32))
    duties: Mapped[list[Any]]
    headcount: Mapped[int]

    region: Mapped[Region] = relationship()


class NumberSeries(Base):
    """The last number given out in a series; its row is the lock of those who draw the next."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]
