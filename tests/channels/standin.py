"""A server on loopback that answers from a script and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    args: dict[str, str]
    body: bytes
    headers: dict[str, str]
    peer: int = 0
    """The caller's port: the same for what came over one connection."""

    @property
    def fields(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Say:
    """One answer. `hang` seconds before it; `cut` closes the connection without a word."""

    body: Any = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    status: int = 200
    content_type: str = "application/json"
    hang: float = 0.0
    cut: bool = False
    location: str = ""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Answer: TypeAlias = Say | Callable[[Asked], Say]


class StandIn:
    """Answers each path from its own queue; the last answer of a queue is given for ever."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._answers: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self.origin = ""

    def script(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    def answer(self, asked: Asked) -> Say:
        with self._lock:
            self.asked.append(asked)
            queue = self._answers.get(asked.path, [])
            if not queue:
                return Say({"errcode": 40066, "errmsg": "invalid url"})
            said = queue.pop(0) if len(queue) > 1 else queue[0]
        return said if isinstance(said, Say) else said(asked)

    @property
    def paths(self) -> list[str]:
        return [asked.path.removeprefix("/cgi-bin/") for asked in self.asked]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # more than the threads of any test, which else wait a second


@contextmanager
def serving() -> Iterator[StandIn]:
    """A stand-in on a free port, closed afterwards."""
    stand_in = StandIn()
    server = _Server(("127.0.0.1", 0), _handler(stand_in.answer))
    stand_in.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(answer: Callable[[Asked], Say]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            args = dict(parse_qsl(url.query))
            headers = {name.lower(): value for name, value in self.headers.items()}
            peer = self.client_address[1]
            said = answer(Asked(self.command, url.path, args, body, headers, peer))
            time.sleep(said.hang)
            if said.cut:
                self.close_connection = True
                return
            try:
                self.send_response(said.status)
                self.send_header("Content-Type", said.content_type)
                self.send_header("Content-Length", str(len(said.content)))
                if said.location:
                    self.send_header("Location", said.location)
                self.end_headers()
                self.wfile.write(said.content)
            except OSError:
                self.close_connection = True  # the caller had enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
