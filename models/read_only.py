"""Sessions that only read, and are held to it.

On SQLite a transaction that may write takes the file's one write lock when it begins, so a page
that takes a second to draw would keep every check-in waiting for a second. One that only reads sees
the database as it stood at its first question and keeps nobody waiting. Who says that they only
read, and then write, is told so on both databases: that is a mistake of the program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

BEGIN_READING = "begin_reading"
"""Where a connection's `info` keeps what begins a transaction that only reads. It gives False where
a transaction has begun: then its owner said what may be done in it."""
READS = "reads"
"""Stands in a connection's `info` while it only reads."""
READ_ONLY_TRANSACTION = "25006"
"""PostgreSQL's code for a write in a transaction that only reads."""


class WroteWhileReading(RuntimeError):
    """A session of `reading` was used to write. Nothing was written."""


class ReadingSession(Session):
    """See `reading`."""


def reading(sessions: sessionmaker[Session]) -> ReadingSession:
    """A session that only reads: it waits for no writer and keeps none waiting. Raises
    `WroteWhileReading` at the first write; there is nothing to commit."""
    return ReadingSession(**sessions.kw)


@event.listens_for(ReadingSession, "after_begin")
def _begin_reading(_session: Session, _transaction: object, connection: Connection) -> None:
    if begin := connection.info.get(BEGIN_READING):
        try:
            connection.info[READS] = begin()
        except Exception as error:  # SQLAlchemy says which of its errors this is
            connection._handle_dbapi_exception(error, None, None, None, None)


def let_read(
    engine: Engine, begin: Callable[[Any], bool], end: Callable[[Any], None] = lambda _: None
) -> None:
    """Teach an engine what begins a reading transaction, and what makes its connection fit for
    writing again."""

    @event.listens_for(engine, "connect")
    def note(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[BEGIN_READING] = partial(begin, connection)

    @event.listens_for(engine, "checkin")
    def give_back(connection: Any, record: ConnectionPoolEntry) -> None:
        if record.info.pop(READS, False) and connection is not None:
            end(connection)

    @event.listens_for(engine, "handle_error")
    def explain(context: ExceptionContext) -> None:
        if _was_refused(context):
            raise WroteWhileReading(context.statement) from context.original_exception


def _was_refused(context: ExceptionContext) -> bool:
    error, connection = context.original_exception, context.connection
    if connection is None or connection.invalidated or not connection.info.get(READS):
        return False
    if isinstance(error, sqlite3.Error):
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY
    return getattr(error, "sqlstate", None) == READ_ONLY_TRANSACTION
