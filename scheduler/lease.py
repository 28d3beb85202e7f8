"""The lease: of all clock processes one runs the jobs, the others wait to take over.

A holder renews every few seconds. When it dies, the lease runs out and a standby has it within
`LEASE` plus one renewal: 25 s. On a clean stop it is given back at once. The time is the machines'
own; they have to agree within a few seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from models import Lease

log = structlog.get_logger()

LEASE = timedelta(seconds=20)
RENEW_SECONDS = 5.0

SAFETY_SECONDS = 2.0
"""The holder lets go this much before the others may take: clocks differ a little."""


@dataclass
class ClockLease:
    """One process's view of the lease. `holder` names the process."""

    sessions: sessionmaker[Session]
    holder: str
    machine: Callable[[], datetime]
    name: str = "clock"
    _held_until: float = field(default=0.0, init=False)

    @property
    def held(self) -> bool:
        """Whether this process may run jobs at this moment."""
        return time.monotonic() < self._held_until

    def renew(self) -> bool:
        """Take the lease or keep it; whether it is ours now. A database that does not answer
        changes nothing: what is held runs out by itself."""
        asked = time.monotonic()
        try:
            with self.sessions.begin() as session:
                mine = self._take(session, self.machine())
        except (OperationalError, PoolTimeout):
            log.warning("clock.lease_not_renewed", exc_info=True)
            return self.held
        self._held_until = asked + LEASE.total_seconds() - SAFETY_SECONDS if mine else 0.0
        return mine

    def release(self) -> None:
        """Give the lease back, so that a standby need not wait."""
        self._held_until = 0.0
        with self.sessions.begin() as session:
            row = session.get(Lease, self.name, with_for_update=True)
            if row is not None and row.holder == self.holder:
                row.until = self.machine()

    def _take(self, session: Session, now: datetime) -> bool:
        insert_on = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        wanted = {"name": self.name, "holder": self.holder, "until": now + LEASE}
        insert = insert_on.insert(Lease).values(**wanted)
        is_free = (Lease.holder == self.holder) | (Lease.until <= now)
        taken = insert.on_conflict_do_update(
            index_elements=[Lease.name],
            set_={"holder": self.holder, "until": now + LEASE},
            where=is_free,
        ).returning(Lease.holder)
        return session.scalar(taken) is not None
