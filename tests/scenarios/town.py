"""The whole demonstration as processes of their own, on a database that the test chooses."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from cli.processes import process, run, wait_for
from cli.sms import registered_texts

ROOT = Path(__file__).parents[2]


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
    database_url: str,
    *,
    menu: bool = False,
    clock: str = "scheduler",
    more: Mapping[str, str] | None = None,
) -> Iterator[Town]:
    """The same, for whoever needs the service's address too. `clock`: the module that is the
    clock; `more`: further settings."""
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
        **(more or {}),
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GYG_", "SANDBOX_"))}
    environment = kept | mine
    run(environment, "db", "upgrade", quiet=True)
    run(environment, "db", "demo", quiet=True)
    with ExitStack() as running:
        for module, *words in (("sandbox",), ("cli", "serve"), (clock,)):
            running.enter_context(process(module, environment, *words, quiet=True))
        wait_for(f"{service}/healthz")
        wait_for(f"{phones}/clock")
        requests.post(f"{phones}/sandbox/sms-templates", json=registered_texts(), timeout=10)
        if menu:
            run(environment, "wechat", "menu", "publish", quiet=True)
        yield Town(phones, service, environment)


def _free_ports() -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(2)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
