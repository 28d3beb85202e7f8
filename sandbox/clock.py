"""The sandbox's time of day, which can be moved.

Everything that a person sees or that the platform counts in days follows this clock. What belongs
to transport (signature timestamps, access tokens, time-outs) follows the machine's real clock, as
the service on the other side of the wire does.
"""

import threading
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


class MovableClock:
    """A clock that runs at the real pace from wherever it was put."""

    def __init__(self, start_at: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._offset = timedelta()
        if start_at is not None:
            self.move_to(start_at)

    def now(self) -> datetime:
        """The moment it is in the sandbox, aware, Asia/Shanghai."""
        with self._lock:
            return datetime.now(CHINA) + self._offset

    def move_to(self, moment: datetime) -> None:
        """From now on it is `moment`; a naive one is taken as China's time."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
        with self._lock:
            self._offset = aware - datetime.now(CHINA)

    def advance(self, span: timedelta) -> None:
        """Jump by `span`, backwards when it is negative."""
        with self._lock:
            self._offset += span


def real_seconds() -> int:
    """The machine's real time as whole seconds since 1970, for what belongs to transport."""
    return int(time.time())


def read_moment(text: str) -> datetime:
    """The aware moment written in ISO 8601; ValueError when it is none."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
