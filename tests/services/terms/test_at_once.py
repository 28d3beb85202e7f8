"""Two at once about one term: the clock ends it while the district decides; one effect."""

from __future__ import annotations

import threading
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Agreement,
    Engagement,
    EngagementPause,
    EngagementStatus,
    Exit,
    Extension,
    FollowUpCase,
    Staff,
)
from models.procedure import Actor
from services.acting import Acting
from services.procedure import Hindered
from services.terms import exits, extensions, notices, settling
from tests.services.terms.stage import company, noon, on_post, worker

LATER = date(2026, 4, 10)
AFTER = noon(date(2025, 4, 11))


def _ready(sessions: sessionmaker[Session]) -> Acting:
    """An extension that waits for the district; the last day is over."""
    with sessions.begin() as session:
        engagement, staff = on_post(session), company(session)
        now = noon(date(2025, 4, 1))
        wish = extensions.wish(session, engagement, worker(session, engagement), now)
        extensions.propose(
            session, engagement, to_on=LATER, reason="好", acting=staff.head, now=now
        )
        settling.take(session, wish, "pass", staff.town_head, now)
        return staff.approver


def _together(*acts: object) -> None:
    gate = threading.Barrier(len(acts))

    def run(act: object) -> None:
        gate.wait()
        act()  # type: ignore[operator] # each is a function

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_granted_while_the_clock_ends_the_term(seeded_sessions: sessionmaker[Session]) -> None:
    approver = _ready(seeded_sessions)

    def grant() -> None:
        with seeded_sessions.begin() as session:
            assert approver.staff is not None
            assert approver.region is not None
            acting = Acting(
                approver.role, session.get_one(Staff, approver.staff.id), approver.region
            )
            wish = session.scalars(select(Extension)).one()
            settling.take(session, wish, "grant", acting, AFTER)

    def end() -> None:
        with seeded_sessions.begin() as session:
            notices.end_over(session, AFTER)

    _together(grant, end, end)
    with seeded_sessions.begin() as session:
        engagement = session.scalars(select(Engagement)).one()
        assert (engagement.status, engagement.ends_on) == (EngagementStatus.ON_POST, LATER)
        assert session.scalars(select(Exit)).all() == []
        assert len(session.scalars(select(Agreement)).all()) == 1
        gaps = session.scalars(select(EngagementPause)).all()
        assert [(gap.from_on, gap.to_on) for gap in gaps] == [(AFTER.date(), AFTER.date())]


def test_two_clocks_end_a_term_once(seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        on_post(session)

    def end() -> None:
        with seeded_sessions.begin() as session:
            notices.end_over(session, AFTER)

    _together(end, end)
    with seeded_sessions.begin() as session:
        assert len(session.scalars(select(Exit)).all()) == 1
        assert len(session.scalars(select(FollowUpCase)).all()) == 1


def test_resigned_twice_at_once_is_one_exit(seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        contact_id = worker(session, on_post(session)).contact.id  # type: ignore[union-attr] # there

    def resign() -> None:
        try:
            with seeded_sessions.begin() as session:
                from models import Contact  # noqa: PLC0415 - one thread's own

                contact = session.get_one(Contact, contact_id)
                engagement = session.scalars(select(Engagement)).one()
                acting = Acting(Actor.APPLICANT, contact=contact)
                exits.resign(session, engagement, date(2025, 3, 1), acting, noon(date(2025, 2, 1)))
        except (Hindered, StaleDataError):
            pass

    _together(resign, resign)
    with seeded_sessions.begin() as session:
        assert len(session.scalars(select(Exit)).all()) == 1
