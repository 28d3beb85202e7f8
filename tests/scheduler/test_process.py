"""`python -m scheduler` as a real process: killed in the middle of a send, and stopped politely."""

import base64
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from channels.sms.callbacks import read_receipts
from models import Delivery, Lease
from models.sealing import Keyring
from models.telling import DeliveryState
from sandbox.world import World
from scheduler.works import machine_time
from services import outbox, receipts, uncertain
from services.dispatch import LEASE
from tests.builders import phone
from tests.sandbox.conftest import served_world
from tests.sandbox.fake_service import FakeService

PHONE, OTHER = phone(6), phone(5)
ROOT = Path(__file__).parents[2]
Eventually = Callable[[Callable[[], bool]], None]
Outside = tuple[World, FakeService]


@pytest.fixture
def eventually() -> Eventually:
    """Waits for something that another process does."""

    def wait(true: Callable[[], bool]) -> None:
        patience = threading.Event()
        for _ in range(1200):
            if true():
                return
            patience.wait(0.025)
        raise AssertionError("it did not happen within thirty seconds")

    return wait


@pytest.fixture
def outside() -> Iterator[Outside]:
    with served_world() as both:
        yield both


@contextmanager
def clock_process(
    engine: Engine, world: World, keyring: Keyring
) -> Iterator[subprocess.Popen[bytes]]:
    """The clock in a process of its own, on the test's database and the stand-in."""
    [(key_id, key)] = keyring.keys.items()
    environment = {
        "PATH": os.environ["PATH"],
        "GYG_SANDBOX": "1",
        "GYG_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "GYG_FIELD_KEYS": f"{key_id}:{base64.b64encode(key).decode()}",
        "GYG_WECHAT_API_URL": world.config.own_url,
        "GYG_SMS_API_URL": world.config.own_url,
    }
    command = [sys.executable, "-m", "scheduler"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def put(sessions: sessionmaker[Session], to: str = PHONE) -> None:
    with sessions.begin() as session:
        outbox.enqueue(
            session,
            channel="sms",
            address=to,
            key="sms.one_time_code",
            slots={"code": "135790", "minutes": 10},
            cause="test",
            now=machine_time() - timedelta(seconds=1),
        )


def state(sessions: sessionmaker[Session]) -> str:
    with sessions() as session:
        return str(session.scalars(select(Delivery.state).order_by(Delivery.created_at)).first())


def shown(world: World, to: str = PHONE) -> int:
    """How many texts the phone has got."""
    return len(world.ledger.sent_by_service("sms", to))


def test_a_sender_killed_in_mid_send_leaves_uncertain_and_nothing_is_sent_twice(
    engine: Engine,
    sessions: sessionmaker[Session],
    keyring: Keyring,
    outside: Outside,
    eventually: Eventually,
) -> None:
    world, service = outside
    world.faults.add({"target": "sms", "kind": "hang", "seconds": 3})
    put(sessions)
    with clock_process(engine, world, keyring) as process:
        eventually(lambda: shown(world) == 1)
        process.kill()
    assert state(sessions) == DeliveryState.SENDING
    now = machine_time()
    with sessions.begin() as session:
        later = now + LEASE + timedelta(seconds=1)
        assert uncertain.give_up_leases(session, now=now, machine_now=later) == 1
        session.get_one(Lease, "clock").until = now  # the dead process's lease has run out too
    assert state(sessions) == DeliveryState.UNCERTAIN
    put(sessions, to=OTHER)
    with clock_process(engine, world, keyring):
        eventually(lambda: shown(world, OTHER) == 1)
    assert shown(world) == 1
    eventually(lambda: any("receipt" in path for path in service.posted))
    reports = [one for path, found in service.posted.items() if "receipt" in path for one in found]
    [mine] = [report for report in reports if report[0]["mobile"] == PHONE]
    callback = read_receipts("tencent", json.dumps(mine).encode())
    with sessions.begin() as session:
        receipts.record(session, callback.receipts, machine_time())
    assert state(sessions) == DeliveryState.DELIVERED


def test_told_to_stop_it_first_finishes_what_it_sends(
    engine: Engine,
    sessions: sessionmaker[Session],
    keyring: Keyring,
    outside: Outside,
    eventually: Eventually,
) -> None:
    world, _service = outside
    world.faults.add({"target": "sms", "kind": "hang", "seconds": 1})
    put(sessions)
    with clock_process(engine, world, keyring) as process:
        eventually(lambda: shown(world) == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert state(sessions) == DeliveryState.ACCEPTED
    with sessions() as session:
        assert session.get_one(Lease, "clock").until <= machine_time()


def test_settings_that_are_not_fit_refuse_to_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scheduler"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "GYG_SECRET_KEY" in done.stderr


@pytest.mark.parametrize(("url", "says"), [("", "needs a broker"), ("kafka://x", "redis://")])
def test_a_sender_without_a_fit_broker_refuses_to_start(
    engine: Engine, url: str, says: str
) -> None:
    broker = {"GYG_BROKER_URL": url} if url else {}
    done = subprocess.run(
        [sys.executable, "-m", "scheduler.worker"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "GYG_SANDBOX": "1",
            "GYG_DATABASE_URL": engine.url.render_as_string(hide_password=False),
            **broker,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert says in done.stderr
