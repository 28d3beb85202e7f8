"""The clock publishes announcements and changes posts when their time has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Announcement, Post, Role
from scheduler import plan_works
from scheduler.works import Works
from services import post_steps, posts, recruitment
from services import recruitment_publishing as publishing
from services.posts import Revision
from tests.builders import NOW, create_acting, region
from tests.services.test_posts import FIT, REASON, SHEET, VILLAGE


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


def test_a_correction_is_published_at_its_time(works: Works, hand: Hand) -> None:
    when = NOW + timedelta(days=1)
    with works.sessions.begin() as session:
        clerk = create_acting(session, Role.DISTRICT_CLERK, "yanzhou")
        approver = create_acting(session, Role.DISTRICT_APPROVER, "yanzhou")
        first = session.scalars(select(Announcement)).one()
        second = recruitment.correct(session, first, clerk, NOW)
        text = replace(recruitment.text_of(second), correction_reason="电话写错了")
        recruitment.edit(session, second, text, clerk, NOW)
        publishing.schedule(session, second, when, approver, NOW)
    assert not plan_works.has_announcements(works)
    hand.at = when
    assert plan_works.has_announcements(works)
    assert plan_works.publish_announcements(works) == 1
    assert not plan_works.has_announcements(works)
    with works.sessions() as session:
        newest = recruitment.of_year(session, 2022)[0]
        assert (newest.version, newest.published_at) == (2, when)


def test_a_planned_change_is_carried_out_on_its_day(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        village = create_acting(session, Role.VILLAGE_CLERK, VILLAGE)
        town = create_acting(session, Role.TOWN_CLERK, "xinyan")
        approver = create_acting(session, Role.DISTRICT_APPROVER, "yanzhou")
        post, _ = posts.demand(session, SHEET, region(session, VILLAGE), REASON, village, NOW)
        post_steps.take(session, post, "check", town, NOW)
        post_steps.take(session, post, "approve", approver, NOW, FIT)
        new = replace(SHEET, worksite="村东头")
        posts.change(session, post, Revision(new, date(2022, 5, 10), "修路"), town, NOW)
    assert not plan_works.has_post_changes(works)
    hand.at = NOW.replace(month=5, day=10)
    assert plan_works.change_posts(works) == 1
    assert not plan_works.has_post_changes(works)
    with works.sessions() as session:
        changed = session.scalars(select(Post).where(Post.worksite == "村东头")).all()
        assert len(changed) == 1
