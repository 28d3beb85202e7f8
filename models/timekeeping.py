"""The clock's own rows: who leads, what ran, and how each job stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Lease(Base):
    """Who may run the clock's jobs, until when by the machines' clocks. Standbys wait for it."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]


class JobRun(Base):
    """One run of one of the clock's jobs. Unique by its due time: nothing runs twice."""

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "due_at"),
        Index("ix_job_run_due_at", "due_at"),
        Index(
            "ix_job_run_failed",
            "job",
            sqlite_where=text("error IS NOT NULL"),
            postgresql_where=text("error IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(32))
    due_at: Mapped[datetime]
    holder: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    done: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(255))
    tries: Mapped[int] = mapped_column(default=1)


class JobState(Base):
    """How a job of the clock stands, one row a job, written by the process that leads: when it last
    looked whether there was something to do, and what it is. `next_due_at` is business time."""

    __tablename__ = "job_state"

    job: Mapped[str] = mapped_column(String(32), primary_key=True)
    does: Mapped[str] = mapped_column(String(255))
    missed: Mapped[str | None] = mapped_column(String(8))
    looked_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))
