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

from cli.one_by_one import _AtOnce

WORKER = "cli.one_by_one.OneByOne"


def echo(environ: dict[str, str], start_response: Callable[..., object]) -> list[bytes]:
    """The application that is served: the path, said back; no body for `/nothing`."""
    if environ["PATH_INFO"] == "/nothing":
        start_response("204 No Content", [])
        return []
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


def test_an_answer_without_a_body_arrives_too(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/nothing")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    assert ask(connection, "/next") == "/next"
    connection.close()


class Wire:
    """A socket that notes what is sent, and in which pieces."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.sent.append(data)

    def sendfile(self, data: bytes) -> None:
        self.sent.append(data)


def test_head_and_body_leave_together_and_nothing_stays_behind() -> None:
    wire = Wire()
    answer = _AtOnce(wire)
    for piece in (b"head", b"body", b"more"):
        answer.sendall(piece)
    answer.flush()
    assert wire.sent == [b"headbody", b"more"]


def test_a_head_alone_leaves_before_a_file_or_at_the_end() -> None:
    wire = Wire()
    answer = _AtOnce(wire)
    answer.sendall(b"head")
    answer.sendfile(b"file")
    other = _AtOnce(wire)
    other.sendall(b"alone")
    other.flush()
    assert wire.sent == [b"head", b"file", b"alone"]
