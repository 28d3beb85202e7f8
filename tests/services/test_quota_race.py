"""Fifty approvals for the last place: exactly one goes through, on both databases (R-2.4)."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models import (
    Application,
    ApplicationStatus,
    Engagement,
    ExclusionCheck,
    PlanVersion,
    Post,
    Quota,
    Role,
    Staff,
)
from rules import parameters
from services import plan, procedure, quotas
from services.acting import Acting
from services.procedure import Hindered
from tests.builders import NOW, create_acting, create_application, region

AT_ONCE = 50


def set_quota(session: Session, town: str, number: int, *, version: int = 2) -> None:
    """A version of 2022 in which a town may fill so many rural posts."""
    entered = PlanVersion(
        year=2022,
        version=version,
        effective_on=date(2022, 4, 1),
        document="会议纪要",
        reason="调整",
    )
    session.add(entered)
    session.flush()
    session.add(
        Quota(
            plan_version_id=entered.id,
            region_id=region(session, town).id,
            track="rural",
            number=number,
        )
    )


def ready_cases(session: Session, number: int, approver: Acting) -> list[UUID]:
    """Cases that wait for the district's approval and lack nothing but a place."""
    assert approver.staff is not None
    post = session.scalars(select(Post).where(Post.code == "P2022-0001")).one()
    post.headcount = 2 * number
    circumstances = parameters.in_force("eligibility.exclusions", NOW.date()).value
    ids = []
    for _ in range(number):
        application = create_application(session, status=ApplicationStatus.DISTRICT_APPROVAL)
        session.add_all(
            ExclusionCheck(
                application_id=application.id,
                circumstance=name,
                outcome="clear",
                source="名单比对",
                checked_by_id=approver.staff.id,
                checked_at=NOW,
            )
            for name in circumstances
        )
        ids.append(application.id)
    session.flush()
    return ids


@pytest.fixture
def approver(seeded_sessions: sessionmaker[Session]) -> Acting:
    with seeded_sessions.begin() as session:
        return create_acting(session, Role.DISTRICT_APPROVER, "yanzhou")


def approve(sessions: sessionmaker[Session], key: UUID, approver: Acting) -> str:
    """One approver's click: "approved", or the keys of what hindered it."""
    while True:
        try:
            with sessions.begin() as session:
                assert approver.staff is not None
                staff = session.get_one(Staff, approver.staff.id)
                acting = Acting(approver.role, staff, region(session, "yanzhou"))
                application = session.get_one(Application, key)
                procedure.take(
                    session, application, "approve", acting, NOW,
                    procedure.Why("outside_list_decided"),
                )  # fmt: skip
                return "approved"
        except Hindered as hindered:
            return ",".join(obstacle.key for obstacle in hindered.obstacles)
        except OperationalError:  # SQLite's queue was longer than one is made to wait: click again
            continue


def all_at_once(
    sessions: sessionmaker[Session], keys: list[UUID], approver: Acting
) -> Counter[str]:
    gate = threading.Barrier(len(keys))
    results: list[str] = [""] * len(keys)

    def click(place: int) -> None:
        gate.wait()
        results[place] = approve(sessions, keys[place], approver)

    threads = [threading.Thread(target=click, args=(place,)) for place in range(len(keys))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(results)


def test_the_last_place_is_given_once(
    seeded_sessions: sessionmaker[Session], approver: Acting
) -> None:
    with seeded_sessions.begin() as session:
        keys = ready_cases(session, AT_ONCE, approver)
        set_quota(session, "xinyan", 1)
    assert all_at_once(seeded_sessions, keys, approver) == {
        "approved": 1,
        "obstacle.quota_full": AT_ONCE - 1,
    }
    with seeded_sessions() as session:
        assert quotas.taken(session, 2022, region(session, "xinyan"), "rural") == 1
        assert session.scalar(select(func.count()).select_from(Engagement)) == 1


def test_a_new_version_in_the_middle_gives_no_place_twice(
    seeded_sessions: sessionmaker[Session], approver: Acting
) -> None:
    with seeded_sessions.begin() as session:
        keys = ready_cases(session, 12, approver)
        set_quota(session, "xinyan", 3)
    gate = threading.Barrier(2)

    def enter() -> None:
        gate.wait()
        with seeded_sessions.begin() as session:
            set_quota(session, "xinyan", 3, version=3)

    entering = threading.Thread(target=enter)
    entering.start()
    gate.wait()
    found = all_at_once(seeded_sessions, keys, approver)
    entering.join()
    assert found["approved"] == 3
    with seeded_sessions() as session:
        assert quotas.taken(session, 2022, region(session, "xinyan"), "rural") == 3


def test_lowering_below_what_is_filled_evicts_nobody_and_stops_approvals(
    seeded_sessions: sessionmaker[Session], approver: Acting
) -> None:
    with seeded_sessions.begin() as session:
        first, second, third = ready_cases(session, 3, approver)
        set_quota(session, "xinyan", 2)
    assert approve(seeded_sessions, first, approver) == "approved"
    assert approve(seeded_sessions, second, approver) == "approved"
    with seeded_sessions.begin() as session:
        set_quota(session, "xinyan", 1, version=3)
    assert approve(seeded_sessions, third, approver) == "obstacle.quota_full"
    with seeded_sessions() as session:
        seen = plan.overview(session, 2022, NOW.date(), region(session, "xinyan"))
        rural = next(line for line in seen.lines if line.track == "rural")
        assert (rural.number, rural.filled, rural.left, rural.is_over) == (1, 2, 0, True)


def test_a_year_that_is_not_issued_has_no_places(
    seeded_sessions: sessionmaker[Session], approver: Acting
) -> None:
    with seeded_sessions.begin() as session:
        (key,) = ready_cases(session, 1, approver)
        session.get_one(Application, key).announcement.year = 2023
    assert approve(seeded_sessions, key, approver) == "obstacle.quota_not_issued"
