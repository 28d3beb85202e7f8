"""A report that comes in the very moment in which its sender writes down what it sent: whoever is
second sees what the first one kept."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models import Delivery
from models.telling import DeliveryState
from services import dispatch, receipts
from services.dispatch import Parcel
from tests.builders import NOW
from tests.services.test_outbox import ACCEPTED, put, report, take

HEAD_START_SECONDS = 0.3
"""Enough for the second one to come to where it has to wait; too little would only find less."""

Write = Callable[[Session], object]


@pytest.fixture
def parcel(sessions: sessionmaker[Session]) -> Parcel:
    """A message that has been sent, and of which nothing is written down yet."""
    with sessions.begin() as session:
        put(session)
        return take(session)


def at_once(sessions: sessionmaker[Session], first: Write, second: Write) -> None:
    """The second one begins after the first one wrote and before it commits."""

    def follow() -> None:
        with sessions.begin() as session:
            second(session)

    follower = threading.Thread(target=follow)
    with sessions.begin() as session:
        first(session)
        session.flush()
        follower.start()
        time.sleep(HEAD_START_SECONDS)
    follower.join()


def state_of(sessions: sessionmaker[Session], key: uuid.UUID) -> DeliveryState:
    with sessions() as session:
        return DeliveryState(session.get_one(Delivery, key).state)


@pytest.mark.parametrize("report_first", [True, False])
def test_a_report_meets_its_message(
    sessions: sessionmaker[Session], parcel: Parcel, *, report_first: bool
) -> None:
    def accept(session: Session) -> None:
        dispatch.record(session, parcel, ACCEPTED, now=NOW)

    def hear(session: Session) -> None:
        receipts.record(session, [report()], NOW)

    both = (hear, accept) if report_first else (accept, hear)
    at_once(sessions, *both)
    assert state_of(sessions, parcel.id) == DeliveryState.DELIVERED
