"""What looks odd about days, as reasons to go and look, never as verdicts (requirements section 4);
the samples that are drawn, and what a visit found."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.onpost import Engagement
from models.places import Region


class Anomaly(Base):
    """One signal of one month, about a worker or (`engagement_id` None) about a place. Found anew
    from the events at any time; a row alone never changes a day."""

    __tablename__ = "anomaly"
    __table_args__ = (
        Index("ix_anomaly_place", "month_on", "region_id"),
        Index("ix_anomaly_engagement", "engagement_id", "month_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month_on: Mapped[date]
    signal: Mapped[str] = mapped_column(String(24))
    """A row of `rules/anomalies.yaml`."""
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagement.id"))
    weight: Mapped[int]
    count: Mapped[int]
    """How often, in the signal's own measure: days, rounds, workers."""
    days: Mapped[list[Any]]
    """The days it concerns, ISO, in order."""
    found_at: Mapped[datetime]

    region: Mapped[Region] = relationship()
    engagement: Mapped[Engagement | None] = relationship()


class SpotDraw(Base):
    """A week's sample of a town: from whom it was drawn, with which weights, scores and seed. With
    these anybody draws the same sample again. Only added."""

    __tablename__ = "spot_draw"
    __table_args__ = (UniqueConstraint("region_id", "week_on"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    week_on: Mapped[date]
    """The Monday."""
    seed: Mapped[str] = mapped_column(String(64))
    population: Mapped[list[Any]]
    """`[engagement id, weight of its village in hundredths, score]` each."""
    terms: Mapped[dict[str, Any]]
    """`by_lot`, `by_score`: how many of each; `score_from`: the least score that is looked at."""
    drawn_at: Mapped[datetime]

    region: Mapped[Region] = relationship()


class Finding(StrEnum):
    """What somebody saw who went there without notice."""

    AT_WORK = "at_work"
    EXCUSED = "excused"
    """Not there, for a good reason: leave, rest, sent elsewhere."""
    ABSENT = "absent"
    REPLACED = "replaced"
    """Somebody else did the work."""
    UNKNOWN = "unknown"
    """Nobody there knows of this worker."""


BAD = frozenset({Finding.ABSENT, Finding.REPLACED, Finding.UNKNOWN})


class SpotCheck(Base):
    """One worker to be visited, by lot or by score, and what was found."""

    __tablename__ = "spot_check"
    __table_args__ = (
        UniqueConstraint("draw_id", "engagement_id"),
        Index(
            "ix_spot_check_open",
            "due_on",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    draw_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("spot_draw.id"))
    engagement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("engagement.id"), index=True)
    cause: Mapped[str] = mapped_column(String(8))
    """lot or score."""
    score: Mapped[int]
    due_on: Mapped[date]
    done_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    finding: Mapped[Finding | None] = mapped_column(String(12))
    remark: Mapped[str] = mapped_column(String(255), default="")
    photo_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("attachment.id"))

    draw: Mapped[SpotDraw] = relationship()
    engagement: Mapped[Engagement] = relationship()
