"""The clock ends what nobody moved, and looks every day for workers without cover."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationEvent, ApplicationStatus, EngagementStatus, InsuranceGap
from scheduler import onboarding_works
from scheduler.onboarding_works import InsuranceAlarm
from scheduler.works import Works
from tests.builders import NOW, create_application, create_engagement

S = ApplicationStatus


class Hand:
    """A clock that is moved by hand."""

    at: datetime = NOW

    def now(self, session: Session) -> datetime:
        return self.at


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def works(seeded_sessions: sessionmaker[Session], hand: Hand) -> Works:
    def fetch(media_id: str) -> object:
        raise AssertionError(media_id)

    return Works(sessions=seeded_sessions, clock=hand, carriers={}, fetch=fetch)  # type: ignore[arg-type] # never called


def test_papers_that_never_came_end_the_case_the_day_after(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        create_application(session, status=S.PAPERS_MISSING, due_on=date(2022, 4, 6))
        create_application(session, status=S.PAPERS_MISSING, due_on=None)
        create_application(session, status=S.SUBMITTED, due_on=date(2022, 4, 1))
    assert not onboarding_works.has_lapsing(works)
    assert onboarding_works.let_lapse(works) == 0
    hand.at = NOW + timedelta(days=1)
    assert onboarding_works.has_lapsing(works)
    assert onboarding_works.let_lapse(works) == 1
    assert not onboarding_works.has_lapsing(works)
    with works.sessions() as session:
        (event,) = session.scalars(select(ApplicationEvent))
        assert (event.act, event.actor, event.to_status) == ("let_lapse", "clock", S.LAPSED)


def test_a_place_on_the_waiting_list_holds_for_a_year(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        create_application(session, status=S.WAITING_LIST)
    hand.at = NOW + timedelta(days=365)
    assert not onboarding_works.has_expiring(works)
    hand.at += timedelta(minutes=1)
    assert onboarding_works.has_expiring(works)
    assert onboarding_works.expire_waiting(works) == 1
    with works.sessions() as session:
        assert session.scalars(select(Application.status)).one() == S.LAPSED
    assert not onboarding_works.has_expiring(works)


def test_the_alarm_looks_once_a_day(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        create_engagement(
            session, engagement_status=EngagementStatus.ON_POST, starts_on=date(2022, 4, 5)
        )
    alarm = InsuranceAlarm()
    assert alarm.is_due(works)
    assert alarm.look(works) == 1
    assert not alarm.is_due(works)
    hand.at = NOW + timedelta(days=1)
    assert alarm.is_due(works)
    assert alarm.look(works) == 1
    with works.sessions() as session:
        gap = session.scalars(select(InsuranceGap)).one()
        assert (gap.from_on, gap.to_on) == (date(2022, 4, 5), None)
