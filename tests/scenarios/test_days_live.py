"""Two workers and a head over the running service, with the time machine: a sign, a confirmation
by exception, the evening's word, a day that is lost when it closes, and its dispute."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AttendanceDay, Engagement, StaffContact
from tests.builders import create_contact
from tests.scenarios.lives import Life, inside, move, running_on
from tests.scenarios.town import Town
from tests.services.days.stage import village

HEAD = "o-days-head"


@pytest.fixture(params=["sqlite", "postgres"])
def town(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Town]:
    with running_on(request.param, f"days_{worker_id}", tmp_path) as made:
        yield made


@pytest.fixture
def house(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[sessionmaker[Session]]:
    """The running service's own database."""
    with inside(town, monkeypatch) as sessions:
        yield sessions


@pytest.fixture
def workers(town: Town, house: sessionmaker[Session]) -> list[Life]:
    """Two workers on a post, and the head of their village, each at a phone."""
    with house.begin() as session:
        stage = village(session, workers=2)
        talkers = []
        for order, worker in enumerate(stage.workers, 800):
            contact = create_contact(
                session, address_key=f"o-days-{order}", person_id=worker.person_id
            )
            talkers.append(Life(town, contact.address_key))
        assert stage.head.staff is not None
        head = create_contact(session, address_key=HEAD)
        now = datetime.fromisoformat("2022-04-06T07:00:00+08:00")
        session.add(
            StaffContact(staff_id=stage.head.staff.id, contact_id=head.id, code_index="-",
                         offered_at=now, expires_at=now, bound_at=now)
        )  # fmt: skip
    return talkers


@pytest.mark.timeout(400)
def test_days_over_the_running_service(
    town: Town, house: sessionmaker[Session], workers: list[Life]
) -> None:
    came, silent = workers
    head = Life(town, HEAD)
    move(town, "2022-04-06T07:10")
    assert "07:1" in came.says("打卡")
    assert "还没有您的签到" in silent.says("今天打卡了没有帮我看看")
    assert "17:30以后" in head.says("今天都到了")
    move(town, "2022-04-06T18:00")
    assert "没签到" in head.says("确认考勤")
    assert "到1人" in head.says("全到")
    assert "确认好了" in head.says("1")
    move(town, "2022-04-06T20:12")
    assert "2022年4月6日算上了" in came.hears("算上了")
    assert "没有您的签到" in silent.hears("没有您的签到")
    move(town, "2022-04-08T00:30")
    until = time.monotonic() + 60
    while _states(house, date(2022, 4, 6)) != {"counted", "absent"} and time.monotonic() < until:
        time.sleep(0.5)
    assert _states(house, date(2022, 4, 6)) == {"counted", "absent"}
    assert "哪一天不对" in silent.says("申诉")
    silent.says("1")
    assert "镇街来核" in silent.says("俺来了，手机没电，王大成见着了")
    assert "disputed" in _states(house, date(2022, 4, 6)) | _states(house, date(2022, 4, 7))
    move(town, "2022-07-04T09:00")  # the clock stood still for a quarter
    until = time.monotonic() + 60
    while not _states(house, date(2022, 7, 1)) and time.monotonic() < until:
        time.sleep(0.5)
    assert _states(house, date(2022, 5, 9)) == {"absent"}
    assert _states(house, date(2022, 7, 1)) == {"absent"}


def _states(house: sessionmaker[Session], day: date) -> set[str]:
    with house() as session:
        return {str(state) for state in session.scalars(
            select(AttendanceDay.state)
            .join(Engagement, AttendanceDay.engagement_id == Engagement.id)
            .where(AttendanceDay.day_on == day)
        )}  # fmt: skip
