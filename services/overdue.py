"""What the clock does to cases that nobody moves: papers that never came, waiting that went on for
too long (requirements 3.1). Each case for itself, through the one table."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Application, ApplicationStatus
from services import procedure
from services.acting import CLOCK
from services.clock import business_date
from services.guards import longest_wait
from services.procedure import Hindered

log = structlog.get_logger()


def has_lapsing(session: Session, now: datetime) -> bool:
    """Whether papers did not come by their day."""
    return session.scalars(_lapsing(now).limit(1)).first() is not None


def let_lapse(session: Session, now: datetime) -> int:
    """End the cases whose papers did not come by their day; gives how many."""
    return _take_each(session, _lapsing(now), "let_lapse", now)


def has_expiring(session: Session, now: datetime) -> bool:
    """Whether a place on the waiting list is over."""
    return session.scalars(_expiring(now).limit(1)).first() is not None


def expire_waiting(session: Session, now: datetime) -> int:
    """End the places on the waiting list that are over (`application.waiting_list_months`)."""
    return _take_each(session, _expiring(now), "expire", now)


def _lapsing(now: datetime) -> Select[tuple[Application]]:
    return select(Application).where(
        Application.status == ApplicationStatus.PAPERS_MISSING,
        Application.due_on < business_date(now),
    )


def _expiring(now: datetime) -> Select[tuple[Application]]:
    return select(Application).where(
        Application.status == ApplicationStatus.WAITING_LIST,
        Application.status_at < now - longest_wait(business_date(now)),
    )


def _take_each(session: Session, query: Select[tuple[Application]], act: str, now: datetime) -> int:
    taken = 0
    for application in session.scalars(query).all():
        try:
            with session.begin_nested():
                procedure.take(session, application, act, CLOCK, now)
            taken += 1
        except Hindered:
            continue
        except StaleDataError:
            log.warning("overdue.moved_on", act=act, application=str(application.id))
    return taken
