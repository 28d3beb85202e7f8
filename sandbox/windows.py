"""Who may be written to, and how often: the platform's counters.

A customer-service message follows an act of the user: a message opens 5 messages in 48 hours; a
menu click, a follow or a scan opens 3 in one minute. The counts do not add up. A subscription
message spends one consent. A mass message reaches a follower four times a calendar month.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Act = Literal["message", "event"]
GRANTS: dict[Act, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "event": (3, timedelta(minutes=1)),
}
MASS_A_MONTH = 4
OUT_OF_WINDOW = 45015
COUNT_USED_UP = 45047


@dataclass
class Grant:
    """So many messages until a moment."""

    left: int
    until: datetime


class Windows:
    """The counters of all openids."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._grants: dict[tuple[str, Act], Grant] = {}
        self._consents: Counter[tuple[str, str]] = Counter()
        self._mass: Counter[tuple[str, str]] = Counter()

    def open(self, openid: str, act: Act, now: datetime) -> None:
        """The user acted: a fresh count replaces the former one of the same kind."""
        count, span = GRANTS[act]
        with self._lock:
            self._grants[openid, act] = Grant(count, now + span)

    def shut(self, openid: str) -> None:
        """The user went away: nothing may be sent any more."""
        with self._lock:
            for act in GRANTS:
                self._grants.pop((openid, act), None)

    def spend(self, openid: str, now: datetime) -> int:
        """Take one customer-service message: 0, or the platform's error code."""
        with self._lock:
            found = [self._grants.get((openid, act)) for act in GRANTS]
            open_now = [grant for grant in found if grant and now < grant.until]
            for grant in open_now:
                if grant.left:
                    grant.left -= 1
                    return 0
        return COUNT_USED_UP if open_now else OUT_OF_WINDOW

    def consent(self, openid: str, template: str, *, accepted: bool) -> None:
        """The user ticked a template once more, or refused it, which voids what was left."""
        with self._lock:
            if accepted:
                self._consents[openid, template] += 1
            else:
                self._consents[openid, template] = 0

    def spend_consent(self, openid: str, template: str) -> bool:
        """Take one consent, if there is one."""
        with self._lock:
            if not self._consents[openid, template]:
                return False
            self._consents[openid, template] -= 1
            return True

    def spend_mass(self, openid: str, now: datetime) -> bool:
        """Take one of the month's mass messages, if there is one."""
        month = f"{now:%Y-%m}"
        with self._lock:
            if self._mass[openid, month] >= MASS_A_MONTH:
                return False
            self._mass[openid, month] += 1
            return True

    def forget(self) -> None:
        """All counters back to nothing."""
        with self._lock:
            self._grants.clear()
            self._consents.clear()
            self._mass.clear()
