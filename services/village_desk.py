"""Village staff by chat: pairing their phone with their account, and what waits for them today.

The console gives a code that is good for some minutes and for one use; whoever sends it from their
chat works by it as that member of staff, within the roles that they hold that day.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import AuditEntry, Contact, Role, Staff, StaffContact
from models.sealing import blind_index
from rules import parameters
from services import staff, worklist
from services.acting import Acting
from services.clock import business_date
from services.trail import note, record
from services.worklist import Item

DIGITS = 6
VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
SHOWN = 5
REFUSED = "staff_contact.refused"


@dataclass(frozen=True)
class Todo:
    """One thing to do: a phrase with its slots, and by when."""

    key: str
    slots: dict[str, object]
    due_on: str | None


def offer(session: Session, member: Staff, now: datetime) -> str:
    """A code that pairs one chat with this account; the codes before become void."""
    session.execute(
        update(StaffContact)
        .where(StaffContact.staff_id == member.id, StaffContact.bound_at.is_(None))
        .values(ended_at=now)
    )
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    minutes = int(parameters.in_force("conversation.code_minutes", business_date(now)).value)
    session.add(
        StaffContact(
            staff_id=member.id,
            code_index=_hash(code),
            offered_at=now,
            expires_at=now + timedelta(minutes=minutes),
        )
    )
    subject = ("staff", member.id)
    note(session, "staff_contact.offered", actor=f"staff:{member.id}", at=now, subject=subject)
    return code


def bind(session: Session, contact: Contact, code: str, now: datetime) -> Staff | None:
    """Pair this contact by a code; None where it is wrong, over, used, or tried too often."""
    offered = None if _tried_too_often(session, contact, now) else _offered(session, code, now)
    if offered is None:
        record(session, REFUSED, contact=contact, now=now)
        return None
    leave(session, contact, now)
    offered.contact_id, offered.bound_at = contact.id, now
    session.flush()
    record(session, "staff_contact.bound", contact=contact, now=now,
           subject=("staff", offered.staff_id))  # fmt: skip
    return offered.staff


def leave(session: Session, contact: Contact, now: datetime) -> bool:
    """End this contact's pairing; False where there was none."""
    held = _held(session, contact)
    if held is None:
        return False
    held.ended_at = now
    session.flush()
    record(session, "staff_contact.ended", contact=contact, now=now,
           subject=("staff", held.staff_id))  # fmt: skip
    return True


def end(session: Session, member: Staff, now: datetime) -> int:
    """End every pairing of an account, from the console; how many."""
    rows = _bound(session, member)
    for row in rows:
        row.ended_at = now
    note(session, "staff_contact.ended", actor=f"staff:{member.id}", at=now,
         subject=("staff", member.id))  # fmt: skip
    return len(rows)


def paired(session: Session, member: Staff) -> Sequence[StaffContact]:
    """The account's pairings that hold."""
    return _bound(session, member)


def acting(session: Session, contact: Contact, now: datetime) -> Acting | None:
    """As whom this contact works in a village today; None where they do not."""
    held = _held(session, contact)
    if held is None or held.staff.disabled_at is not None:
        return None
    for grant in staff.in_force(held.staff, business_date(now)):
        if grant.role in VILLAGE:
            return Acting(role=Role(grant.role), staff=held.staff, region=grant.region)
    return None


def todo(session: Session, who: Acting, now: datetime) -> tuple[list[Todo], int]:
    """The most urgent things that wait, and how many there are besides (at least)."""
    items = [item for _, found in worklist.others(session, who, now) for item in found]
    rows = [_of_item(item) for item in items]
    cases = worklist.waiting(session, who)
    rows += [
        Todo(
            "village_staff.case",
            {"status": case.status, "name": case.person.name, "number": case.number},
            case.due_on.isoformat() if case.due_on else None,
        )
        for case in cases.rows
    ]
    rows.sort(key=lambda row: row.due_on or "9999")
    return rows[:SHOWN], max(0, len(rows) - SHOWN)


def _of_item(item: Item) -> Todo:
    return Todo(item.key, dict(item.slots), item.due_on.isoformat() if item.due_on else None)


def _held(session: Session, contact: Contact) -> StaffContact | None:
    return session.scalars(
        select(StaffContact).where(
            StaffContact.contact_id == contact.id, StaffContact.ended_at.is_(None)
        )
    ).first()


def _bound(session: Session, member: Staff) -> Sequence[StaffContact]:
    return session.scalars(
        select(StaffContact).where(
            StaffContact.staff_id == member.id,
            StaffContact.bound_at.is_not(None),
            StaffContact.ended_at.is_(None),
        )
    ).all()


def _offered(session: Session, code: str, now: datetime) -> StaffContact | None:
    return session.scalars(
        select(StaffContact).where(
            StaffContact.code_index == _hash(code),
            StaffContact.bound_at.is_(None),
            StaffContact.ended_at.is_(None),
            StaffContact.expires_at > now,
        )
    ).first()


def _tried_too_often(session: Session, contact: Contact, now: datetime) -> bool:
    most = int(parameters.in_force("conversation.code_tries", business_date(now)).value)
    tried = select(func.count()).where(
        AuditEntry.subject_kind == "contact",
        AuditEntry.subject_id == str(contact.id),
        AuditEntry.act == REFUSED,
        AuditEntry.at > now - timedelta(hours=1),
    )
    return (session.scalar(tried) or 0) >= most


def _hash(code: str) -> str:
    return blind_index(code, "staff_contact")
