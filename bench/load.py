"""The load: wrk where it is installed, else a slower loader of our own, and the result says which.

Both send the requests of one file in their order over a few kept-alive connections, for a bounded
time. A run with one refused, broken, empty or missing answer is no measurement: `Spoilt`.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
WRK = "wrk"
OWN = "own loader (wrk is not installed: `apt-get install wrk`; the server gets less of the CPU)"


class Spoilt(Exception):
    """The run measured something else than answers."""


@dataclass(frozen=True)
class Run:
    """What one run gave: completed requests, wall seconds, latencies in milliseconds."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def loader() -> str:
    """Which loader will be used here."""
    return WRK if shutil.which(WRK) else OWN


def send(port: int, file: Path, *, seconds: int, connections: int, again: bool) -> Run:
    """Send the file's requests for that long; `again`: from the start when it is used up."""
    if loader() == WRK:
        return _by_wrk(port, file, seconds=seconds, connections=connections, again=again)
    return _by_threads(port, file, seconds=seconds, connections=connections, again=again)


def _by_wrk(port: int, file: Path, *, seconds: int, connections: int, again: bool) -> Run:
    command = [
        WRK, "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s",
        "--timeout", "10s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}",
        "--", str(file), "again" if again else "once",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=seconds + 60
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode or not lines:
        raise Spoilt(done.stderr or done.stdout)
    result = json.loads(lines[0].removeprefix("RESULT "))
    if result.pop("refused") + result.pop("broken") + result.pop("unanswered"):
        raise Spoilt(done.stdout)
    return Run(**result)


def _by_threads(port: int, file: Path, *, seconds: int, connections: int, again: bool) -> Run:
    queue = _Requests(file.read_bytes().split(b"\0"), again=again)
    begun = time.monotonic()
    clients = [
        _Client(port, queue, until=begun + seconds, name=f"client-{n}") for n in range(connections)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    if problems := [client.problem for client in clients if client.problem]:
        raise Spoilt(problems[0])
    took = sorted(ms for client in clients for ms in client.took_ms)
    return Run(
        requests=len(took),
        seconds=time.monotonic() - begun,
        p50_ms=took[len(took) // 2],
        p99_ms=took[len(took) * 99 // 100],
        max_ms=took[-1],
    )


class _Requests:
    """Hands out requests in order to all threads."""

    def __init__(self, requests: list[bytes], *, again: bool) -> None:
        self._lock = threading.Lock()
        self._next = self._endless(requests) if again else iter(requests)

    @staticmethod
    def _endless(requests: list[bytes]) -> Iterator[bytes]:
        while True:
            yield from requests

    def take(self) -> bytes | None:
        with self._lock:
            return next(self._next, None)


class _Client(threading.Thread):
    """One kept-alive connection that sends one request after the other."""

    def __init__(self, port: int, queue: _Requests, *, until: float, name: str) -> None:
        super().__init__(name=name)
        self._port, self._queue, self._until = port, queue, until
        self.took_ms: list[float] = []
        self.problem = ""

    def run(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=10) as connection:
                self._talk(connection)
        except OSError as error:
            self.problem = str(error)

    def _talk(self, connection: socket.socket) -> None:
        answers = connection.makefile("rb")
        while (begun := time.monotonic()) < self._until and not self.problem:
            request = self._queue.take()
            if request is None:
                self.problem = "the requests ran out"
                return
            connection.sendall(request)
            status = answers.readline()
            length = 0
            while (line := answers.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            answers.read(length)
            if b" 200 " not in status or length < 100:
                self.problem = f"answered {status!r}"
            self.took_ms.append((time.monotonic() - begun) * 1000)
