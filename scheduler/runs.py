"""Runs of jobs as rows: what ran when, by whom, with what result; and nothing twice.

A run is (job, due time). Whoever writes the row first runs it. A row whose heart stopped beating
before its end was a dead process's: another one may take it over. All times are the machine's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import JobRun

DEAD_AFTER = timedelta(seconds=30)
"""A heart beats with every renewal of the lease, six times as often."""

ERROR_LENGTH = 255


def begin(
    session: Session, job: str, due_at: datetime, *, holder: str, now: datetime
) -> int | None:
    """The id of the run to do now; None where it was done, or somebody living is at it."""
    insert_on = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {
        "job": job,
        "due_at": due_at,
        "holder": holder,
        "started_at": now,
        "heartbeat_at": now,
    }
    first = insert_on.insert(JobRun).values(**row).on_conflict_do_nothing().returning(JobRun.id)
    run_id: int | None = session.scalar(first)
    if run_id is not None:
        return run_id
    taken_over = (
        update(JobRun)
        .where(
            JobRun.job == job,
            JobRun.due_at == due_at,
            JobRun.ended_at.is_(None),
            JobRun.heartbeat_at < now - DEAD_AFTER,
        )
        .values(holder=holder, started_at=now, heartbeat_at=now)
        .returning(JobRun.id)
    )
    return session.scalar(taken_over)


def end(
    session: Session, run_id: int, *, now: datetime, done: int | None, error: str | None = None
) -> None:
    """Write down how the run ended: how many things it did, or what went wrong."""
    words = error[:ERROR_LENGTH] if error else None
    session.execute(
        update(JobRun)
        .where(JobRun.id == run_id)
        .values(ended_at=now, heartbeat_at=now, done=done, error=words)
    )


def beat(session: Session, holder: str, now: datetime) -> None:
    """Say that this process's open runs are alive."""
    session.execute(
        update(JobRun)
        .where(JobRun.holder == holder, JobRun.ended_at.is_(None))
        .values(heartbeat_at=now)
    )


def forget_before(session: Session, day: datetime) -> int:
    """Delete the ended runs that were due before; how many they were."""
    old = delete(JobRun).where(JobRun.due_at < day, JobRun.ended_at.is_not(None))
    return len(session.scalars(old.returning(JobRun.id)).all())
