"""How fast a channel may be used, by all senders together.

The count is kept where all of them see it (docs/adr/0011): in this process when it is the
only one, in Redis where that is the broker, else in the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, sessionmaker

from models import RateCount

SECOND_MS = 1000
KEPT_SECONDS = 10
"""Keys come round again after so long: nothing has to be swept."""


class Count(Protocol):
    """The part of dramatiq's rate limiter backends that is used here."""

    def incr(self, key: str, amount: int, maximum: int, ttl: int) -> bool:
        """Adds to a count that lives `ttl` milliseconds; False, and nothing added, where it would
        exceed `maximum`."""


@dataclass(frozen=True)
class Pace:
    """At most `per_second` messages a second on a channel; without a number, as fast as it goes."""

    count: Count
    per_second: Mapping[str, int]

    def allows(self, channel: str, messages: int) -> bool:
        """Take so many out of this second's room; whether there was room."""
        room = self.per_second.get(channel)
        if room is None:
            return True
        key = f"gyg-pace-{channel}-{int(time.time()) % KEPT_SECONDS}"
        return self.count.incr(key, min(messages, room), room, 2 * SECOND_MS)


@dataclass(frozen=True)
class SqlCount:
    """Counts in the database: for a broker that cannot count."""

    sessions: sessionmaker[Session]
    machine: Callable[[], datetime]

    def incr(self, key: str, amount: int, maximum: int, ttl: int) -> bool:
        """As `Count` says."""
        now = self.machine()
        with self.sessions.begin() as session:
            dialect = session.get_bind().dialect.name
            insert_on = postgresql if dialect == "postgresql" else sqlite
            until = now + timedelta(milliseconds=ttl)
            insert = insert_on.insert(RateCount).values(key=key, used=amount, until=until)
            renew = insert.on_conflict_do_update(
                index_elements=[RateCount.key],
                set_={"used": amount, "until": until},
                where=RateCount.until <= now,
            ).returning(RateCount.used)
            if session.scalar(renew) is not None:
                return True
            return self._add(session, key, amount, maximum)

    @staticmethod
    def _add(session: Session, key: str, amount: int, maximum: int) -> bool:
        row = session.get_one(RateCount, key, with_for_update=True, populate_existing=True)
        if row.used + amount > maximum:
            return False
        row.used += amount
        return True
