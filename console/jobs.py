"""The clock's jobs: when each ran last and how it ended, when it is due next, what is overdue."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from console.base import NAV, Elsewhere, NavItem, console, current, door, needs, page, say, tell
from models import Role
from services import job_states

ACT = frozenset({Role.ADMINISTRATOR})
SEE = ACT | {Role.DISTRICT_CLERK, Role.SUPERVISION}
SHOWN = 50

NAV.append(NavItem("console.clock_jobs", "jobs.nav", SEE, order=85, group="house"))


@door.get("/jobs")
@needs(*SEE)
def clock_jobs() -> str:
    """All jobs, those with an alarm first, and the runs that failed last."""
    seat = current()
    lead = job_states.leader(seat.session)
    return page(
        "jobs.html",
        jobs=job_states.standings(seat.session, now=seat.now, machine_now=seat.wall),
        failures=job_states.failures(seat.session, limit=SHOWN),
        runs_now=lead is not None and lead.until > seat.wall,
        lead=lead,
        name=_name,
        may=seat.role in ACT,
    )


@door.post("/jobs/<int:run>/again")
@needs(*ACT)
def job_again(run: int) -> ResponseReturnValue:
    """Let the clock try a run that failed once more."""
    seat = current()
    found = job_states.run_again(seat.session, run, seat.acting, seat.now)
    if found is None:
        raise Elsewhere("job_run", run)
    tell("jobs.will_run", job=_name(found.job))
    return redirect(url_for("console.clock_jobs"))


def _name(job: str) -> str:
    key = f"jobs.job_{job}"
    return say(key) if key in console().book.phrases else job
