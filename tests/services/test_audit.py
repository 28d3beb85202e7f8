"""The audit trail: sealed in chained batches; whatever is tampered with is found and named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from models import (
    ApplicationEvent,
    AuditEntry,
    AuditSeal,
    Base,
    Decision,
    Post,
    PostChange,
    Role,
)
from services import audit, posts
from services.acting import CLOCK
from services.trail import note
from tests.builders import NOW, create_acting, create_application
from tests.databases import _without_triggers

LATER = NOW + timedelta(minutes=5)


def write(session: Session, number: int = 1, **details: Any) -> None:
    for place in range(number):
        note(
            session,
            "case.looked",
            actor="staff:1",
            at=NOW,
            subject=("application", place),
            why="page",
            **details,
        )
    session.flush()


def sealed(session: Session, batches: int = 3) -> list[int]:
    """Entries in some batches of four; their numbers."""
    for _ in range(batches):
        write(session, 4, before={"a": [1, 2.5, None]}, after="王")
        assert audit.seal(session, LATER) is not None
    return list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))


def tamper(session: Session, statement: str, **values: Any) -> None:
    """What the owner of a database can do: take the triggers away, change, put them back."""
    connection: Connection = session.connection()
    with _without_triggers(connection):
        connection.execute(text(statement), values)
    session.expire_all()


def test_nothing_is_sealed_before_it_has_settled(session: Session) -> None:
    write(session)
    assert not audit.is_due(session, NOW + timedelta(seconds=59))
    assert audit.seal(session, NOW + timedelta(seconds=59)) is None
    assert audit.is_due(session, NOW + timedelta(seconds=60))
    assert audit.seal(session, NOW + timedelta(seconds=60)) is not None
    assert not audit.is_due(session, LATER)
    assert audit.verify(session).holds


def test_a_clock_that_was_set_back_leaves_nothing_unsealed(session: Session) -> None:
    note(session, "clock.moved", actor="clock", at=NOW + timedelta(days=900), subject=("clock", 1))
    session.flush()
    assert audit.seal(session, NOW) is not None


def test_seals_are_numbered_and_chained(session: Session) -> None:
    sealed(session)
    first, second, third = session.scalars(select(AuditSeal).order_by(AuditSeal.id))
    assert (first.id, second.id, third.id) == (1, 2, 3)
    assert second.previous_sha256 == first.sha256
    assert third.previous_sha256 == second.sha256
    verdict = audit.verify(session)
    assert verdict.holds
    assert (verdict.entries, verdict.seals, verdict.unsealed) == (12, 3, 0)
    assert verdict.head == third.sha256


def test_a_batch_has_an_end(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH", 5)
    write(session, 12)
    counts = []
    while (made := audit.seal(session, LATER)) is not None:
        counts.append(made.entries)
    assert counts == [5, 5, 2]
    assert audit.verify(session).holds


def test_an_empty_trail_is_whole(session: Session) -> None:
    verdict = audit.verify(session)
    assert verdict.holds
    assert (verdict.entries, verdict.seals) == (0, 0)


COLUMNS = {
    "at": "2022-04-07 01:00:00.000000",
    "actor": "staff:2",
    "act": "case.refused",
    "subject_kind": "person",
    "subject_id": "99",
    "details": '{"why": "page", "before": {"a": [1, 2.5, null]}, "after": "黄"}',
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_entry_is_found_by_its_number(session: Session, column: str) -> None:
    ids = sealed(session)
    changed = text(f"UPDATE audit_entry SET {column} = :new WHERE id = :id")
    if session.get_bind().dialect.name == "postgresql":
        casts = {"at": "timestamptz", "details": "jsonb"}
        kind = casts.get(column, "text")
        changed = text(f"UPDATE audit_entry SET {column} = CAST(:new AS {kind}) WHERE id = :id")
    tamper(session, str(changed), new=COLUMNS[column], id=ids[6])
    verdict = audit.verify(session)
    assert not verdict.holds
    assert (verdict.first_broken_entry, verdict.flaw) == (ids[6], "changed")


@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_deleted_entry_is_found(session: Session, place: int) -> None:
    ids = sealed(session)
    tamper(session, "DELETE FROM audit_entry WHERE id = :id", id=ids[place])
    verdict = audit.verify(session)
    assert (verdict.first_broken_entry, verdict.flaw) == (ids[place], "deleted")


@pytest.mark.parametrize("place", [0, 4, 11])
def test_an_entry_slipped_into_a_sealed_stretch_is_found(session: Session, place: int) -> None:
    write(session, 40)  # numbers to slip into: every second one goes before it is sealed
    tamper(session, "DELETE FROM audit_entry WHERE id % 2 = 0")
    left = list(session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)))
    audit.seal(session, LATER)
    assert audit.verify(session).holds
    slipped = left[place] - 1
    columns = "id, at, actor, act, subject_kind, subject_id, details"
    tamper(
        session,
        f"INSERT INTO audit_entry ({columns}) SELECT :new, at, actor, act, subject_kind, "
        "subject_id, details FROM audit_entry WHERE id = :old",
        new=slipped,
        old=left[place],
    )
    verdict = audit.verify(session)
    assert (verdict.first_broken_entry, verdict.flaw) == (slipped, "inserted")


SEALS: dict[str, tuple[str, int]] = {
    "removed from the middle": ("DELETE FROM audit_seal WHERE id = 2", 4),
    "removed from the beginning": ("DELETE FROM audit_seal WHERE id = 1", 0),
    "hash changed": ("UPDATE audit_seal SET sha256 = 'f' WHERE id = 2", 4),
    "link changed": ("UPDATE audit_seal SET previous_sha256 = 'f' WHERE id = 2", 4),
    "number of entries changed": ("UPDATE audit_seal SET entries = 3 WHERE id = 2", 4),
    "renumbered": ("UPDATE audit_seal SET id = 9 WHERE id = 3", 8),
}


@pytest.mark.parametrize("what", SEALS)
def test_a_changed_or_removed_seal_is_found(session: Session, what: str) -> None:
    ids = sealed(session)
    statement, place = SEALS[what]
    tamper(session, statement)
    verdict = audit.verify(session)
    assert (verdict.first_broken_entry, verdict.flaw) == (ids[place], "seal")


def test_a_chain_made_anew_lacks_the_hash_that_was_noted(session: Session) -> None:
    ids = sealed(session)
    noted = audit.verify(session).head
    assert audit.verify(session, [noted]).holds
    tamper(session, "DELETE FROM audit_seal")
    tamper(session, "DELETE FROM audit_entry WHERE id = :id", id=ids[3])
    audit.seal(session, LATER)
    assert audit.verify(session).holds
    verdict = audit.verify(session, [noted])
    assert not verdict.holds
    assert verdict.missing_note == noted


def test_the_session_does_not_keep_what_was_read(session: Session) -> None:
    sealed(session)
    session.expunge_all()
    audit.verify(session)
    assert not [row for row in session if isinstance(row, AuditEntry)]


def refused(session: Session, act: Callable[[], Any]) -> str:
    """What the database says when it refuses; the transaction goes on."""
    with pytest.raises(DatabaseError) as raised, session.begin_nested():
        act()
    session.expire_all()
    return str(raised.value.orig)


KEPT = ("audit_entry", "audit_seal", "application_event", "post_change", "decision")


def filled(session: Session) -> None:
    """At least one row in every table that only grows."""
    case = create_application(session)
    acting = create_acting(session, Role.TOWN_CLERK, "xinyan")
    session.add(
        ApplicationEvent(
            application_id=case.id, act="submit", to_status="submitted", at=NOW, actor=acting.name
        )
    )
    session.add(
        Decision(
            application_id=case.id,
            decided_at=NOW,
            ruleset="yanzhou-2022",
            facts={"a": 1},
            outcome="eligible",
            matched=["x"],
            trace=[{"a": 1}],
        )
    )
    post = session.scalars(select(Post)).first()
    assert post is not None
    posts.write_change(session, post, "change", CLOCK, NOW, reason="x")
    audit.seal(session, LATER)


@pytest.mark.parametrize("table", KEPT)
def test_the_database_itself_refuses_to_change_what_was_written(
    seeded: Session, table: str
) -> None:
    filled(seeded)
    assert seeded.scalar(text(f"SELECT count(*) FROM {table}"))
    columns = [column.name for column in Base.metadata.tables[table].columns]
    for column in columns:
        change = text(f"UPDATE {table} SET {column} = {column}")
        assert "only ever added" in refused(seeded, lambda c=change: seeded.execute(c))  # type: ignore[misc]  # bound at once
    delete = text(f"DELETE FROM {table}")
    assert "only ever added" in refused(seeded, lambda: seeded.execute(delete))


def test_postgresql_refuses_to_empty_them_at_once(seeded: Session) -> None:
    if seeded.get_bind().dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    for table in KEPT:
        emptied = text(f"TRUNCATE {table} CASCADE")
        assert "only ever added" in refused(seeded, lambda c=emptied: seeded.execute(c))  # type: ignore[misc]  # bound at once


def test_a_trace_may_lose_the_person_and_nothing_else(seeded: Session) -> None:
    filled(seeded)
    empty: dict[str, Any] = {"facts": {}, "matched": [], "trace": [], "contact_id": None}
    seeded.execute(update(Decision).values(**empty))
    held = seeded.scalars(select(Decision)).one()
    assert (held.outcome, held.facts, held.trace) == ("eligible", {}, [])
    for more in ({"outcome": "not_eligible"}, {"ruleset": "x"}, {"facts": {"a": 2}}):
        change = update(Decision).values(**{**empty, **more})
        assert "only ever added" in refused(seeded, lambda c=change: seeded.execute(c))  # type: ignore[misc]  # bound at once


def test_a_screening_without_an_application_may_go(seeded: Session) -> None:
    seeded.add(
        Decision(
            decided_at=NOW,
            ruleset="yanzhou-2022",
            facts={},
            outcome="eligible",
            matched=[],
            trace=[],
        )
    )
    seeded.flush()
    seeded.execute(text("DELETE FROM decision"))
    assert seeded.scalars(select(Decision)).all() == []


def test_a_change_of_a_post_that_was_planned_is_carried_out_once(seeded: Session) -> None:
    post = seeded.scalars(select(Post)).first()
    assert post is not None
    posts.write_change(seeded, post, "planned", CLOCK, NOW, after={"name": "甲"}, reason="x")
    assert posts.carry_out_due(seeded, NOW) == 1
    assert posts.carry_out_due(seeded, NOW) == 0
    planned, done = seeded.scalars(select(PostChange).order_by(PostChange.id))
    assert done.planned_id == planned.id


def test_two_that_seal_at_once_seal_nothing_twice(session: Session) -> None:
    sealed(session, 1)
    head = session.scalars(select(AuditSeal)).one()
    write(session, 2)
    made = audit.seal(session, LATER)
    assert made is not None
    twin = AuditSeal(
        id=made.id,
        sealed_at=LATER,
        first_entry_id=1,
        last_entry_id=2,
        entries=2,
        marks=[],
        previous_sha256=head.sha256,
        sha256="x",
    )
    session.expunge(made)
    with suppress(DatabaseError), session.begin_nested():
        session.add(twin)
        session.flush()
        raise AssertionError("sealed twice")
    assert audit.verify(session).holds
