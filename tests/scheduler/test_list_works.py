"""Every night the clock holds people against the lists again, and says which have not come."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models import ListHit, Message
from models.sealing import blind_index
from scheduler import list_works
from scheduler.works import Works
from tests.builders import at, id_number
from tests.services.cross_checks.stage import sheet_of, take
from tests.services.month import create_office, create_worker


class Hand:
    """A clock that is moved by hand."""

    at: datetime = at("2022-05-03 05:20")

    def now(self, session: Session) -> datetime:
        return self.at


@pytest.fixture
def works(seeded_sessions: sessionmaker[Session]) -> Works:
    def fetch(media_id: str) -> object:
        raise AssertionError(media_id)

    return Works(sessions=seeded_sessions, clock=Hand(), carriers={}, fetch=fetch)  # type: ignore[arg-type] # never called


def test_who_came_after_the_list_is_found_the_next_night(works: Works) -> None:
    with works.sessions.begin() as session:
        office = create_office(session)
        rows = [[id_number(order=302), "某某", date(2022, 3, 1), "", ""]]
        sheet = sheet_of("employees", rows)
        assert take(session, sheet, "employees", office["clerk"], at("2022-05-02 09:00")).hits == []
    assert list_works.compare_lists(works) == 0
    with works.sessions.begin() as session:
        worker = create_worker(session, name="某某")
        worker.person.id_number = id_number(order=302)
        worker.person.id_number_index = blind_index(id_number(order=302), "id_number")
    assert list_works.compare_lists(works) == 1
    assert list_works.compare_lists(works) == 0
    with works.sessions() as session:
        assert session.scalar(select(func.count()).select_from(ListHit)) == 1


def test_the_district_is_reminded_by_the_clock(works: Works) -> None:
    with works.sessions.begin() as session:
        create_office(session)
        create_worker(session)
    assert list_works.remind_of_lists(works) > 0
    with works.sessions() as session:
        kinds = session.scalars(select(Message.kind).distinct()).all()
        assert "lists_missing_district" in kinds
