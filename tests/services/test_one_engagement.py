"""One post per person, whoever clicks at once (R-3.5c, F-06)."""

from __future__ import annotations

import threading
from collections import Counter
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationStatus, Engagement, Role
from services.acting import Acting
from tests.builders import create_acting, create_engagement
from tests.services.test_quota_race import approve, ready_cases, set_quota

AT_ONCE = 8


@pytest.fixture
def approver(seeded_sessions: sessionmaker[Session]) -> Acting:
    with seeded_sessions.begin() as session:
        return create_acting(session, Role.DISTRICT_APPROVER, "yanzhou")


def cases_of_one_person(session: Session, approver: Acting, number: int) -> list[UUID]:
    """Applications of the same person, as if each came under an announcement of its own."""
    keys = ready_cases(session, number, approver)
    first = session.get_one(Application, keys[0])
    for key in keys[1:]:
        application = session.get_one(Application, key)
        application.announcement_id = another_announcement(session, application)
        application.person_id = first.person_id
        session.flush()
    return keys


def another_announcement(session: Session, application: Application) -> int:
    """A copy of the application's announcement, of another version."""
    old = application.announcement
    kept = {
        name: getattr(old, name)
        for name in ("year", "title", "ruleset", "opens_on", "closes_on", "reference_on",
                     "contact_phone", "published_at")
    }  # fmt: skip
    version = session.scalar(select(func.max(type(old).version))) or 0
    made = type(old)(**kept, version=version + 1)
    session.add(made)
    session.flush()
    return made.id


def test_of_approvals_for_one_person_at_once_one_goes_through(
    seeded_sessions: sessionmaker[Session], approver: Acting
) -> None:
    with seeded_sessions.begin() as session:
        keys = cases_of_one_person(session, approver, AT_ONCE)
        set_quota(session, "xinyan", AT_ONCE)
    gate = threading.Barrier(AT_ONCE)
    results: list[str] = [""] * AT_ONCE

    def click(place: int) -> None:
        gate.wait()
        results[place] = approve(seeded_sessions, keys[place], approver)

    threads = [threading.Thread(target=click, args=(place,)) for place in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(results) == {"approved": 1, "obstacle.has_a_post": AT_ONCE - 1}
    with seeded_sessions() as session:
        assert session.scalar(select(func.count()).select_from(Engagement)) == 1


def test_the_database_itself_refuses_a_second_post(seeded: Session) -> None:
    first = create_engagement(seeded)
    with pytest.raises(IntegrityError):
        create_engagement(
            seeded,
            application=None,
            person=first.person,
            status=ApplicationStatus.DECLINED,
        )


def test_an_engagement_that_ended_makes_room_for_another(seeded: Session) -> None:
    first = create_engagement(seeded, status=ApplicationStatus.DECLINED, engagement_status="ended")
    create_engagement(seeded, person=first.person)
