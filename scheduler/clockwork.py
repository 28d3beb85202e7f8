"""The clockwork: APScheduler ticks, the lease decides who works, each run is a row.

Look-outs tick on the machine's clock. Dated jobs are looked at every second on the business clock:
it may have stood still for two days, or been moved by the sandbox's time machine.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from scheduler import runs
from scheduler.job import Job, every, latest_due, next_due, owed
from scheduler.lease import RENEW_SECONDS, ClockLease
from scheduler.works import AWAY, Works
from services import job_states
from services.clock import SHANGHAI
from services.job_states import Look

log = structlog.get_logger()

THREADS = 12


@dataclass
class Clockwork:
    """One clock process: `run` returns after `stop` is set, when nothing is under way any more."""

    works: Works
    lease: ClockLease
    jobs: Sequence[Job]
    start_senders: Callable[[], None] = lambda: None
    stop_senders: Callable[[], None] = lambda: None
    _looks: dict[str, Look] = field(default_factory=dict)
    _next: dict[str, datetime] = field(default_factory=dict)

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; then finish what is being sent, and give the lease back."""
        scheduler = self._scheduler()
        self.start_senders()
        scheduler.start()
        had_it = False
        try:
            while not stop.is_set():
                has_it = self.lease.renew()
                if has_it and not had_it:
                    log.info("clock.leading", holder=self.lease.holder)
                    self._next.clear()  # another one may have failed at what we had seen done
                had_it = has_it
                self.write_down(leads=has_it)
                stop.wait(RENEW_SECONDS)
        finally:
            self.works.stopping.set()
            scheduler.shutdown(wait=True)
            self.stop_senders()
            self.lease.release()

    def tick(self, job: Job) -> None:
        """What happens at a job's every tick. Never raises."""
        if not self.lease.held:
            return
        error = None
        try:
            if job.is_due is None:
                self._keep_dates(job)
            elif job.is_due(self.works):
                due_at = latest_due(job, self.works.machine())
                if due_at is not None:
                    self._run(job, due_at)
        except AWAY as problem:
            error = type(problem).__name__
            log.warning("clock.database_busy", job=job.name, exc_info=True)
        except Exception as problem:
            error = type(problem).__name__
            log.exception("clock.tick_failed", job=job.name)
        self._looked(job, error)

    def _keep_dates(self, job: Job) -> None:
        """Run the due times that a dated job owes, in order; the next only after the one before."""
        with self.works.reading() as session:
            now = self.works.clock.now(session)
            if now < self._next.get(job.name, now):
                return
            last = runs.last_settled(session, job.name)
            left_open = runs.left_open(session, job.name)
        for due_at in owed(job, last=last, now=now, left_open=left_open):
            if self.works.stopping.is_set() or not self.lease.held or not self._run(job, due_at):
                return
        following = next_due(job, now)
        if following is not None:
            self._next[job.name] = following

    def _run(self, job: Job, due_at: datetime) -> bool:
        """Whether the run is behind us: done now, and without an error."""
        works, holder = self.works, self.lease.holder
        with works.sessions.begin() as session:
            run_id = runs.begin(session, job.name, due_at, holder=holder, now=works.machine())
        if run_id is None:
            return False
        done, error = None, None
        try:
            done = job.run(works, due_at)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}".splitlines()[0]
            log.exception("clock.job_failed", job=job.name)
        with works.sessions.begin() as session:
            runs.end(session, run_id, now=works.machine(), done=done, error=error)
        return error is None

    def _looked(self, job: Job, error: str | None) -> None:
        self._looks[job.name] = Look(
            job=job.name,
            does=job.does,
            missed=None if job.is_due is not None else job.missed,
            looked_at=self.works.machine(),
            next_due_at=self._next.get(job.name),
            error=error,
        )

    def write_down(self, *, leads: bool) -> None:
        """Beat the heart of what runs and, as the leader, say how each job stands."""
        try:
            with self.works.sessions.begin() as session:
                runs.beat(session, self.lease.holder, self.works.machine())
                for job in runs.to_try_again(session):
                    self._next.pop(job, None)
                if leads:
                    job_states.write(session, list(self._looks.values()))
        except AWAY:
            log.warning("clock.no_heartbeat", exc_info=True)

    def _scheduler(self) -> BackgroundScheduler:
        # Its own words on every skipped second would drown ours; what matters is a row.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS)},
            job_defaults={"coalesce": True},
            timezone=SHANGHAI,
        )
        for job in self.jobs:
            scheduler.add_job(
                self.tick,
                trigger=job.trigger if job.is_due is not None else every(1),
                args=[job],
                id=job.name,
                max_instances=job.side_by_side if job.is_due is not None else 1,
                misfire_grace_time=10,
            )
        return scheduler
