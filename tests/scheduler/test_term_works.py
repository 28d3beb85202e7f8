"""The clock tells, ends and escalates; one that was off for days catches up with each once."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from models import BankAccount, Engagement, EngagementStatus, FollowUpCase, TermNotice, new_id
from models.sealing import blind_index
from scheduler import term_works
from scheduler.works import Works
from tests.services.stage import clerk
from tests.services.terms.stage import noon, on_post

END = date(2025, 4, 10)


class Hand:
    """A clock that is moved by hand."""

    at: datetime = noon(END)

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


def test_many_are_told_and_ended_in_pieces(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        for _ in range(3):
            on_post(session)
    term_works.AT_ONCE, kept = 2, term_works.AT_ONCE
    try:
        hand.at = noon(END - timedelta(days=7))
        assert term_works.has_notices(works)
        assert term_works.tell_due(works) == 3
        assert not term_works.has_notices(works)
        hand.at = noon(END + timedelta(days=5))
        assert term_works.has_over(works)
        assert term_works.end_over(works) == 3
        assert not term_works.has_over(works)
    finally:
        term_works.AT_ONCE = kept
    with works.sessions() as session:
        assert session.scalar(select(func.count()).select_from(TermNotice)) == 3
        ended = session.scalars(select(Engagement.ended_on)).all()
        assert set(ended) == {END}
        opened = session.scalars(select(FollowUpCase.opened_on)).all()
        assert set(opened) == {END + timedelta(days=5)}


def test_a_silent_case_is_escalated(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        on_post(session)
    hand.at = noon(END + timedelta(days=1))
    term_works.end_over(works)
    assert not term_works.has_silent(works)
    hand.at = noon(END + timedelta(days=91))
    assert term_works.has_silent(works)
    assert term_works.escalate_silent(works) == 1
    assert not term_works.has_silent(works)


def test_an_account_stays_open_for_the_last_pay(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        engagement = on_post(session)
        account = BankAccount(
            id=new_id(), person_id=engagement.person_id, bank="农商行", holder="李桂香",
            number_index=blind_index("6222", "bank_account"), from_on=date(2022, 4, 1),
            recorded_by_id=clerk(session).id,
        )  # fmt: skip
        account.number = "6222"
        session.add(account)
    hand.at = noon(END + timedelta(days=1))
    term_works.end_over(works)
    hand.at = noon(END + timedelta(days=89))
    assert term_works.close_accounts(works) == 0
    hand.at = noon(END + timedelta(days=90))
    assert term_works.close_accounts(works) == 1
    assert term_works.close_accounts(works) == 0


def test_urban_terms_are_looked_at_to_the_last(works: Works, hand: Hand) -> None:
    with works.sessions.begin() as session:
        for _ in range(2):
            on_post(session, track="urban", born_on=date(1985, 1, 1))
        assert set(session.scalars(select(Engagement.status))) == {EngagementStatus.ON_POST}
    hand.at = noon(date(2025, 1, 1))
    assert term_works.redate_urban(works) == 1
