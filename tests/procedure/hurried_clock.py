"""The service's clock with every job at every second, for plays that cannot wait for a minute."""

import signal
import threading
from dataclasses import replace

from scheduler.composition import make_clockwork
from scheduler.jobs import every
from settings import load


def main() -> None:
    """Run until told to stop."""
    clockwork = make_clockwork(load())
    clockwork.jobs = tuple(
        replace(job, trigger=every(1)) if job.is_due is not None else job for job in clockwork.jobs
    )
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    clockwork.run(stop)


if __name__ == "__main__":
    main()
