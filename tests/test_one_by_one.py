"""The one-by-one gunicorn worker answers several kept-alive connections, an idle one among them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

WORKER = "cli.one_by_one.OneByOne"


def echo(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
    """The application that is served: the path, said back."""
    body = environ["PATH_INFO"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def port(root: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "--worker-class", WORKER, "--no-control-socket",
               "--keep-alive", "60", "--bind", f"127.0.0.1:{port}",
               "tests.test_one_by_one:echo"]  # fmt: skip
    server = subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL)
    try:
        _await(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


def ask(connection: HTTPConnection, path: str) -> str:
    connection.request("GET", path)
    return connection.getresponse().read().decode()


def test_connections_take_turns_and_a_silent_one_holds_nobody_up(port: int) -> None:
    silent = socket.create_connection(("127.0.0.1", port))
    first, second = (HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(2))
    paths = [f"/{number}" for number in range(6)]
    answers = [ask(connection, path) for path in paths for connection in (first, second)]
    assert answers == [path for path in paths for _ in range(2)]
    silent.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"/late" in silent.recv(4096) + silent.recv(4096)
    for connection in (silent, first, second):
        connection.close()
