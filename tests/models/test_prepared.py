"""A prepared statement writes and reads what SQLAlchemy's own execution would."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Engine, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot import postbook
from channels.inbound import Inbound as Letter
from models import Conversation, Inbound, make_engine
from models.prepared import Prepared
from tests.builders import NOW

ROW = {
    "channel": "wechat",
    "dedupe_key": "m:1",
    "sender_key": "o-1",
    "kind": "text",
    "content": "您好",
    "received_at": NOW,
    "reply": None,
    "failed": False,
}
INBOUND = cast(Table, Inbound.__table__)
KEEP = Prepared(insert(INBOUND).inline(), columns=list(ROW))


def test_a_row_written_is_the_row_that_the_orm_reads(session: Session) -> None:
    assert KEEP.run(session.connection(), ROW) == 1
    row = session.scalars(select(Inbound)).one()
    assert {name: getattr(row, name) for name in ROW} == ROW


def test_a_row_read_is_the_row_that_the_orm_wrote(session: Session) -> None:
    session.add(Inbound(**ROW))
    session.flush()
    find = Prepared(select(INBOUND).where(INBOUND.c.dedupe_key == bindparam("key")))
    found = find.first(session.connection(), {"key": "m:1"})
    assert found is not None
    columns = dict(zip(INBOUND.c.keys(), found, strict=True))
    assert {name: columns[name] for name in ROW} == ROW
    assert find.first(session.connection(), {"key": "m:2"}) is None


def test_an_update_tells_how_many_rows_it_changed(session: Session) -> None:
    KEEP.run(session.connection(), ROW)
    change = Prepared(
        update(INBOUND)
        .where(INBOUND.c.dedupe_key == bindparam("key"))
        .values(reply=bindparam("to"))
    )
    assert change.run(session.connection(), {"key": "m:1", "to": "好"}) == 1
    assert change.run(session.connection(), {"key": "m:2", "to": "好"}) == 0
    assert session.scalars(select(Inbound.reply)).one() == "好"


def test_a_broken_constraint_is_sqlalchemys_error(session: Session) -> None:
    KEEP.run(session.connection(), ROW)
    with pytest.raises(IntegrityError):
        KEEP.run(session.connection(), ROW)


def test_a_turn_that_is_kept_is_found_again(session: Session) -> None:
    letter = Letter(channel="wechat", sender="o-1", kind="text", dedupe_key="m:1", text="您好")
    page = postbook.open_page(session, letter, NOW)
    assert (page.came_before, page.talk.standing) == (False, None)
    postbook.keep_turn(session, page, letter, postbook.Turned('{"misses": 1}', "好", at=NOW))
    session.expunge_all()
    again = postbook.find(session, letter, NOW.date())
    assert again is not None
    assert (again.came_before, again.earlier_reply) == (True, "好")
    assert (again.talk.standing, again.talk.turned_at) == ('{"misses": 1}', NOW)
    assert session.scalars(select(Conversation)).one().standing == '{"misses": 1}'
    other = postbook.find(session, replace(letter, dedupe_key="m:2"), NOW.date())
    assert other is not None
    assert not other.came_before


def test_a_second_writer_waits_and_is_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.engine.BUSY_TIMEOUT_MS", 50)
    engine = make_engine(f"sqlite:///{tmp_path}/locked.db")
    with engine.begin() as first:
        first.exec_driver_sql("SELECT 1")
        with pytest.raises(OperationalError, match="locked"), engine.begin() as second:
            second.exec_driver_sql("SELECT 1")
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


def test_what_the_statement_itself_fixes_need_not_be_given(session: Session) -> None:
    KEEP.run(session.connection(), ROW)
    KEEP.run(session.connection(), ROW | {"dedupe_key": "m:2"})
    newest = Prepared(
        select(INBOUND.c.dedupe_key)
        .where(INBOUND.c.kind == bindparam("kind"), INBOUND.c.content == "您好")
        .order_by(INBOUND.c.id.desc())
        .limit(1)
    )
    assert newest.first(session.connection(), {"kind": "text"}) == ("m:2",)


def test_what_the_statement_fixes_stands_in_its_text(sqlite_engine: Engine) -> None:
    """As a parameter it would make SQLite plan the statement anew at each run, where the choice of
    a partial index hangs on it."""
    find = Prepared(
        select(INBOUND.c.reply).where(
            INBOUND.c.kind == "text", INBOUND.c.dedupe_key == bindparam("key")
        )
    )
    sent: list[str] = []
    with sqlite_engine.connect() as connection:
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        assert find.peek(connection, {"key": "m:1"}) is None
        assert not driver.in_transaction
        driver.set_trace_callback(sent.append)
        assert find.first(connection, {"key": "m:1"}) is None
        driver.set_trace_callback(None)
        assert driver.in_transaction
    assert sent[0] == "BEGIN IMMEDIATE"
    assert "kind = 'text'" in sent[1]
