"""Signing in: passwords, codes, locks, sign-ins, the role one works in (requirements 3.0).

Times here are the machine's own: a moved business clock opens no lock and ends no sign-in. Only the
dates of a grant are business dates, handed in as `today`. Nothing here says whether it was the
login or the password that was wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from enum import StrEnum

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, joinedload

from models import Region, Staff, StaffGrant, StaffSession
from rules import parameters
from services.trail import note

HASHER = PasswordHasher()
CODE_SECONDS = 30
SEEN_EVERY = timedelta(minutes=1)
"""A click writes `seen_at` at most this often."""
_SEAT = (joinedload(StaffSession.grant).joinedload(StaffGrant.region),)
_NOBODY = HASHER.hash("nobody has this password")
"""Verified where a login is unknown, so that the answer takes as long."""


class Code(StrEnum):
    """What a one-time code turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    USED = "used"


class Step(StrEnum):
    """What is still asked before the console opens."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the name of a step
    ROLE = "role"


def area(region: Region) -> ColumnElement[bool]:
    """The condition on `Region` that keeps a query inside a place and everything under it."""
    return Region.path.startswith(region.path, autoescape=True)


def by_login(session: Session, login: str, *, lock: bool = False) -> Staff | None:
    """The account of a login (letter case and blanks around it do not matter)."""
    asked = select(Staff).where(Staff.login == login.strip().lower())
    return session.scalars(asked.with_for_update() if lock else asked).first()


def fits(password_hash: str | None, password: str) -> bool:
    """Whether a password belongs to a hash; slow on purpose. None: always False, as slowly."""
    try:
        return HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def locked_minutes(member: Staff, now: datetime) -> int:
    """For how many more minutes an account is locked; 0 when it is not."""
    if member.locked_until is None or member.locked_until <= now:
        return 0
    return -(-int((member.locked_until - now).total_seconds()) // 60)


def count_wrong(session: Session, member: Staff, now: datetime, today: date) -> None:
    """One more wrong password or code; from the fifth on the account is locked, each time for
    twice as long."""
    member.failed_tries += 1
    over = member.failed_tries - int(_number("lock_tries", today))
    if over >= 0:
        longest = int(_number("lock_minutes_max", today))
        minutes = min(int(_number("lock_minutes", today)) << min(over, 16), longest)
        member.locked_until = now + timedelta(minutes=minutes)
    note_staff(session, member, "staff.wrong_try", now, tries=member.failed_tries)


def open_sign_in(session: Session, member: Staff, now: datetime, today: date) -> str:
    """A sign-in that has passed the password only; the token goes into the cookie, its hash
    here."""
    token = secrets.token_urlsafe(32)
    grants = in_force(member, today)
    session.add(
        StaffSession(
            token_hash=_hashed(token),
            staff=member,
            grant=grants[0] if len(grants) == 1 else None,
            created_at=now,
            seen_at=now,
        )
    )
    return token


def of_token(session: Session, token: str, now: datetime, today: date) -> StaffSession | None:
    """The sign-in of a token; None when it ended, stood idle or grew old, or the account is
    closed."""
    found = session.get(StaffSession, _hashed(token), options=_SEAT)
    if found is None or found.ended_at is not None or found.staff.disabled_at is not None:
        return None
    idle = timedelta(minutes=int(_number("idle_minutes", today)))
    whole = timedelta(hours=int(_number("session_hours", today)))
    if now - found.seen_at > idle or now - found.created_at > whole:
        return None
    return found


def is_news(signed_in: StaffSession, now: datetime) -> bool:
    """Whether it was so long ago that somebody was last seen that it is to be noted."""
    return now - signed_in.seen_at >= SEEN_EVERY


def note_seen(session: Session, token_hash: str, now: datetime) -> None:
    """Note that somebody uses their sign-in: standing idle ends it."""
    session.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == token_hash, StaffSession.seen_at < now)
        .values(seen_at=now)
    )


def next_step(signed_in: StaffSession, today: date) -> Step | None:
    """What is still asked of somebody who gave the right password; None: come in."""
    if not signed_in.passed_totp:
        return Step.CODE
    if signed_in.staff.must_change_password:
        return Step.PASSWORD
    grant = signed_in.grant
    return None if grant is not None and _holds(grant, today) else Step.ROLE


def in_force(member: Staff, today: date) -> list[StaffGrant]:
    """The roles that somebody may work in today."""
    return [grant for grant in member.grants if _holds(grant, today)]


def _holds(grant: StaffGrant, today: date) -> bool:
    return grant.from_on <= today and (grant.to_on is None or today <= grant.to_on)


def totp_secret(member: Staff) -> str:
    """The secret of the code generator, made at the first asking and kept sealed."""
    if member.totp is None:
        member.totp = pyotp.random_base32()
    secret = member.totp
    assert secret is not None
    return secret


def totp_address(member: Staff, issuer: str) -> str:
    """What the QR code of the enrolment says."""
    return pyotp.TOTP(totp_secret(member)).provisioning_uri(name=member.login, issuer_name=issuer)


def check_code(member: Staff, code: str, now: datetime) -> Code:
    """Try a code, one step of 30 s before and after allowed. A right one works once."""
    generator = pyotp.TOTP(totp_secret(member))
    digits = "".join(code.split())
    present = int(now.timestamp()) // CODE_SECONDS
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(generator.at(step * CODE_SECONDS).encode(), digits.encode()):
            if member.totp_last_step is not None and step <= member.totp_last_step:
                return Code.USED
            member.totp_last_step = step
            return Code.RIGHT
    return Code.WRONG


def pass_code(session: Session, signed_in: StaffSession, now: datetime) -> None:
    """The second step is done: the account's wrong tries are forgotten."""
    member = signed_in.staff
    signed_in.passed_totp = True
    member.failed_tries, member.locked_until = 0, None
    if member.totp_confirmed_at is None:
        member.totp_confirmed_at = now
        note_staff(session, member, "staff.enrolled", now)
    note_staff(session, member, "staff.signed_in", now)


