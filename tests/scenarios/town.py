"""The whole demonstration as processes of their own, on a database that the test chooses."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from cli.sms import registered_texts

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Town:
    """Where the running processes answer, and the environment that further ones need."""

    phones: str
    service: str
    environment: Mapping[str, str]


@contextmanager
def running_town(database_url: str, *, menu: bool = False) -> Iterator[str]:
    """Seeds the database, starts sandbox, service and clock, and gives the sandbox's address.

    With `menu`, the account's menu is published as well.
    """
    with running_house(database_url, menu=menu) as town:
        yield town.phones


@contextmanager
def running_house(
    database_url: str, *, menu: bool = False, clock: str = "scheduler"
) -> Iterator[Town]:
    """The same, for whoever needs the service's address too. `clock`: the module that is the
    clock."""
    port, sandbox_port = _free_ports()
    phones, service = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{port}"
    mine = {
        "GYG_SANDBOX": "1",
        "GYG_PORT": str(port),
        "GYG_DATABASE_URL": database_url,
        "GYG_WECHAT_API_URL": phones,
        "GYG_SMS_API_URL": phones,
        "GYG_PUBLIC_URL": service,
        "SANDBOX_PORT": str(sandbox_port),
        "SANDBOX_SERVICE_URL": service,
        "SANDBOX_SMS_RECEIPT_SECONDS": "0.1",
        "PYTHONPATH": str(ROOT),
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GYG_", "SANDBOX_"))}
    environment = kept | mine
    _run(environment, "cli db upgrade")
    _run(environment, "cli db demo")
    with ExitStack() as running:
        for command in ("sandbox", "cli serve", clock):
            running.enter_context(_process(environment, command))
        _wait_for(f"{service}/healthz")
        _wait_for(f"{phones}/clock")
        requests.post(f"{phones}/sandbox/sms-templates", json=registered_texts(), timeout=10)
        if menu:
            _run(environment, "cli wechat menu publish")
        yield Town(phones, service, environment)


def _run(environment: dict[str, str], command: str) -> None:
    words = [sys.executable, "-m", *command.split()]
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _process(environment: dict[str, str], command: str) -> Iterator[None]:
    child = subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _free_ports() -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(2)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _wait_for(address: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(address, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{address} did not answer within {PATIENCE_SECONDS} s")
