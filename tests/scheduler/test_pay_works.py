"""The clock draws up the sheets, tells workers before they are paid, and asks afterwards."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Message, MonthSheet, ReceivedQuestion
from scheduler import pay_works
from scheduler.works import Works
from services.pay import signing
from tests.builders import at
from tests.services.month import (
    APPROVES,
    CHECKS,
    SIGNS,
    create_office,
    create_worker,
    mark_days,
    pay,
)


class Hand:
    """A clock that is moved by hand."""

    at: datetime = at("2022-05-01 06:30")

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


def kinds(works: Works) -> list[str]:
    with works.sessions() as session:
        found = session.scalars(select(Message.kind).order_by(Message.created_at, Message.kind))
        return [kind for kind in found if kind.startswith(("month_", "pay_"))]


def test_a_month_by_the_clock(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        mark_days(session, create_worker(session))
        mark_days(session, create_worker(session, name="王大成"), absent={6})
    assert pay_works.gather_months(works) == 1
    assert pay_works.gather_months(works) == 1
    assert not pay_works.has_pay_news(works)
    with works.sessions.begin() as session:
        office = create_office(session)
        sheet = session.scalars(select(MonthSheet)).one()
        assert (sheet.workers, sheet.state) == (2, "gathering")
        signing.take(session, sheet, "sign", office["head"], at(SIGNS))
        signing.take(session, sheet, "check", office["town"], at(CHECKS))
    hand.at = at(CHECKS)
    assert pay_works.has_pay_news(works)
    assert pay_works.tell_pay(works) == 2
    assert not pay_works.has_pay_news(works)
    assert kinds(works) == ["month_part", "month_whole"]
    with works.sessions.begin() as session:
        office = create_office(session)
        sheet = session.scalars(select(MonthSheet)).one()
        signing.take(session, sheet, "approve", office["approver"], at(APPROVES))
        pay(session, office)
    hand.at = at("2022-05-17 10:00")
    assert pay_works.tell_pay(works) == 2
    assert pay_works.ask_received(works) == 2
    assert pay_works.ask_received(works) == 0
    assert kinds(works)[2:] == ["pay_paid", "pay_paid", "pay_received", "pay_received"]
    with works.sessions() as session:
        assert len(session.scalars(select(ReceivedQuestion)).all()) == 2


def test_a_sheet_that_is_signed_is_left_alone(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        mark_days(session, create_worker(session))
    pay_works.gather_months(works)
    with works.sessions.begin() as session:
        office = create_office(session)
        sheet = session.scalars(select(MonthSheet)).one()
        signing.take(session, sheet, "sign", office["head"], at(SIGNS))
        signed = sheet.lines_sha256, sheet.edition
    hand.at = at("2022-05-06 06:30")
    assert pay_works.gather_months(works) == 1
    with works.sessions() as session:
        sheet = session.scalars(select(MonthSheet)).one()
        assert (sheet.lines_sha256, sheet.edition) == signed
