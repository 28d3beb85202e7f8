"""A server of werkzeug's that listens while a test runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import BaseWSGIServer

POLL_SECONDS = 0.05


@contextmanager
def listening(server: BaseWSGIServer) -> Iterator[str]:
    """Serves in a thread of its own and gives the address; in the end the port is free again."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
