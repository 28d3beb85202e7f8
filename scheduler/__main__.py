"""`python -m scheduler`: the clock. Any number of them may run; one works, the others stand by.

Ends cleanly on SIGTERM and SIGINT: what is being sent is finished and written down first. The exit
status is 2 where the settings do not describe a service that may start.
"""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from scheduler.composition import make_clockwork
from settings import SettingsError, load

log = structlog.get_logger()


def main() -> int:
    """Run until told to stop."""
    try:
        clockwork = make_clockwork(load())
    except SettingsError as error:
        sys.stderr.write(f"scheduler: {error}\n")
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    log.info("clock.started", holder=clockwork.lease.holder, jobs=len(clockwork.jobs))
    clockwork.run(stop)
    log.info("clock.stopped", holder=clockwork.lease.holder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
