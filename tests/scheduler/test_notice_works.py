"""The clock and the notices: up at their time, closed after the last day, down after theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationStatus, PublicNotice, Role
from scheduler import notice_works
from scheduler.works import Works
from services import notice_publishing, public_notices
from tests.builders import at, create_acting, create_application, region

MADE = at("2022-04-28 10:00")


@dataclass
class Hand:
    """A clock that is set by hand."""

    at: datetime

    def now(self, _session: Session) -> datetime:
        return self.at


@pytest.fixture
def hand() -> Hand:
    return Hand(MADE)


@pytest.fixture
def works(seeded_sessions: sessionmaker[Session], hand: Hand) -> Works:
    def fetch(media_id: str) -> object:
        raise AssertionError(media_id)

    with seeded_sessions.begin() as session:
        for seeded in session.scalars(select(PublicNotice)):
            seeded.closed_at = seeded.taken_down_at = MADE
    return Works(sessions=seeded_sessions, clock=hand, carriers={}, fetch=fetch)  # type: ignore[arg-type] # never called


def schedule(works: Works, *times: str) -> None:
    with works.sessions.begin() as session:
        head = create_acting(session, Role.TOWN_HEAD, "xinyan")
        village = region(session, "v-xinyan-wangjiazhuang")
        for time in times:
            case = create_application(session, status=ApplicationStatus.TO_PUBLISH)
            notice = public_notices.draft(session, village, {case.id}, head, MADE)
            notice_publishing.schedule(session, notice, at(time), head, MADE)


def statuses(works: Works) -> list[str]:
    with works.sessions() as session:
        return list(session.scalars(select(Application.status).order_by(Application.number)))


def test_a_notice_lives_its_days(works: Works, hand: Hand) -> None:
    schedule(works, "2022-04-29 08:00")
    assert not notice_works.has_to_publish(works)
    hand.at = at("2022-04-29 08:00")
    assert notice_works.has_to_publish(works)
    assert notice_works.publish_notices(works) == 1
    assert statuses(works) == ["on_notice"]
    hand.at = at("2022-05-10 23:59")
    assert not notice_works.has_to_close(works)
    hand.at = at("2022-05-11 00:00")
    assert notice_works.close_notices(works) == 1
    assert statuses(works) == ["district_clerk"]
    assert not notice_works.has_to_close(works)
    hand.at = at("2022-05-14 00:00")
    assert notice_works.take_down_notices(works) == 1
    assert not notice_works.has_to_take_down(works)


def test_one_that_fails_keeps_no_other_waiting(
    works: Works, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule(works, "2022-04-29 08:00", "2022-04-29 08:00")
    hand.at = at("2022-04-29 08:00")
    publish = notice_publishing.publish_due
    broken: list[str] = []

    def first_breaks(session: Session, notice: PublicNotice, now: datetime) -> bool:
        if not broken:
            broken.append(notice.code)
            raise RuntimeError("a bug")
        return publish(session, notice, now)

    monkeypatch.setattr(notice_publishing, "publish_due", first_breaks)
    assert notice_works.publish_notices(works) == 1
    assert sorted(statuses(works)) == ["on_notice", "to_publish"]
    assert notice_works.has_to_publish(works)
