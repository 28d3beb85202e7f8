"""How often one side may ask in a minute, counted in this process: a brake, not a lock."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable


class Brake:
    """Counts each key's asks by the minute. With N processes N times as many pass."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._lock = threading.Lock()
        self._minute = -1
        self._asks: Counter[str] = Counter()

    def allows(self, key: str) -> bool:
        """Count one ask; False where the minute's share is used up."""
        minute = int(self._clock() // 60)
        with self._lock:
            if minute != self._minute:  # so that no more than one minute's keys are ever kept
                self._minute = minute
                self._asks.clear()
            self._asks[key] += 1
            return self._asks[key] <= self._most
