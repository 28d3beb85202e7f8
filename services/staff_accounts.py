"""Staff accounts: opened, reset, closed, given roles. First passwords are shown once only."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Region, Role, Staff, StaffGrant, new_id
from services import staff


def open_account(
    session: Session, *, login: str, name: str, unit: str, now: datetime
) -> tuple[Staff, str]:
    """A new account and its first password, which must be changed at the first sign-in."""
    password = secrets.token_urlsafe(9)
    member = Staff(
        id=new_id(),
        login=login.strip().lower(),
        name=name,
        unit=unit,
        password_hash=staff.HASHER.hash(password),
        created_at=now,
    )
    session.add(member)
    session.flush()
    staff.note_staff(session, member, "staff.opened", now)
    return member, password


def reset(session: Session, member: Staff, now: datetime) -> str:
    """A new first password; code generator and lock are forgotten, every sign-in ends."""
    password = secrets.token_urlsafe(9)
    member.password_hash = staff.HASHER.hash(password)
    member.must_change_password = True
    member.totp, member.totp_confirmed_at, member.totp_last_step = None, None, None
    member.failed_tries, member.locked_until = 0, None
    _end_all(session, member, now)
    staff.note_staff(session, member, "staff.reset", now)
    return password


def close(session: Session, member: Staff, now: datetime) -> None:
    """Nobody signs in by this account any more. Repeating changes nothing."""
    if member.disabled_at is None:
        member.disabled_at = now
        _end_all(session, member, now)
        staff.note_staff(session, member, "staff.closed", now)


def _end_all(session: Session, member: Staff, now: datetime) -> None:
    for one in staff.open_ones(session, member):
        staff.end(session, one, now)


def grant(
    session: Session,
    member: Staff,
    role: Role,
    region: Region,
    *,
    from_on: date,
    to_on: date | None,
) -> StaffGrant:
    """Give a role in a place, for a time."""
    given = StaffGrant(staff_id=member.id, role=role, region=region, from_on=from_on, to_on=to_on)
    member.grants.append(given)
    session.flush()
    return given
