"""Runs of jobs as rows: what ran when, by whom, with what result; and nothing twice.

A run is (job, due time). Whoever writes the row first runs it. A row whose heart stopped beating
before its end was a dead process's, one with an error can be tried again: another run may take it
over. Start, heartbeat and end are the machine's time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import JobRun

DEAD_AFTER = timedelta(seconds=30)
"""A heart beats with every renewal of the lease, six times as often."""

RETRY_AFTER = timedelta(seconds=60)
"""How long a run that failed rests before the next try."""

MOST_TRIES = 5
"""So often a run is tried; then it is settled as failed, and somebody has to look."""

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
        "tries": 1,
    }
    first = insert_on.insert(JobRun).values(**row).on_conflict_do_nothing().returning(JobRun.id)
    run_id: int | None = session.scalar(first)
    if run_id is not None:
        return run_id
    taken_over = (
        update(JobRun)
        .where(JobRun.job == job, JobRun.due_at == due_at, _may_be_taken_over(now))
        .values(
            holder=holder,
            started_at=now,
            heartbeat_at=now,
            ended_at=None,
            error=None,
            tries=JobRun.tries + 1,
        )
        .returning(JobRun.id)
    )
    return session.scalar(taken_over)


def _may_be_taken_over(now: datetime) -> ColumnElement[bool]:
    died = and_(JobRun.ended_at.is_(None), JobRun.heartbeat_at < now - DEAD_AFTER)
    failed = and_(
        JobRun.error.is_not(None),
        JobRun.tries < MOST_TRIES,
        JobRun.ended_at < now - RETRY_AFTER,
    )
    return or_(died, failed)


def is_settled() -> ColumnElement[bool]:
    """Whether a run will not be tried again by itself."""
    ended = JobRun.ended_at.is_not(None)
    return and_(ended, or_(JobRun.error.is_(None), JobRun.tries >= MOST_TRIES))


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


def last_settled(session: Session, job: str) -> datetime | None:
    """The newest due time that the job has behind it."""
    newest = select(func.max(JobRun.due_at)).where(JobRun.job == job, is_settled())
    return session.scalar(newest)


def left_open(session: Session, job: str) -> list[datetime]:
    """The due times that were begun and are not settled: by a dead process, or with an error."""
    begun = select(JobRun.due_at).where(JobRun.job == job, ~is_settled())
    return list(session.scalars(begun.order_by(JobRun.due_at)))


def to_try_again(session: Session) -> set[str]:
    """The jobs that have a failed run which is not settled: it waits for its next try, or somebody
    wants it run again."""
    failed = select(JobRun.job).where(JobRun.error.is_not(None), JobRun.tries < MOST_TRIES)
    return set(session.scalars(failed.distinct()))


def forget_before(session: Session, moment: datetime) -> int:
    """Delete the settled runs that ended before; how many they were. The newest of each job stays:
    it says from where the job goes on."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job).scalar_subquery()
    old = delete(JobRun).where(JobRun.ended_at < moment, is_settled(), JobRun.id.not_in(newest))
    return len(session.scalars(old.returning(JobRun.id)).all())
