"""What the clock does so that work can be trusted: it seals the audit trail, and takes tickets that
nobody answered in time to the office above."""

from __future__ import annotations

import time

import structlog

from scheduler.works import RUN_SECONDS, Works
from services import audit, ticket_desk

log = structlog.get_logger()


def has_unsealed(works: Works) -> bool:
    """Whether audit entries wait to be sealed."""
    with works.reading() as session:
        return audit.is_due(session, works.clock.now(session))


def seal_audit(works: Works) -> int:
    """Seal what is old enough, a batch a transaction; how many entries. The hashes go to the log
    too: what was noted outside the database cannot be made anew inside it."""
    sealed, until = 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < until and not works.stopping.is_set():
        with works.sessions.begin() as session:
            made = audit.seal(session, works.clock.now(session))
        if made is None:
            break
        log.info("audit.sealed", seal=made.id, entries=made.entries, sha256=made.sha256)
        sealed += made.entries
    return sealed


def has_overdue_tickets(works: Works) -> bool:
    """Whether a ticket was not closed by its day."""
    with works.reading() as session:
        return ticket_desk.has_overdue(session, works.clock.now(session))


def escalate_tickets(works: Works) -> int:
    """Take tickets that were not closed by their day to the office above."""
    with works.sessions.begin() as session:
        taken = ticket_desk.escalate(session, works.clock.now(session))
    log.info("tickets.escalated", tickets=taken)
    return taken