def weakness(password: str, member: Staff, today: date) -> str | None:
    """Why a new password will not do (`too_short`, `like_login`, `same`), or None."""
    if len(password) < password_length(today):
        return "too_short"
    if member.login in password.lower() or len(set(password)) < 5:
        return "like_login"
    return "same" if fits(member.password_hash, password) else None


def password_length(today: date) -> int:
    """The least number of characters that a password may have."""
    return _number("password_length", today)


def change_password(session: Session, member: Staff, password: str, now: datetime) -> None:
    """Set a password of somebody's own choice."""
    member.password_hash = HASHER.hash(password)
    member.must_change_password = False
    note_staff(session, member, "staff.password_changed", now)


def choose_grant(
    session: Session, signed_in: StaffSession, grant_id: int, *, now: datetime, today: date
) -> StaffGrant | None:
    """Work in one of one's own roles from now on. None when it is not theirs or has ended."""
    fitting = [grant for grant in in_force(signed_in.staff, today) if grant.id == grant_id]
    if not fitting:
        return None
    signed_in.grant = fitting[0]
    note_staff(session, signed_in.staff, "staff.role_chosen", now, grant=grant_id)
    return fitting[0]


def open_ones(session: Session, member: Staff) -> list[StaffSession]:
    """The member's sign-ins that have not been ended, the newest first."""
    return list(
        session.scalars(
            select(StaffSession)
            .where(StaffSession.staff_id == member.id, StaffSession.ended_at.is_(None))
            .order_by(StaffSession.created_at.desc())
            .limit(20)
        )
    )


def end(session: Session, signed_in: StaffSession, now: datetime) -> None:
    """Sign out. Repeating changes nothing."""
    if signed_in.ended_at is None:
        signed_in.ended_at = now
        note_staff(session, signed_in.staff, "staff.signed_out", now)


def end_others(session: Session, signed_in: StaffSession, now: datetime) -> int:
    """End the member's other sign-ins; how many there were."""
    others = [one for one in open_ones(session, signed_in.staff) if one is not signed_in]
    for one in others:
        end(session, one, now)
    return len(others)


def _number(name: str, today: date) -> int:
    return int(parameters.in_force(f"console.{name}", today).value)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def note_staff(session: Session, member: Staff, act: str, now: datetime, **details: object) -> None:
    """Add an entry to the trail about an account, by its owner."""
    note(session, act, actor=f"staff:{member.id}", at=now, subject=("staff", member.id), **details)
