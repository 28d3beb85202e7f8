"""How the clock's jobs stand, for whoever has to look after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import JobRun, JobState, Lease
from services.acting import Acting
from services.trail import note

SILENT_AFTER = timedelta(minutes=5)
"""The leader looks at every job within seconds."""

LATE_AFTER = timedelta(minutes=10)
"""A due time that passed so long ago should be behind us."""


@dataclass(frozen=True)
class Look:
    """One look of the clock at one job. `looked_at` is the machine's time, `next_due_at` business
    time; `missed` is empty for a look-out."""

    job: str
    does: str
    missed: str | None
    looked_at: datetime
    next_due_at: datetime | None
    error: str | None


def write(session: Session, looks: Sequence[Look]) -> None:
    """Write down the newest look at each job, one row a job."""
    if not looks:
        return
    insert_on = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = insert_on.insert(JobState)
    columns = ("does", "missed", "looked_at", "next_due_at", "error")
    upsert = insert.on_conflict_do_update(
        index_elements=[JobState.job],
        set_={name: getattr(insert.excluded, name) for name in columns},
    )
    session.execute(upsert, [asdict(look) for look in looks])


@dataclass(frozen=True)
class Standing:
    """How one job stands. `alarm`: "silent" when nobody looked at it for minutes, "late" when its
    due time passed, "failed" when its last run or its last look did."""

    state: JobState
    last: JobRun | None
    alarm: str | None


def standings(session: Session, *, now: datetime, machine_now: datetime) -> list[Standing]:
    """Every job that a clock ever looked at, those with an alarm first."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job).scalar_subquery()
    last = {run.job: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}
    found = [
        Standing(state, last.get(state.job), _alarm(state, last.get(state.job), now, machine_now))
        for state in session.scalars(select(JobState).order_by(JobState.job))
    ]
    return sorted(found, key=lambda one: one.alarm is None)


def _alarm(
    state: JobState, last: JobRun | None, now: datetime, machine_now: datetime
) -> str | None:
    if state.looked_at < machine_now - SILENT_AFTER:
        return "silent"
    if state.error is not None or (last is not None and last.error is not None):
        return "failed"
    if state.next_due_at is not None and state.next_due_at < now - LATE_AFTER:
        return "late"
    return None


def failures(session: Session, *, limit: int) -> Sequence[JobRun]:
    """The newest runs that ended with an error."""
    failed = select(JobRun).where(JobRun.error.is_not(None), JobRun.ended_at.is_not(None))
    return session.scalars(failed.order_by(JobRun.id.desc()).limit(limit)).all()


def leader(session: Session) -> Lease | None:
    """Who holds the clock's lease, and until when by the machines' time."""
    return session.get(Lease, "clock")


def run_again(session: Session, run_id: int, acting: Acting, now: datetime) -> JobRun | None:
    """Let the clock try a failed run of a dated job once more, from its first try on; None where
    there is none. A look-out needs no such thing: it looks by itself."""
    run = session.get(JobRun, run_id, with_for_update=True)
    if run is None or run.error is None or run.ended_at is None:
        return None
    state = session.get(JobState, run.job)
    if state is None or state.missed is None:
        return None
    run.tries = 0
    note(
        session,
        "job.run_again",
        actor=acting.name,
        at=now,
        subject=("job", run.job),
        due_at=run.due_at.isoformat(),
        before=run.error,
    )
    return run
