"""The webhook under load: two echoes and our service, one after another, several rounds.

The subjects take turns within a round, so that a neighbour's work on the same machine falls on all
of them; a subject's figure is the median of its rounds, and the spread is printed with it.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import house, machine
from bench.house import Database
from bench.letters import AES_KEY, APP_ID, FORM, TOKEN, Mode, Turn, requests, write_requests
from bench.load import Run, send
from bench.servers import Server, Workers, beside, serving

ECHO_APP = "bench.echo_flask:create_app()"
BROADCAST = "bench.broadcasting"
CONNECTIONS = 16
WARM_UP_SECONDS = 2
MOST_PER_SECOND = 5_000
"""More requests than this a second our own service is not given; an echo's file starts again."""
UNDER_WAY = 1_000
"""Workers left out between two runs: their letters may have been sent without an answer."""

ALONE = Workers(1, threads=1)
"""WeRoBot's session store answers nothing ("database is locked") to a part of the letters as soon
as there are two threads or processes: one of each is the fastest that answers all."""
THREADED = Workers(2, threads=2)
"""The echo as gunicorn's and Flask's documentation start it, and the floors are held against."""
OF_SQLITE = Workers(2)
OF_POSTGRES = Workers(4)
"""While one waits for the database's disk, another one computes."""

DONE = 0.9
"""The part of the answers that must stand for finished work: a form that a run's end cuts off is
none."""

WEROBOT, ECHO, ECHO_ONE_BY_ONE = "werobot", "echo", "echo_one_by_one"
SQLITE, POSTGRES = "sqlite", "postgres"


@dataclass(frozen=True)
class Plan:
    """How long, how often, and which of the subjects."""

    mode: Mode
    turn: Turn = "check_in"
    seconds: int = 10
    rounds: int = 3
    beside: bool = False
    """Whether a broadcast to everybody is under way during the runs of ours."""
    only: frozenset[str] = frozenset()
    patience_seconds: int = 0

    @property
    def people(self) -> int:
        """Workers enough for every run of a subject: nobody checks in twice."""
        if self.turn == "form":
            return 0
        runs = self.rounds * (self.seconds + WARM_UP_SECONDS) * MOST_PER_SECOND
        return runs + 2 * self.rounds * UNDER_WAY

    def wants(self, key: str) -> bool:
        return not self.only or key in self.only


@dataclass(frozen=True)
class Cost:
    """What a run took: processor milliseconds a request (server and database), the part of the
    machine that others had meanwhile, and the server's peak memory."""

    cpu_ms: float
    others: float
    peak_mib: float


@dataclass
class Subject:
    """What is measured: a name, how it is served (`workers` where the plan's do not suit it), its
    database if it is ours, and its runs."""

    name: str
    app: str
    environment: Mapping[str, str]
    workers: Workers
    database: Database | None = None
    next_worker: int = 0
    runs: list[Run] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return median(run.per_second for run in self.runs)

    @property
    def cpu_ms(self) -> float:
        return median(cost.cpu_ms for cost in self.costs)


def measure(plan: Plan) -> dict[str, Subject]:
    """The subjects with all their runs. `Spoilt` or `house.NotDone` for a worthless one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder = Path(name)
        subjects = stack.enter_context(_subjects(plan, folder))
        for _ in range(plan.rounds):
            for key, subject in subjects.items():
                own = folder / key
                own.mkdir(exist_ok=True)
                _run(plan, subject, own)
        return subjects


@contextmanager
def _subjects(plan: Plan, folder: Path) -> Iterator[dict[str, Subject]]:
    echo = {
        "BENCH_TOKEN": TOKEN,
        "BENCH_AES_KEY": AES_KEY,
        "BENCH_APP_ID": APP_ID,
        "BENCH_MODE": plan.mode,
    }
    with ExitStack() as stack:
        made = {
            WEROBOT: Subject("WeRoBot echo", "bench.echo_werobot:create_app()", echo, ALONE),
            ECHO: Subject("Flask + wechatpy echo", ECHO_APP, echo, THREADED),
            ECHO_ONE_BY_ONE: Subject("the same, our worker", ECHO_APP, echo, OF_SQLITE),
        }
        if plan.wants(SQLITE):
            sqlite = Database(f"sqlite:///{folder / 'bench.db'}")
            made[SQLITE] = _ours("our turn, SQLite", sqlite, plan, OF_SQLITE)
        if plan.wants(POSTGRES):
            postgres = stack.enter_context(house.postgres(folder))
            made[POSTGRES] = _ours("our turn, PostgreSQL", postgres, plan, OF_POSTGRES)
        yield {key: subject for key, subject in made.items() if plan.wants(key)}


def _ours(name: str, database: Database, plan: Plan, workers: Workers) -> Subject:
    house.furnish(database.url, workers=plan.people)
    environment = house.environment(database.url, plan.mode)
    return Subject(name, "wsgi:create_app()", environment, workers, database)


def _run(plan: Plan, subject: Subject, folder: Path) -> None:
    machine.await_quiet(plan.patience_seconds)
    started = serving(subject.app, subject.environment, workers=subject.workers, folder=folder)
    with started as server:
        _send(plan, subject, server, folder / "warm.requests", WARM_UP_SECONDS)
        _run_watched(plan, subject, server, folder / "run.requests")


def _run_watched(plan: Plan, subject: Subject, server: Server, file: Path) -> None:
    roots = [server.pid]
    if subject.database is None:
        with _costed(subject, roots):
            subject.runs.append(_send(plan, subject, server, file, plan.seconds))
        return
    if subject.database.pid:
        roots.append(subject.database.pid)
    other = beside(BROADCAST, subject.environment) if plan.beside else nullcontext()
    with other, house.watched(subject.database.url) as wrote, _costed(subject, roots):
        subject.runs.append(_send(plan, subject, server, file, plan.seconds))
    answered = subject.runs[-1].requests
    done = wrote["check_ins"] if plan.turn == "check_in" else wrote["decisions"] * len(FORM)
    if wrote["inbound"] < answered or done < answered * DONE:
        raise house.NotDone(f"{answered} answers, but in the database {wrote}")


@contextmanager
def _costed(subject: Subject, roots: list[int]) -> Iterator[None]:
    """Note what the run that is made meanwhile takes."""
    own, busy, loader = machine.cpu_seconds(*roots), machine.busy_seconds(), _loader_seconds()
    yield
    own = machine.cpu_seconds(*roots) - own
    busy = machine.busy_seconds() - busy
    run = subject.runs[-1]
    others = max(0.0, busy - own - (_loader_seconds() - loader)) / busy
    memory = machine.peak_mib(roots[0])
    subject.costs.append(Cost(own / run.requests * 1000, others, memory))


def _loader_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _send(plan: Plan, subject: Subject, server: Server, file: Path, seconds: int) -> Run:
    made = requests(plan.turn, plan.mode, first=subject.next_worker)
    write_requests(file, made, how_many=MOST_PER_SECOND * seconds)
    again = subject.database is None
    run = send(server.port, file, seconds=seconds, connections=CONNECTIONS, again=again)
    subject.next_worker += run.requests + UNDER_WAY
    return run
