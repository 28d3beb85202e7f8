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
