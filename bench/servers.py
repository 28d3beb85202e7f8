"""Servers under load: each one is gunicorn, on a free port, with the workers that suit it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 30
ONE_BY_ONE = "cli.one_by_one.OneByOne"


@dataclass(frozen=True)
class Server:
    """A running server; `pid` is gunicorn's master."""

    port: int
    pid: int


@dataclass(frozen=True)
class Workers:
    """How a server is started. Without threads it takes one request after the other, by our own
    worker class."""

    processes: int = 2
    threads: int = 0

    @property
    def options(self) -> list[str]:
        kind = ["gthread", "--threads", str(self.threads)] if self.threads else [ONE_BY_ONE]
        return ["--workers", str(self.processes), "--worker-class", *kind]

    def __str__(self) -> str:
        threads = f" x {self.threads}" if self.threads else ""
        return f"{self.processes}{threads}"


@contextmanager
def serving(
    app: str, environment: Mapping[str, str], *, workers: Workers, folder: Path
) -> Iterator[Server]:
    """The WSGI application `module:factory()` on a port of 127.0.0.1, started in `folder`."""
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", *workers.options, "--reuse-port",
        "--no-control-socket", "--keep-alive", "60", "--log-level", "warning",
        "--worker-tmp-dir", "/dev/shm", "--bind", f"127.0.0.1:{port}", app,
    ]  # fmt: skip
    env = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        _await(port, process, folder / "server.log")
        yield Server(port=port, pid=process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def beside(module: str, environment: Mapping[str, str]) -> Iterator[None]:
    """A module of ours at work in a process of its own meanwhile; `RuntimeError` if it ended."""
    env = {**os.environ, **environment, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", module], env=env)
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError(f"{module} ended before the run")
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A TCP port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
