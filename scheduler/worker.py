"""`python -m scheduler.worker`: sends what the broker hands it. Any number of them
may run, on any machine that reaches the database and the broker; the clock runs besides.

Ends cleanly on SIGTERM and SIGINT: the calls under way are finished and written down, what was not
tried is given back.
"""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from scheduler.composition import make_post, make_works, process_name
from settings import Settings, SettingsError, load

log = structlog.get_logger()


def main() -> int:
    """Run until told to stop; 2 where the settings are not fit for a worker."""
    try:
        return run(load())
    except SettingsError as error:
        sys.stderr.write(f"worker: {error}\n")
        return 2


def run(settings: Settings) -> int:
    """As `main`, with settings at hand. Raises `SettingsError`."""
    if settings.broker_url is None:
        raise SettingsError("GYG_BROKER_URL: a worker needs a broker; without one the clock sends")
    works = make_works(settings)
    post = make_post(settings, works)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    name = process_name()
    post.open(settings.sender_threads)
    log.info("worker.started", name=name, channels=sorted(post.channels))
    stop.wait()
    works.stopping.set()
    post.close()
    log.info("worker.stopped", name=name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
