"""A session that only reads keeps no writer waiting, and cannot write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from models import ClockShift, make_engine, reading, session_factory
from models.read_only import WroteWhileReading

ROW = {"id": 1, "shift_seconds": 7.0}
HOW_MANY = select(func.count()).select_from(ClockShift)


@pytest.fixture
def patient(sessions: sessionmaker[Session], engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions over a pool of their own, of one connection: what one leaves behind, the next
    meets."""
    own = make_engine(engine.url.render_as_string(hide_password=False), pool_size=1)
    yield session_factory(own)
    own.dispose()


def test_a_write_does_not_wait_for_who_reads(sessions: sessionmaker[Session]) -> None:
    with reading(sessions) as session:
        assert session.scalar(HOW_MANY) == 0
        with sessions.begin() as writing:
            writing.add(ClockShift(**ROW))
    with reading(sessions) as session:
        assert session.scalar(HOW_MANY) == 1


def test_who_reads_does_not_wait_for_a_write(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as writing:
        writing.add(ClockShift(**ROW))
        writing.flush()
        with reading(sessions) as session:
            assert session.scalar(HOW_MANY) == 0


def _by_the_unit_of_work(session: Session) -> None:
    session.add(ClockShift(**ROW))
    session.commit()


def _by_a_statement(session: Session) -> None:
    session.execute(insert(ClockShift).values(**ROW))


def _by_a_text(session: Session) -> None:
    session.execute(text("UPDATE clock_shift SET shift_seconds = 9"))


@pytest.mark.parametrize("write", [_by_the_unit_of_work, _by_a_statement, _by_a_text])
def test_who_writes_while_reading_is_told(
    sessions: sessionmaker[Session], write: Callable[[Session], None]
) -> None:
    with reading(sessions) as session, pytest.raises(WroteWhileReading):
        write(session)
    with sessions() as session:
        assert session.scalar(HOW_MANY) == 0


@pytest.mark.parametrize("end", ["close", "commit", "rollback", "refused"])
def test_the_next_one_may_write(patient: sessionmaker[Session], end: str) -> None:
    session = reading(patient)
    session.scalar(HOW_MANY)
    if end == "refused":
        with pytest.raises(WroteWhileReading):
            session.execute(insert(ClockShift).values(**ROW))
    else:
        getattr(session, end)()
    session.close()
    with patient.begin() as writing:
        writing.add(ClockShift(**ROW))
    with reading(patient) as session:
        assert session.scalar(HOW_MANY) == 1


def test_each_of_its_transactions_only_reads(sessions: sessionmaker[Session]) -> None:
    with reading(sessions) as session:
        for _again in range(2):
            session.scalar(HOW_MANY)
            session.rollback()
        with pytest.raises(WroteWhileReading):
            session.execute(insert(ClockShift).values(**ROW))


def test_inside_somebodys_transaction_its_owner_decides(session: Session) -> None:
    connection = session.connection()
    inner = sessionmaker(connection, join_transaction_mode="create_savepoint")
    with reading(inner) as joined:
        assert joined.scalar(HOW_MANY) == 0
    session.add(ClockShift(**ROW))
    session.flush()


def test_many_read_and_write_at_once(sessions: sessionmaker[Session]) -> None:
    wrong: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(50):
                with reading(sessions) as session:
                    session.scalar(HOW_MANY)
        except BaseException as error:
            wrong.append(error)

    def write() -> None:
        try:
            for n in range(25):
                with sessions.begin() as session:
                    session.merge(ClockShift(id=1, shift_seconds=float(n)))
        except BaseException as error:
            wrong.append(error)

    with sessions.begin() as session:
        session.add(ClockShift(**ROW))
    threads = [threading.Thread(target=do) for do in (read, read, write, write)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_database_that_is_away_is_sqlalchemys_error(postgres_engine: Engine) -> None:
    own = make_engine(postgres_engine.url.render_as_string(hide_password=False), pool_size=1)
    with reading(session_factory(own)) as session:
        here = session.scalar(text("SELECT pg_backend_pid()"))
    with postgres_engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:here, 5000)"), {"here": here})
    with pytest.raises(OperationalError) as told, reading(session_factory(own)) as session:
        session.scalar(HOW_MANY)
    assert told.value.connection_invalidated
    with reading(session_factory(own)) as session:
        assert session.scalar(HOW_MANY) == 0
    own.dispose()
