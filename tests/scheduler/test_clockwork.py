"""The clockwork: one leader, nothing twice, nothing missed, and a clean stop."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.media import Media
from models import JobRun, JobState
from models import Lease as LeaseRow
from scheduler import runs
from scheduler.clockwork import Clockwork
from scheduler.job import next_due
from scheduler.jobs import JOBS, Job, every, latest_due
from scheduler.lease import LEASE, ClockLease
from scheduler.works import KEEP_RUNS, Works
from services.clock import SHANGHAI, WallClock
from tests.builders import at

NOW = datetime(2026, 11, 24, 3, 10, 30, tzinfo=SHANGHAI)
DAILY = CronTrigger(hour=3, minute=10, timezone=SHANGHAI)


class Machine:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def now(self, session: Session) -> datetime:
        """As the business clock, which agrees with the machine's here."""
        return self.at


def no_pictures(media_id: str) -> Media:
    raise AssertionError("nobody asked for a picture")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def works(sessions: sessionmaker[Session], machine: Machine) -> Works:
    return Works(sessions=sessions, clock=machine, carriers={}, fetch=no_pictures, machine=machine)


@pytest.fixture
def leases(sessions: sessionmaker[Session], machine: Machine) -> list[ClockLease]:
    return [ClockLease(sessions, holder=name, machine=machine) for name in ("first", "second")]


def counting(name: str = "count", **more: Any) -> tuple[Job, list[int]]:
    """A daily job that counts its runs."""
    done: list[int] = []

    def verb(works: Works) -> int:
        done.append(1)
        return 7

    given: dict[str, Any] = {"trigger": DAILY, "grace": timedelta(hours=25), "does": "Counts."}
    return Job(name=name, verb=verb, **{**given, **more}), done


def daily_book(
    failing: frozenset[datetime] = frozenset(), **more: Any
) -> tuple[Job, list[datetime]]:
    """A job that wants every missed day, and writes down which ones it was called for."""
    called: list[datetime] = []

    def each(works: Works, due_at: datetime) -> int:
        called.append(due_at)
        if due_at in failing:
            raise RuntimeError("this day does not close")
        return 1

    given: dict[str, Any] = {"trigger": DAILY, "grace": timedelta(days=40), "does": "Closes days."}
    return Job(name="close", each=each, **{**given, **more}), called


def all_runs(sessions: sessionmaker[Session]) -> list[JobRun]:
    with sessions() as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.id)))


def test_one_process_holds_the_lease_until_it_stops_renewing(
    leases: list[ClockLease], machine: Machine
) -> None:
    first, second = leases
    assert first.renew()
    assert not second.renew()
    machine.at += LEASE - timedelta(seconds=1)
    assert first.renew()
    machine.at += LEASE - timedelta(seconds=1)
    assert not second.renew()
    machine.at += timedelta(seconds=1)
    assert second.renew()
    assert not first.renew()
    assert second.held
    assert not first.held


def test_a_lease_given_back_is_free_at_once(leases: list[ClockLease]) -> None:
    first, second = leases
    first.renew()
    first.release()
    assert not first.held
    assert second.renew()
    first.release()
    assert second.renew()


