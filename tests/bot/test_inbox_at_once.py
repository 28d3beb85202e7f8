"""Messages at the same time: real threads, real commits, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from bot.inbox import Inbox
from channels.inbound import Inbound as Letter
from models import Contact, Conversation, Decision, Inbound, make_engine, session_factory
from tests import databases
from tests.builders import NOW, seed
from tests.talk import OFFICE, HandClock, letter_from
from wording import load_book

BOOK = load_book()
WHO = "李桂香"
AT_ONCE = 8
FILLED = ("查条件", "1", "1", "1970年5月2日")
"""One more message finishes the form, and that writes a decision."""


@pytest.fixture
def inbox(seeded_sessions: sessionmaker[Session]) -> Inbox:
    return Inbox(sessions=seeded_sessions, clock=HandClock(), office=OFFICE, book=BOOK)


def letter(text: str, *, number: int, who: str = WHO) -> Letter:
    return replace(letter_from(who, number=number, sent_at=NOW), text=text)


def all_at_once(*calls: Callable[[], str]) -> list[str]:
    """The results of all calls, begun together."""
    gate = threading.Barrier(len(calls))
    results = [""] * len(calls)

    def run(place: int) -> None:
        gate.wait()
        results[place] = calls[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def count(inbox: Inbox, table: type) -> int:
    with inbox.sessions() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_one_message_that_comes_eight_times_at_once_acts_once(inbox: Inbox) -> None:
    for number, text in enumerate(FILLED):
        inbox.receive(letter(text, number=number))
    last = letter("5", number=99)
    replies = all_at_once(*[lambda: inbox.receive(last)] * AT_ONCE)
    assert len(set(replies)) == 1
    assert replies[0] not in {"", BOOK.text("dialog.busy"), BOOK.text("dialog.apology")}
    assert count(inbox, Decision) == 1
    assert count(inbox, Inbound) == len(FILLED) + 1


def test_a_first_message_that_comes_eight_times_at_once_acts_once(inbox: Inbox) -> None:
    first = letter("您好", number=1)
    replies = all_at_once(*[lambda: inbox.receive(first)] * AT_ONCE)
    assert set(replies) == {inbox.receive(first)}
    assert (count(inbox, Contact), count(inbox, Conversation), count(inbox, Inbound)) == (1, 1, 1)


def test_two_messages_at_once_queue(inbox: Inbox) -> None:
    """The answers to two questions, sent in one second: neither is lost, neither counts twice."""
    inbox.receive(letter("查条件", number=0))
    replies = all_at_once(
        lambda: inbox.receive(letter("1", number=1)),
        lambda: inbox.receive(letter("1", number=2)),
    )
    born = BOOK.text("eligibility.ask_born")
    assert sorted(born in reply for reply in replies) == [False, True]
    assert count(inbox, Inbound) == 3


def test_eight_first_messages_of_one_person_make_one_contact(inbox: Inbox) -> None:
    calls = [
        lambda number=number: inbox.receive(letter("您好", number=number))
        for number in range(AT_ONCE)
    ]
    replies = all_at_once(*calls)
    assert BOOK.text("dialog.busy") not in replies
    assert BOOK.text("dialog.apology") not in replies
    assert (count(inbox, Contact), count(inbox, Conversation)) == (1, 1)
    assert count(inbox, Inbound) == AT_ONCE


def test_eight_people_at_once_are_all_answered(inbox: Inbox) -> None:
    calls = [
        lambda number=number: inbox.receive(letter("查条件", number=number, who=f"{WHO}{number}"))
        for number in range(AT_ONCE)
    ]
    replies = all_at_once(*calls)
    assert len(set(replies)) == 1
    assert BOOK.text("eligibility.who_self") in replies[0]
    assert count(inbox, Conversation) == AT_ONCE


@pytest.fixture
def hasty(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """An inbox that waits a tenth of a second for a lock."""
    monkeypatch.setattr("models.engine.BUSY_TIMEOUT_MS", 100)
    own = make_engine(engine.url.render_as_string(hide_password=False))
    yield Inbox(session_factory(own), clock=HandClock(), office=OFFICE, book=BOOK)
    own.dispose()


@contextmanager
def locked(inbox: Inbox) -> Iterator[None]:
    """Somebody else holds the conversation (SQLite: the database)."""
    with inbox.sessions.begin() as session:
        session.scalars(select(Conversation).with_for_update(of=Conversation)).one()
        yield


def test_a_locked_database_is_said_and_the_message_can_be_sent_again(
    inbox: Inbox, hasty: Inbox
) -> None:
    inbox.receive(letter("查条件", number=0))
    answer = letter("1", number=1)
    with locked(inbox):
        assert hasty.receive(answer) == BOOK.text("dialog.busy")
    assert count(inbox, Inbound) == 1
    assert BOOK.text("eligibility.track_rural") in hasty.receive(answer)


@dataclass
class Interrupted(HandClock):
    """A clock that lets another message come in the first time it is asked: after the sender's page
    was read, before anything is written."""

    meanwhile: Callable[[], str] | None = None

    def now(self, session: Session) -> datetime:
        come, self.meanwhile = self.meanwhile, None
        if come:
            come()
        return super().now(session)


@pytest.fixture
def alone(sqlite_engine: Engine) -> Iterator[Inbox]:
    """An inbox on SQLite with a form that one more answer fills. Only SQLite reads a page without
    locking it; PostgreSQL lets the other message wait."""
    own = make_engine(sqlite_engine.url.render_as_string(hide_password=False))
    inbox = Inbox(session_factory(own), clock=HandClock(), office=OFFICE, book=BOOK)
    with inbox.sessions.begin() as session:
        seed(session)
    for number, text in enumerate(FILLED):
        inbox.receive(letter(text, number=number))
    yield inbox
    own.dispose()
    databases.empty(sqlite_engine)


@pytest.mark.parametrize(("faster", "decisions"), [("4", 1), ("取消", 0)])
def test_a_turn_that_was_overtaken_is_taken_again_from_where_the_talk_stands(
    alone: Inbox, faster: str, decisions: int
) -> None:
    clock = Interrupted(meanwhile=lambda: alone.receive(letter(faster, number=50)))
    reply = replace(alone, clock=clock).receive(letter("5", number=51))
    assert reply not in {"", BOOK.text("dialog.busy"), BOOK.text("dialog.apology")}
    assert (count(alone, Decision), count(alone, Inbound)) == (decisions, len(FILLED) + 2)


def test_a_message_overtaken_by_its_own_copy_gets_the_copys_reply(alone: Inbox) -> None:
    last, replies = letter("5", number=99), []

    def come() -> str:
        replies.append(alone.receive(last))
        return replies[0]

    replies.append(replace(alone, clock=Interrupted(meanwhile=come)).receive(last))
    assert replies[0] == replies[1]
    assert (count(alone, Decision), count(alone, Inbound)) == (1, len(FILLED) + 1)
