"""Real brokers on ports of their own, that can be killed and come back with empty hands."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_SECONDS = 60


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@dataclass
class Redis:
    """Keeps nothing on disk: what it held when it died is lost."""

    folder: Path
    port: int

    missing = None if shutil.which("redis-server") else "redis-server is not installed here"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        words = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(
            [*words, "--appendonly", "no", "--dir", str(self.folder)], stdout=subprocess.DEVNULL
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Rabbit:
    """One node with its own name and folder; it starts anew with an empty folder."""

    folder: Path
    port: int
    names_port: int = field(default_factory=free_port)

    missing = (
        None if Path("/usr/lib/rabbitmq").exists() else "rabbitmq-server is not installed here"
    )

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}"

    def start(self) -> None:
        shutil.rmtree(self.folder / "node", ignore_errors=True)
        home = self.folder / "node"
        home.mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"gyg{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(home),
            "RABBITMQ_LOG_BASE": str(home),
            "RABBITMQ_LOGS": str(home / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.names_port),
            "ERL_EPMD_RELAXED_COMMAND_CHECK": "1",
        }
        server = next(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*")) / "sbin"
        self._process = subprocess.Popen(
            [str(server / "rabbitmq-server")],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for_port(self.port)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        names = {"PATH": os.environ["PATH"], "ERL_EPMD_ADDRESS": "127.0.0.1"}
        subprocess.run(
            ["epmd", "-port", str(self.names_port), "-kill"],
            env=names,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )


Broker = Redis | Rabbit


@contextmanager
def running(kind: type[Redis] | type[Rabbit], folder: Path) -> Iterator[Broker]:
    """A broker that answers; it is gone afterwards."""
    broker = kind(folder, free_port())
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def wait_for_port(port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on port {port} after {PATIENCE_SECONDS} s")
