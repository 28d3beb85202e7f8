"""The database server goes away under a pool of open connections, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from bot.inbox import Inbox
from models import Inbound, make_engine, session_factory
from tests import databases
from tests.builders import NOW, seed
from tests.talk import OFFICE, HandClock, letter_from
from wording import load_book

BOOK = load_book()
pytestmark = pytest.mark.postgres


@pytest.fixture
def inbox(postgres_engine: Engine) -> Iterator[Inbox]:
    """An inbox with connections of its own, on a furnished PostgreSQL."""
    own = make_engine(postgres_engine.url.render_as_string(hide_password=False))
    sessions: sessionmaker[Session] = session_factory(own)
    with sessions.begin() as session:
        seed(session)
    yield Inbox(sessions=sessions, clock=HandClock(), office=OFFICE, book=BOOK)
    own.dispose()
    postgres_engine.dispose()  # its pooled connections were dropped with the others
    databases.empty(postgres_engine)


def say(inbox: Inbox, text_: str, number: int) -> str:
    return inbox.receive(replace(letter_from("李桂香", number=number, sent_at=NOW), text=text_))


def drop_connections(engine: Engine) -> None:
    """What a restart of the server does to every connection but the one that asks."""
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    with engine.connect() as connection:
        connection.execute(
            text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        )


@pytest.mark.parametrize("rest_seconds", [3600, -1])
def test_a_message_after_a_restart_of_the_server_is_answered(
    inbox: Inbox,
    postgres_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    rest_seconds: int,
) -> None:
    """Both ways: the break is met within the turn, or found before it (after a rest)."""
    monkeypatch.setattr("models.engine.REST_SECONDS", rest_seconds)
    say(inbox, "查条件", 1)
    drop_connections(postgres_engine)
    assert BOOK.text("eligibility.track_rural") in say(inbox, "1", 2)
    with inbox.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Inbound)) == 2
