"""Reading the audit trail: who did what to whose record, along an index, a page at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Application, AuditEntry, AuditSeal, Post, Staff, Ticket
from services.clock import SHANGHAI

PAGE = 50
EXPORT_ROWS = 5000
KINDS = (
    "application", "person", "contact", "ticket", "review", "public_notice", "objection", "post",
    "plan_version", "parameter", "staff", "worklist", "page",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What is looked for. `key`: a case's or ticket's number, a post's code, or the row's own key;
    `who`: a login, or what an entry itself calls its actor; `act`: the beginning of an act."""

    kind: str = ""
    key: str = ""
    who: str = ""
    act: str = ""
    from_on: date | None = None
    to_on: date | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.key or self.who or self.act or self.from_on or self.to_on)


def search(
    session: Session, wanted: Wanted, *, before: int | None = None, limit: int = PAGE
) -> Sequence[AuditEntry]:
    """The entries that fit, the newest first; `before`: older than that number."""
    asked = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if wanted.kind:
        asked = asked.where(AuditEntry.subject_kind == wanted.kind)
    if wanted.key:
        asked = asked.where(AuditEntry.subject_id.in_(_keys(session, wanted.key)))
    if wanted.who:
        asked = asked.where(AuditEntry.actor == _actor(session, wanted.who))
    if wanted.act:
        asked = asked.where(AuditEntry.act.startswith(wanted.act, autoescape=True))
    asked = _between(asked, wanted)
    if before is not None:
        asked = asked.where(AuditEntry.id < before)
    return session.scalars(asked).all()


def names(session: Session, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Actor → name, for the staff among them."""
    keys = {actor for entry in entries if (actor := entry.actor).startswith("staff:")}
    ids = [key for actor in keys if (key := _uuid(actor.partition(":")[2]))]
    rows = session.execute(select(Staff.id, Staff.name, Staff.unit).where(Staff.id.in_(ids)))
    return {f"staff:{row.id}": f"{row.name} {row.unit}" for row in rows}


def numbers(session: Session, entries: Sequence[AuditEntry]) -> dict[str, str]:
    """Subject key → the number people know a case or a ticket by."""
    found: dict[str, str] = {}
    for kind, table in (("application", Application), ("ticket", Ticket)):
        ids = [
            key
            for entry in entries
            if entry.subject_kind == kind and (key := _uuid(entry.subject_id))
        ]
        rows = session.execute(select(table.id, table.number).where(table.id.in_(ids)))
        found |= {str(row.id): row.number for row in rows}
    return found


def last_seal(session: Session) -> AuditSeal | None:
    """The newest seal: its number and hash are worth writing down somewhere else."""
    return session.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).first()


def _keys(session: Session, key: str) -> list[str]:
    key = key.strip()
    known = (
        session.scalars(select(Application.id).where(Application.number == key)).all(),
        session.scalars(select(Ticket.id).where(Ticket.number == key)).all(),
        session.scalars(select(Post.id).where(Post.code == key)).all(),
    )
    return [key, *(str(one) for rows in known for one in rows)]


def _actor(session: Session, who: str) -> str:
    who = who.strip()
    found = session.scalars(select(Staff.id).where(Staff.login == who.lower())).first()
    return f"staff:{found}" if found is not None else who


def _between(asked: Select[tuple[AuditEntry]], wanted: Wanted) -> Select[tuple[AuditEntry]]:
    if wanted.from_on is not None:
        asked = asked.where(AuditEntry.at >= _midnight(wanted.from_on))
    if wanted.to_on is not None:
        asked = asked.where(AuditEntry.at < _midnight(wanted.to_on + timedelta(days=1)))
    return asked


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
