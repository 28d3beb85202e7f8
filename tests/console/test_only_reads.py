"""A page that only reads keeps no writer waiting, and is written down all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from console.base import current
from models import AuditEntry, ClockShift, StaffSession
from tests.builders import create_application
from tests.console.conftest import Visit, Watch


def test_a_write_is_done_while_a_page_is_made(
    app: Flask,
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clerk = visit("zhenjingban")

    whole: Any = app.view_functions["console.worklist"]

    def page_beside_a_writer(**values: Any) -> Any:
        current().session.scalars(select(StaffSession)).all()
        with seeded_sessions.begin() as session:
            session.merge(ClockShift(id=1, shift_seconds=7.0))
        return whole(**values)

    monkeypatch.setattr(page_beside_a_writer, "roles", whole.roles, raising=False)
    monkeypatch.setitem(app.view_functions, "console.worklist", page_beside_a_writer)
    assert clerk.get("/console/").status_code == 200
    with seeded_sessions() as session:
        assert session.scalar(select(ClockShift.shift_seconds)) == 7.0


def test_a_look_is_written_before_the_page_goes_out(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        number = create_application(session).number
    clerk = visit("zhenjingban")
    assert clerk.get(f"/console/cases/{number}").status_code == 200
    with seeded_sessions() as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.act == "console.look")).all()
        assert "application" in {one.subject_kind for one in looks}


def test_a_page_that_cannot_be_written_down_does_not_go_out(
    visit: Visit, seeded_sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    with seeded_sessions.begin() as session:
        number = create_application(session).number
    clerk = visit("zhenjingban")

    def broken(*_session: object, **_entry: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("console.base.note", broken)
    assert clerk.get(f"/console/cases/{number}").status_code == 500
    assert number not in clerk.words


def test_a_page_that_writes_after_all_comes_at_the_second_asking(
    app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.errors.FOUND_OUT", found := set[str]())
    monkeypatch.setattr("console.guard.FOUND_OUT", found)
    clerk = visit("zhenjingban")
    whole: Any = app.view_functions["console.worklist"]

    def page_that_writes(**values: Any) -> Any:
        current().session.merge(ClockShift(id=1, shift_seconds=7.0))
        current().session.flush()
        return whole(**values)

    monkeypatch.setattr(page_that_writes, "roles", whole.roles, raising=False)
    monkeypatch.setitem(app.view_functions, "console.worklist", page_that_writes)
    again = clerk.client.get("/console/?kind=x")
    assert (again.status_code, again.headers["Location"]) == (302, "/console/?kind=x")
    assert found == {"console.worklist"}
    assert clerk.client.get("/console/?kind=x").status_code == 200


def test_reading_counts_as_being_there(
    visit: Visit, watch: Watch, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("zhenjingban")
    watch.wall += timedelta(minutes=5)
    clerk.get("/console/account")
    with seeded_sessions() as session:
        assert session.scalars(select(StaffSession.seen_at)).all() == [watch.wall]
