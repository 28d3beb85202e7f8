"""Nobody signs in, and no day counts, after the last day: however somebody left (R-3.3f, F-13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Engagement
from models.term_steps import ExitCause
from services.days import deriving, signing
from services.days.signing import Sign
from services.terms import exits, extensions, notices, settling
from services.terms.exits import Leaving
from tests.services.terms.stage import Company, company, noon, on_post, worker

START = date(2022, 4, 11)
END = date(2025, 4, 10)
Way = Callable[[Session, Engagement, Company, date], date]


def by_term(_session: Session, _engagement: Engagement, _staff: Company, _day: date) -> date:
    return END


def undecided(session: Session, engagement: Engagement, staff: Company, _day: date) -> date:
    now = noon(END - timedelta(days=5))
    extensions.propose(
        session, engagement, to_on=END + timedelta(days=90), reason="好", acting=staff.head, now=now
    )
    return END


def resigned(session: Session, engagement: Engagement, _staff: Company, day: date) -> date:
    exits.resign(session, engagement, day, worker(session, engagement), noon(day))
    return day


def reported(session: Session, engagement: Engagement, staff: Company, day: date) -> date:
    """Found out a week later; the worker's phone had gone on signing in."""
    for _ in _signed(session, engagement, day, 7):
        pass
    now = noon(day + timedelta(days=7))
    what = Leaving(ExitCause.JOB, day, "早走了")
    made = exits.propose(session, engagement, what, staff.town_clerk, now)
    settling.take(session, made, "approve", staff.approver, now)
    return day


def died(session: Session, engagement: Engagement, staff: Company, day: date) -> date:
    for _ in _signed(session, engagement, day, 7):
        pass
    now = noon(day + timedelta(days=7))
    exits.report(session, engagement, Leaving(ExitCause.DIED, day), staff.head, now)
    return day


def _signed(session: Session, engagement: Engagement, day: date, days: int) -> list[date]:
    contact = worker(session, engagement).contact
    assert contact is not None
    found = [day + timedelta(days=more) for more in range(1, days)]
    for one in found:
        standing = signing.standing_in(session, engagement.id, one)
        signing.sign(session, standing, contact.id, Sign(), noon(one))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5)
@given(ahead=st.integers(1, 1000), later=st.integers(1, 40))
@pytest.mark.parametrize("way", [by_term, undecided, resigned, reported, died])
def test_no_day_counts_after_the_last_one(
    seeded: Session, way: Way, ahead: int, later: int
) -> None:
    with seeded.begin_nested() as savepoint:
        engagement, staff = on_post(seeded, START), company(seeded)
        last_on = way(seeded, engagement, staff, START + timedelta(days=ahead))
        after = last_on + timedelta(days=later)
        now = noon(max(after, last_on + timedelta(days=7)))
        notices.end_over(seeded, now)
        standing = signing.standing_in(seeded, engagement.id, after)
        assert standing.obstacle == "over" or engagement.status == "suspended"
        contact = worker(seeded, engagement).contact
        assert contact is not None
        signing.sign(seeded, standing, contact.id, Sign(), now)
        state = deriving.derive_day(seeded, engagement.id, after, now + timedelta(hours=12))
        assert state in ("off_post", "paused")
        savepoint.rollback()
