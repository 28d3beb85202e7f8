"""A gunicorn worker that answers one request after the other, over kept-alive connections.

`gunicorn --worker-class cli.one_by_one.OneByOne --workers N "wsgi:create_app()"`. The threaded
worker hands each request to a thread and gets it back through a pipe; where a process has one
thread anyway (SQLite writes one at a time, and Python computes one at a time), that is a fifth of
what a webhook costs. More work at once: more processes. Put a proxy in front that reads slow
clients' requests whole, as the runbook says.
"""

from __future__ import annotations

import gc
from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import (  # type: ignore[import-untyped]  # gunicorn has no types
    _DEFER,
    ThreadWorker,
)


class OneByOne(ThreadWorker):  # type: ignore[misc]  # for the same reason
    """gunicorn's threaded worker without its threads."""

    def load_wsgi(self) -> None:
        """Load the application; the garbage collector need not look through it ever again."""
        super().load_wsgi()
        gc.collect()
        gc.freeze()

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer with head and body in one piece."""
        plain, conn.sock = conn.sock, _AtOnce(conn.sock)
        try:
            return bool(super().handle_request(req, conn))
        finally:
            answer, conn.sock = conn.sock, plain
            answer.flush()

    def enqueue_req(self, conn: Any) -> None:
        """Answer at once what the threaded worker puts into its queue. A new connection waits at
        the poller until its first bytes are there."""
        done: Future[Any] = Future()
        is_there = conn.initialized or conn.data_ready
        try:
            done.set_result(self.handle(conn) if is_there else _DEFER)
        except Exception as error:  # `finish_request` closes the connection and logs
            done.set_exception(error)
        self.finish_request(conn, done)


class _AtOnce:
    """A socket that keeps the head of an answer until its body comes, and sends both together: a
    call of the system and a packet less."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._head: bytes | None = b""
        """What waits; None once the first piece has left."""

    def sendall(self, data: bytes) -> None:
        if self._head == b"":
            self._head = data
            return
        self._sock.sendall((self._head or b"") + data)
        self._head = None

    def flush(self) -> None:
        """Send the head that no body followed."""
        if self._head:
            self._sock.sendall(self._head)
        self._head = None

    def __getattr__(self, name: str) -> Any:
        self.flush()
        return getattr(self._sock, name)
