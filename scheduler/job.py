"""One row of the clock's table: what it is, and which due times it still owes.

Two kinds of job. A *look-out* (`is_due`) looks at its own tables at every tick of the machine's
clock and leaves a run behind only when there was something to do; what it missed lies in those
tables. A *dated* job has due times on the business clock; those that passed while no clock ran are
caught up with, as its row says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from scheduler.works import Works
from services.clock import SHANGHAI

_EPOCH = datetime(2022, 1, 1, tzinfo=SHANGHAI)
"""Every process counts intervals from here, so that they agree on due times."""


class Missed(StrEnum):
    """What becomes of a dated job's due times that passed while no clock ran."""

    ONCE = "once"
    """Only the last one is done: the job looks at how things are now."""
    EACH = "each"
    """Every one within `grace` is done, in order, and is told which one it is."""


@dataclass(frozen=True)
class Job:
    """Something the clock does. The verb gives how many things it did.

    `verb` takes the works; `each` takes the works and the due time (business time, aware) that this
    run stands for: a row has one of them, and `each` means `Missed.EACH`. What fell due longer than
    `grace` ago is not done any more: put there how long it stays true. `side_by_side`: how many
    runs of a look-out may go on at once.
    """

    name: str
    trigger: BaseTrigger
    verb: Callable[[Works], int] | None = None
    does: str = ""
    is_due: Callable[[Works], bool] | None = None
    grace: timedelta = timedelta(seconds=10)
    side_by_side: int = 1
    each: Callable[[Works, datetime], int] | None = None

    def __post_init__(self) -> None:
        if (self.verb is None) == (self.each is None):
            raise ValueError(f"{self.name}: one of `verb` and `each`")
        if self.each is not None and self.is_due is not None:
            raise ValueError(f"{self.name}: a look-out has no due times of its own")

    @property
    def missed(self) -> Missed:
        """How its missed due times are caught up with."""
        return Missed.EACH if self.each is not None else Missed.ONCE

    def run(self, works: Works, due_at: datetime) -> int:
        """Do it, for that due time."""
        if self.each is not None:
            return self.each(works, due_at)
        return self.verb(works) if self.verb is not None else 0


def every(seconds: int) -> BaseTrigger:
    """Each multiple of so many seconds."""
    return IntervalTrigger(seconds=seconds, start_date=_EPOCH, timezone=SHANGHAI)


def daily(hour: int, minute: int = 0) -> BaseTrigger:
    """Each business day at that time of Shanghai."""
    return CronTrigger(hour=hour, minute=minute, timezone=SHANGHAI)


def latest_due(job: Job, now: datetime) -> datetime | None:
    """The job's last due time up to now, within its grace."""
    found = due_between(job, now - job.grace, now)
    return found[-1] if found else None


def due_between(job: Job, since: datetime, now: datetime) -> list[datetime]:
    """The job's due times from `since` to `now`, both included, oldest first."""
    found: list[datetime] = []
    due_at = job.trigger.get_next_fire_time(None, since)
    while due_at is not None and due_at <= now:
        found.append(due_at)
        due_at = job.trigger.get_next_fire_time(due_at, now)
    return found


def owed(
    job: Job, *, last: datetime | None, now: datetime, left_open: Sequence[datetime] = ()
) -> list[datetime]:
    """The due times that a dated job still owes at `now`, in order; `last` is the newest that is
    settled, `left_open` those begun and not settled. A job that never ran begins with its last due
    time: nothing was missed before it was there."""
    since = now - job.grace
    if last is not None:
        since = max(since, last + timedelta(microseconds=1))
    found = due_between(job, since, now)
    if job.missed is Missed.EACH:
        return sorted({*(found[-1:] if last is None else found), *left_open})
    newer = [due_at for due_at in left_open if last is None or due_at > last]
    return sorted({*found, *newer})[-1:]


def next_due(job: Job, now: datetime) -> datetime | None:
    """The first due time after `now`; None for a look-out, whose tables say what is due."""
    if job.is_due is not None:
        return None
    after: datetime | None = job.trigger.get_next_fire_time(None, now + timedelta(microseconds=1))
    return after
