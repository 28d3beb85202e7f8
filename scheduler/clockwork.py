"""The clockwork: APScheduler ticks, the lease decides who works, each run is a row."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import OperationalError

from scheduler import runs
from scheduler.jobs import Job, latest_due
from scheduler.lease import RENEW_SECONDS, ClockLease
from scheduler.works import Works
from services.clock import SHANGHAI

log = structlog.get_logger()

THREADS = 12


@dataclass
class Clockwork:
    """One clock process: `run` returns after `stop` is set, when nothing is under way any more."""

    works: Works
    lease: ClockLease
    jobs: Sequence[Job]

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; then finish what is being sent, and give the lease back."""
        scheduler = self._scheduler()
        scheduler.start()
        had_it = False
        try:
            while not stop.is_set():
                has_it = self.lease.renew()
                if has_it and not had_it:
                    log.info("clock.leading", holder=self.lease.holder)
                    self._catch_up(scheduler)
                had_it = has_it
                self._beat()
                stop.wait(RENEW_SECONDS)
        finally:
            self.works.stopping.set()
            scheduler.shutdown(wait=True)
            self.lease.release()

    def tick(self, job: Job) -> None:
        """What happens at a job's every tick. Never raises."""
        if not self.lease.held:
            return
        try:
            if job.is_due is not None and not job.is_due(self.works):
                return
            due_at = latest_due(job, self.works.machine())
            if due_at is not None:
                self._run(job, due_at)
        except OperationalError:
            log.warning("clock.database_busy", job=job.name, exc_info=True)
        except Exception:
            log.exception("clock.tick_failed", job=job.name)

    def _catch_up(self, scheduler: BackgroundScheduler) -> None:
        """Do what fell due while nobody led, or what a dead leader had begun; not on this thread,
        which has the lease to renew."""
        for job in self.jobs:
            if job.is_due is None:
                again = f"{job.name}:catch_up"
                scheduler.add_job(self.tick, args=[job], id=again, replace_existing=True)

    def _run(self, job: Job, due_at: datetime) -> None:
        works, holder = self.works, self.lease.holder
        with works.sessions.begin() as session:
            run_id = runs.begin(session, job.name, due_at, holder=holder, now=works.machine())
        if run_id is None:
            return
        done, error = None, None
        try:
            done = job.verb(works)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}".splitlines()[0]
            log.exception("clock.job_failed", job=job.name)
        with works.sessions.begin() as session:
            runs.end(session, run_id, now=works.machine(), done=done, error=error)

    def _beat(self) -> None:
        try:
            with self.works.sessions.begin() as session:
                runs.beat(session, self.lease.holder, self.works.machine())
        except OperationalError:
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
                trigger=job.trigger,
                args=[job],
                id=job.name,
                max_instances=job.side_by_side,
                misfire_grace_time=int(job.grace.total_seconds()),
            )
        return scheduler
