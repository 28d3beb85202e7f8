"""What the clock does for cases that nobody moves, and for workers without insurance."""

from __future__ import annotations

from datetime import date

import structlog

from scheduler.works import Works
from services import insurance_gaps, overdue
from services.clock import business_date

log = structlog.get_logger()


def has_lapsing(works: Works) -> bool:
    """Whether papers did not come by their day."""
    with works.reading() as session:
        return overdue.has_lapsing(session, works.clock.now(session))


def let_lapse(works: Works) -> int:
    """End the cases whose papers did not come."""
    with works.sessions.begin() as session:
        return overdue.let_lapse(session, works.clock.now(session))


def has_expiring(works: Works) -> bool:
    """Whether a place on the waiting list is over."""
    with works.reading() as session:
        return overdue.has_expiring(session, works.clock.now(session))


def expire_waiting(works: Works) -> int:
    """End the places on the waiting list that are over."""
    with works.sessions.begin() as session:
        return overdue.expire_waiting(session, works.clock.now(session))


class InsuranceAlarm:
    """Looks for days without cover, once in a business day and once more after a start: a look
    twice finds the same."""

    looked_on: date | None = None

    def is_due(self, works: Works) -> bool:
        """Whether nobody looked yet today."""
        with works.reading() as session:
            return business_date(works.clock.now(session)) != self.looked_on

    def look(self, works: Works) -> int:
        """Bring the list of gaps up to today; gives how many workers are on a post uncovered."""
        with works.sessions.begin() as session:
            now = works.clock.now(session)
            uncovered = insurance_gaps.look(session, now)
        self.looked_on = business_date(now)
        if uncovered:
            log.error("insurance.uncovered", workers=uncovered)
        return uncovered


ALARM = InsuranceAlarm()
"""This process's."""
