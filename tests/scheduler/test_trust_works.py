"""The clock seals the audit trail; the terminal proves it whole, or names what is broken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.media import Media
from cli.audit import audit_trail
from models import AuditEntry, AuditSeal, Ticket, make_engine, schema, session_factory
from models.talk import TicketKind
from scheduler import trust_works
from scheduler.works import Works
from services import audit, tickets
from services.trail import note
from tests.builders import NOW, region
from tests.databases import _without_triggers


class Hand:
    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, _session: Session) -> datetime:
        return self.at


def no_pictures(_media_id: str) -> Media:
    raise LookupError


def works_on(sessions: sessionmaker[Session], at: datetime = NOW) -> Works:
    return Works(sessions=sessions, clock=Hand(at), carriers={}, fetch=no_pictures)


def write(session: Session, number: int) -> None:
    for place in range(number):
        note(session, "case.looked", actor="staff:1", at=NOW, subject=("application", place))


def test_the_clock_seals_in_batches_and_rests_when_all_is_sealed(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "BATCH", 4)
    works = works_on(sessions, NOW + timedelta(minutes=2))
    assert not trust_works.has_unsealed(works)
    with sessions.begin() as session:
        write(session, 10)
    assert trust_works.has_unsealed(works)
    assert trust_works.seal_audit(works) == 10
    assert not trust_works.has_unsealed(works)
    assert trust_works.seal_audit(works) == 0
    with sessions() as session:
        assert [row.entries for row in session.scalars(select(AuditSeal))] == [4, 4, 2]


def test_what_was_just_written_waits(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        write(session, 1)
    assert trust_works.seal_audit(works_on(sessions, NOW + timedelta(seconds=30))) == 0


def test_the_clock_takes_overdue_tickets_up(seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        request = tickets.Request(TicketKind.HELP, words="没人理", place=region(session, "xinyan"))
        number = tickets.open_ticket(session, request, NOW).number
    assert not trust_works.has_overdue_tickets(works_on(seeded_sessions))
    works = works_on(seeded_sessions, NOW + timedelta(days=30))
    assert trust_works.has_overdue_tickets(works)
    assert trust_works.escalate_tickets(works) == 1
    with seeded_sessions() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        assert ticket.level == "district"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sessionmaker[Session]]:
    url = f"sqlite:///{tmp_path / 'trail.db'}"
    monkeypatch.setenv("GYG_SANDBOX", "1")
    monkeypatch.setenv("GYG_DATABASE_URL", url)
    schema.upgrade(url)
    engine = make_engine(url)
    sessions = session_factory(engine)
    with sessions.begin() as session:
        write(session, 6)
        assert audit.seal(session, NOW + timedelta(minutes=2))
    yield sessions
    engine.dispose()


def run(*words: str) -> Result:
    return CliRunner().invoke(audit_trail, ["verify", *words])


def test_the_terminal_says_that_the_trail_is_whole(database: sessionmaker[Session]) -> None:
    result = run()
    assert result.exit_code == 0
    assert "6 entries, 1 seals, 0 not sealed yet" in result.output
    with database() as session:
        head = session.scalars(select(AuditSeal.sha256)).one()
    assert run("--noted", head).exit_code == 0


def test_the_terminal_names_the_first_broken_entry(database: sessionmaker[Session]) -> None:
    with database.begin() as session:
        third = session.scalars(select(AuditEntry.id).order_by(AuditEntry.id)).all()[2]
        with _without_triggers(session.connection()):
            session.execute(
                text("UPDATE audit_entry SET actor = 'x' WHERE id = :id"), {"id": third}
            )
    result = run()
    assert result.exit_code == 1
    assert f"BROKEN: entry {third} was changed" in result.output


def test_the_terminal_misses_a_seal_that_was_noted(database: sessionmaker[Session]) -> None:
    result = run("--noted", "f" * 64)
    assert result.exit_code == 1
    assert "noted is not in the chain" in result.output
