"""Things that the outside world does a little later, without being asked again."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("sandbox")


class Background:
    """Runs small acts after a delay, each in its own daemon thread, until it is closed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._timers: set[threading.Timer] = set()
        self._closed = False

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do `act` after so many real seconds; what it raises is logged, not lost."""

        def run() -> None:
            try:
                act()
            except Exception:
                log.exception("a delayed act failed")
            finally:
                with self._lock:
                    self._timers.discard(timer)

        timer = threading.Timer(seconds, run)
        timer.daemon = True
        with self._lock:
            if self._closed:
                return
            self._timers.add(timer)
        timer.start()

    def close(self) -> None:
        """Cancel what waits and let what runs come to its end."""
        with self._lock:
            self._closed = True
            timers = list(self._timers)
        for timer in timers:
            timer.cancel()
        for timer in timers:
            timer.join(timeout=5)
