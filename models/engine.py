"""The engine and session factory for both databases.

We begin transactions ourselves, with their first statement; what may be read before, and what is a
transaction by itself, is for `models.prepared` to say. SQLite runs in WAL mode and takes its write
lock there: a deferred transaction that reads and then writes fails under concurrency whatever the
busy timeout (196 of 400 tries when measured). Who only reads says so (`models.read_only`).
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from models.read_only import let_read

BUSY_TIMEOUT_MS = 2_500
"""How long a turn waits for a lock. Well under WeChat's five seconds, so that we still answer."""
REST_SECONDS = 10
"""A connection to PostgreSQL that was not used for so long is tried before it is used."""
LOOK_AGAIN_SECONDS = 0.0002
"""How often a turn looks whether SQLite's lock is free. SQLite by itself would look after 1, 2, 5,
10 … milliseconds, and a turn takes half of one."""
LOG_PAGES = 4_000
"""How long SQLite's log may get before somebody's turn puts it in order: 16 MB. At its own 1,000 a
morning's turns would do so every 80 letters, and mostly with the same pages."""

IDLE = 0
"""libpq's PQTRANS_IDLE: no transaction has begun."""
BEGIN = "begin"
"""Where a connection's `info` keeps what begins its transaction, unless it has begun."""


def make_engine(database_url: str, *, pool_size: int = 16) -> Engine:
    """An engine with the settings this service relies on. Makes the folder of an SQLite file."""
    url = normalise(database_url)
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        connect_args={
            "options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c timezone=UTC",
            "autocommit": True,
        },
    )
    let_read(engine, _read_postgres)
    _begin_late(engine, _begin_postgres)
    _try_after_a_rest(engine)
    return engine


def session_factory(engine: Engine) -> sessionmaker[Session]:
    """Plain sessions. Whoever opens the transaction (a door) closes it; services never commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def light_transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """`sessions.begin()` for those who mostly run prepared statements: the unit of work, half of
    what a transaction costs here, wakes only when somebody uses it, and then takes part in it."""
    bind = sessions.kw["bind"]
    if isinstance(bind, Connection):  # somebody else's transaction: its owner said how to join it
        with sessions.begin() as session:
            yield session
        return
    with bind.begin() as connection:
        session = _LightSession(
            connection, expire_on_commit=False, join_transaction_mode="rollback_only"
        )
        try:
            yield session
            session.flush()
        finally:
            session.close()


class _LightSession(Session):
    def close(self) -> None:
        """Nothing to let go of where nothing was taken up."""
        if self.in_transaction() or self.new or self.identity_map:
            super().close()

    def connection(self, *_arguments: Any, **_options: Any) -> Connection:
        """The connection that the session was made on, without the session's own transaction."""
        assert isinstance(self.bind, Connection)
        return self.bind


def normalise(database_url: str) -> URL:
    """`postgres://` and `postgresql://` mean psycopg 3 here."""
    url = make_url(database_url)
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def _begin_late(engine: Engine, begin: Callable[[Any], None]) -> None:
    """Have every connection begin its transactions with their first statement."""

    @event.listens_for(engine, "connect")
    def note(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[BEGIN] = partial(begin, connection)

    def before(cursor: Any, *_statement: object) -> None:
        begin(cursor.connection)

    for moment in ("do_execute", "do_execute_no_params", "do_executemany"):
        event.listen(engine, moment, before)


def _begin_postgres(connection: Any) -> None:
    if connection.autocommit and connection.pgconn.transaction_status == IDLE:
        connection.execute("BEGIN")


def _read_postgres(connection: Any) -> bool:
    if connection.pgconn.transaction_status != IDLE:
        return False
    connection.execute("BEGIN READ ONLY")
    return True


def _try_after_a_rest(engine: Engine) -> None:
    """Try a connection that rested before it is used again, and take a new one if it broke.

    SQLAlchemy's own pre-ping asks before every use, which is a sixth of a turn's round trips.
    """

    @event.listens_for(engine, "checkin")
    def rest(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def rouse(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        since = record.info.get("rests_since", math.inf)
        if time.monotonic() - since > REST_SECONDS and not _answers(engine, connection):
            raise DisconnectionError


def _answers(engine: Engine, connection: Any) -> bool:
    try:
        return engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error:
        return False


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=0",  # the queue waits instead
            f"wal_autocheckpoint={LOG_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    let_read(engine, _read_sqlite, _write_sqlite)
    _begin_late(engine, _WriteQueue(patience_seconds=BUSY_TIMEOUT_MS / 1000).begin)
    return engine


def _read_sqlite(connection: Any) -> bool:
    """A transaction without the write lock. Nearly nothing makes it wait; what does (the file's log
    is being put in order after a crash) is over soon, and no queue stands there."""
    if connection.in_transaction:
        return False
    for statement in (f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}", "PRAGMA query_only=ON", "BEGIN"):
        connection.execute(statement)
    return True


def _write_sqlite(connection: Any) -> None:
    for statement in ("PRAGMA query_only=OFF", "PRAGMA busy_timeout=0"):
        connection.execute(statement)


class _WriteQueue:
    """Where the threads of this process wait for the write lock of an SQLite file.

    One of them asks for it at a time; the others stand behind it in order of arrival.
    """

    def __init__(self, *, patience_seconds: float) -> None:
        self._patience = patience_seconds
        self._turn = threading.Lock()

    def begin(self, connection: Any) -> None:
        """BEGIN IMMEDIATE, unless it is done; the driver's error when patience is at its end."""
        if connection.in_transaction:
            return
        until = time.monotonic() + self._patience
        if self._turn.acquire(timeout=self._patience):
            try:
                if self._begun(connection, until):
                    return
            finally:
                self._turn.release()
        connection.execute("BEGIN IMMEDIATE")

    @staticmethod
    def _begun(connection: Any, until: float) -> bool:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    return False
                time.sleep(LOOK_AGAIN_SECONDS)
            else:
                return True