def test_many_standbys_make_one_leader(sessions: sessionmaker[Session], machine: Machine) -> None:
    crowd = [ClockLease(sessions, holder=f"h{n}", machine=machine) for n in range(6)]
    threads = [threading.Thread(target=lease.renew) for lease in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sum(lease.held for lease in crowd) == 1


def test_a_database_that_fails_leaves_the_lease_to_run_out(
    leases: list[ClockLease], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = leases[0]
    first.renew()

    def fail(*_: object) -> bool:
        raise OperationalError("", {}, Exception("locked"))

    monkeypatch.setattr(ClockLease, "_take", fail)
    assert first.renew()
    assert not leases[1].renew()


def test_a_run_is_a_row_with_its_result(works: Works, leases: list[ClockLease]) -> None:
    job, done = counting()
    leases[0].renew()
    Clockwork(works, leases[0], [job]).tick(job)
    [run] = all_runs(works.sessions)
    assert (run.job, run.done, run.error, run.holder) == ("count", 7, None, "first")
    assert run.due_at == at("2026-11-24 03:10")
    assert run.ended_at is not None
    assert done == [1]


def test_two_processes_run_a_due_time_once(works: Works, leases: list[ClockLease]) -> None:
    job, done = counting()
    leases[0].renew()
    Clockwork(works, leases[0], [job]).tick(job)
    leases[0].release()
    leases[1].renew()
    Clockwork(works, leases[1], [job]).tick(job)
    assert done == [1]


def test_a_standby_does_nothing(works: Works, leases: list[ClockLease]) -> None:
    job, done = counting()
    Clockwork(works, leases[0], [job]).tick(job)
    assert (done, all_runs(works.sessions)) == ([], [])


def test_what_a_dead_process_had_begun_is_done_again(
    works: Works, leases: list[ClockLease], machine: Machine
) -> None:
    job, done = counting()
    with works.sessions.begin() as session:
        runs.begin(session, "count", at("2026-11-24 03:10"), holder="dead", now=NOW)
    machine.at += runs.DEAD_AFTER
    leases[0].renew()
    clockwork = Clockwork(works, leases[0], [job])
    clockwork.tick(job)
    assert done == []
    machine.at += timedelta(seconds=1)
    clockwork.tick(job)
    [run] = all_runs(works.sessions)
    assert (done, run.holder, run.done) == ([1], "first", 7)


def test_a_heartbeat_keeps_a_run_alive(works: Works, machine: Machine) -> None:
    due_at = at("2026-11-24 03:10")
    with works.sessions.begin() as session:
        runs.begin(session, "count", due_at, holder="slow", now=NOW)
        machine.at += runs.DEAD_AFTER * 2
        runs.beat(session, "slow", machine.at)
        assert runs.begin(session, "count", due_at, holder="other", now=machine.at) is None


def test_a_job_that_fails_leaves_its_reason(works: Works, leases: list[ClockLease]) -> None:
    def fail(works: Works) -> int:
        raise ZeroDivisionError("by zero\nsecond line")

    job = Job(name="fail", trigger=DAILY, verb=fail, does="Fails.", grace=timedelta(hours=25))
    leases[0].renew()
    Clockwork(works, leases[0], [job]).tick(job)
    [run] = all_runs(works.sessions)
    assert (run.done, run.error) == (None, "ZeroDivisionError: by zero")


def test_a_look_out_with_nothing_to_do_leaves_no_row(
    works: Works, leases: list[ClockLease]
) -> None:
    job, done = counting(is_due=lambda _works: False)
    leases[0].renew()
    Clockwork(works, leases[0], [job]).tick(job)
    assert (done, all_runs(works.sessions)) == ([], [])


def test_old_runs_are_forgotten_and_open_ones_kept(works: Works, machine: Machine) -> None:
    old = NOW - KEEP_RUNS - timedelta(seconds=1)
    with works.sessions.begin() as session:
        ended = runs.begin(session, "a", old, holder="h", now=old)
        assert ended is not None
        runs.end(session, ended, now=old, done=0)
        runs.begin(session, "b", old, holder="h", now=old)
        recent = runs.begin(session, "a", NOW, holder="h", now=NOW)
        assert recent is not None
        runs.end(session, recent, now=NOW, done=0)
    assert works.forget_runs() == 1
    assert [(run.job, run.due_at) for run in all_runs(works.sessions)] == [("b", old), ("a", NOW)]


def days(*names: str) -> list[datetime]:
    return [at(f"2026-11-{name} 03:10") for name in names]


def test_two_days_off_are_caught_up_with_in_order_and_once(
    works: Works, leases: list[ClockLease], machine: Machine
) -> None:
    job, called = daily_book()
    last, done = counting("look")
    leases[0].renew()
    clockwork = Clockwork(works, leases[0], [job, last])
    for one in (job, last):
        clockwork.tick(one)
    assert called == days("24")  # what was before it was there was not missed
    machine.at += timedelta(days=3)
    leases[0].renew()
    for _ in range(3):
        clockwork.tick(job)
        clockwork.tick(last)
    assert called == days("24", "25", "26", "27")
    assert len(done) == 2  # the other one looks at how things are now: once is enough
    assert [run.done for run in all_runs(works.sessions) if run.job == "close"] == [1, 1, 1, 1]


def test_what_is_no_longer_true_is_not_done_any_more(
    works: Works, leases: list[ClockLease], machine: Machine
) -> None:
    job, called = daily_book(grace=timedelta(hours=2))
    leases[0].renew()
    clockwork = Clockwork(works, leases[0], [job])
    clockwork.tick(job)
    machine.at = at("2026-11-27 09:00")
    leases[0].renew()
    clockwork.tick(job)
    assert called == days("24")
    machine.at = at("2026-11-28 05:00")
    leases[0].renew()
    clockwork.tick(job)
    assert called == days("24", "28")


def test_a_day_that_fails_holds_up_the_next_until_it_was_tried_often_enough(
    works: Works, leases: list[ClockLease], machine: Machine
) -> None:
    [bad] = days("25")
    job, called = daily_book(failing=frozenset({bad}))
    leases[0].renew()
    clockwork = Clockwork(works, leases[0], [job])
    clockwork.tick(job)
    machine.at = at("2026-11-27 03:10")
    for _ in range(runs.MOST_TRIES):
        assert called.count(bad) < runs.MOST_TRIES
        leases[0].renew()
        clockwork.tick(job)
        clockwork.tick(job)  # too soon for another try
        machine.at += runs.RETRY_AFTER + timedelta(seconds=1)
    leases[0].renew()
    clockwork.tick(job)
    assert called == days("24") + [bad] * runs.MOST_TRIES + days("26", "27")
    [failed] = [run for run in all_runs(works.sessions) if run.error]
    assert (failed.due_at, failed.tries) == (bad, runs.MOST_TRIES)


def test_a_day_that_a_dead_process_had_begun_comes_first(
    works: Works, leases: list[ClockLease], machine: Machine
) -> None:
    job, called = daily_book()
    with works.sessions.begin() as session:
        for due_at in days("22", "23"):
            run_id = runs.begin(session, "close", due_at, holder="dead", now=NOW)
        assert run_id is not None
        first = select(JobRun).where(JobRun.due_at == days("22")[0])
        runs.end(session, session.scalars(first).one().id, now=NOW, done=1)
    leases[0].renew()
    clockwork = Clockwork(works, leases[0], [job])
    clockwork.tick(job)
    assert called == []  # it may still be alive
    machine.at += runs.DEAD_AFTER + timedelta(seconds=1)
    leases[0].renew()
    clockwork.tick(job)
    assert called == days("23", "24")


def test_how_each_job_stands_is_written_down(
    works: Works, leases: list[ClockLease], machine: Machine
) -> None:
    job, _called = daily_book()
    broken = Job("broken", every(1), lambda _works: 1, "Breaks.", is_due=lambda _works: 1 / 0 > 1)
    leases[0].renew()
    clockwork = Clockwork(works, leases[0], [job, broken])
    for one in (job, broken):
        clockwork.tick(one)
        clockwork.write_down(leads=True)
    with works.sessions() as session:
        states = {row.job: row for row in session.scalars(select(JobState))}
    assert states["close"].next_due_at == at("2026-11-25 03:10")
    assert (states["close"].missed, states["close"].error) == ("each", None)
    assert (states["broken"].next_due_at, states["broken"].error) == (None, "ZeroDivisionError")


def test_a_row_has_one_verb() -> None:
    with pytest.raises(ValueError, match="one of"):
        Job(name="none", trigger=DAILY)
    with pytest.raises(ValueError, match="look-out"):
        Job(name="both", trigger=DAILY, each=lambda _w, _d: 1, is_due=lambda _w: True)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-24 03:09", "2026-11-23 03:10"),
        ("2026-11-24 03:10", "2026-11-24 03:10"),
        ("2026-11-24 23:59", "2026-11-24 03:10"),
    ],
)
def test_the_last_due_time_of_a_daily_job(now: str, due: str) -> None:
    job, _ = counting()
    assert latest_due(job, at(now)) == at(due)


