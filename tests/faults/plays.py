"""The plays: who is killed, what stands around, and what has to come back.

Each puts so many messages into the outbox, waits until a part of them left, kills -9, and lets the
house come to rest. The counts are compared message by message with the provider's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.brokers import Rabbit, Redis, running
from tests.faults.stage import Account, Postgres, Stage, account, stage

EARLY = 0.3
"""The blow falls when so large a part has left."""


@dataclass(frozen=True)
class Play:
    """`database`: sqlite or postgres. `blow` kills on the stage and brings back what comes back.
    `is_quick`: played in every test run."""

    name: str
    database: str
    kind: type[Redis] | type[Rabbit] | None
    staff: tuple[str, ...]
    blow: Callable[[Stage, Postgres | None], None]
    is_quick: bool = False


@dataclass(frozen=True)
class Told:
    """The counts when the blow fell and after, and how long it took until all had come to rest."""

    play: str
    before: Account
    after: Account
    seconds: float


def kill_only_clock(on: Stage, _database: Postgres | None) -> None:
    on.kill("clock")
    on.start("clock")


def kill_leader(on: Stage, _database: Postgres | None) -> None:
    on.kill("clock")


def kill_sender(on: Stage, _database: Postgres | None) -> None:
    on.kill("sender1")


def kill_clock_beside_senders(on: Stage, _database: Postgres | None) -> None:
    on.kill("clock")
    on.start("clock")


def kill_broker(on: Stage, _database: Postgres | None) -> None:
    assert on.broker is not None
    on.broker.kill()
    on.broker.start()


def kill_database(_on: Stage, database: Postgres | None) -> None:
    assert database is not None
    database.kill()
    database.again()


BESIDE = ("clock", "sender1", "sender2")
PLAYS = (
    Play(
        "clock with its senders, SQLite", "sqlite", None, ("clock",), kill_only_clock, is_quick=True
    ),
    Play("leading clock, a standby", "postgres", None, ("clock", "standby"), kill_leader),
    Play("one of two senders, Redis", "postgres", Redis, BESIDE, kill_sender),
    Play("one of two senders, RabbitMQ", "postgres", Rabbit, BESIDE, kill_sender, is_quick=True),
    Play("clock beside its senders, Redis", "postgres", Redis, BESIDE, kill_clock_beside_senders),
    Play("Redis, all it held lost", "postgres", Redis, BESIDE, kill_broker, is_quick=True),
    Play("RabbitMQ, all it held lost", "postgres", Rabbit, BESIDE, kill_broker),
    Play(
        "PostgreSQL, embedded senders", "postgres", None, ("clock",), kill_database, is_quick=True
    ),
    Play("PostgreSQL beside Redis", "postgres", Redis, BESIDE, kill_database),
)


@contextmanager
def set_up(play: Play, folder: Path, *, hurried: bool) -> Iterator[tuple[Stage, Postgres | None]]:
    """The stage of a play; everything on it is gone afterwards."""
    with ExitStack() as around:
        database = None
        url = f"sqlite:///{folder / 'outbox.db'}"
        if play.database == "postgres":
            database = Postgres(folder)
            url = database.start()
            around.callback(database.stop)
        broker = around.enter_context(running(play.kind, folder)) if play.kind else None
        yield around.enter_context(stage(url, folder, broker=broker, hurried=hurried)), database


def perform(play: Play, folder: Path, messages: int, *, hurried: bool = False) -> Told:
    """Play it. Nothing is judged here: the counts are."""
    with set_up(play, folder, hurried=hurried) as (on, database):
        on.fill(messages)
        on.start(play.staff[0])
        on.until(lambda: bool(on.leader()[0]))  # the first one leads
        for name in play.staff[1:]:
            on.start(name)
        on.until(lambda: on.sent().total() >= messages * EARLY)
        before = account(on)
        play.blow(on, database)
        seconds = on.until(on.is_drained)
        return Told(play.name, before, account(on), seconds)


def take_over(folder: Path) -> float:
    """Seconds from the leading clock's end until the standby leads."""
    play = Play("takeover", "sqlite", None, (), lambda _stage, _database: None)
    with set_up(play, folder, hurried=False) as (on, _database):
        on.start("clock")
        on.until(lambda: bool(on.leader()[0]))
        first, _seconds = on.leader()
        on.start("standby")
        on.until(on.both_look)
        on.kill("clock")
        return on.until(lambda: on.leader()[0] != first)


def as_row(told: Told) -> str:
    """One line of the table."""
    before, after = told.before, told.after
    left = before.states.get("accepted", 0)
    return (
        f"| {told.play} | {before.messages} | {left} | {after.states.get('accepted', 0)} "
        f"| {after.states.get('uncertain', 0)} (of these {after.sent_of_uncertain} had left) "
        f"| {after.lost} | {after.doubled} | {told.seconds:.0f} s |"
    )


HEAD = (
    "| killed -9 | messages | accepted before | accepted after | uncertain after | lost | doubled "
    "| at rest after |\n|---|---|---|---|---|---|---|---|"
)