def test_due_times_of_intervals_are_the_same_in_every_process() -> None:
    job, _ = counting(trigger=every(5), grace=timedelta(seconds=10))
    odd = at("2026-11-24 03:10") + timedelta(seconds=13, milliseconds=250)
    assert latest_due(job, odd) == at("2026-11-24 03:10") + timedelta(seconds=10)
    assert latest_due(job, odd.astimezone(UTC)) == latest_due(job, odd)


def test_every_job_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert job.does.endswith(".")
        assert job.is_due is not None or next_due(job, NOW) is not None


def test_the_clockwork_runs_catches_up_and_stops_cleanly(sessions: sessionmaker[Session]) -> None:
    ticked, caught_up, stop = threading.Event(), threading.Event(), threading.Event()

    def verb(works: Works) -> int:
        ticked.set()
        return 1

    def catch_up(works: Works) -> int:
        caught_up.set()
        return 1

    ticking = Job("ticking", every(1), verb, "Ticks.", is_due=lambda _works: True)
    missed = Job("missed", DAILY, catch_up, "Is missed.", grace=timedelta(hours=25))
    works = Works(sessions=sessions, clock=WallClock(), carriers={}, fetch=no_pictures)
    lease = ClockLease(sessions, holder="me", machine=works.machine)
    thread = threading.Thread(target=Clockwork(works, lease, [ticking, missed]).run, args=(stop,))
    thread.start()
    assert ticked.wait(30)
    assert caught_up.wait(30)
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert {run.job for run in all_runs(sessions)} == {"ticking", "missed"}
    assert all(run.ended_at for run in all_runs(sessions))
    with sessions() as session:
        assert session.get_one(LeaseRow, "clock").until <= datetime.now(UTC)
