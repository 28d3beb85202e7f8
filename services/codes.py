"""One-time codes: proof that a phone is in somebody's hand.

Only a keyed hash of a code is kept. How many are sent is limited per phone and per sender, in SQL,
so that all processes count together; wrong tries are counted on the code itself.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Contact, OneTimeCode, new_id
from models.sealing import blind_index
from rules import parameters
from services import outbox
from services.clock import business_date
from services.trail import record

CODE_DIGITS = 6


@dataclass(frozen=True)
class TooMany:
    """No code was sent: the phone or the sender has had its share. `minutes` until the next."""

    minutes: int


@dataclass(frozen=True)
class Checked:
    """`outcome` is right, wrong, expired, void (too many wrong tries) or none (nothing was sent).

    `claim` is what the code was sent for and `phone` where it went; `tries_left` counts down.
    """

    outcome: str
    claim: dict[str, Any]
    phone: str | None = None
    tries_left: int = 0


def send(
    session: Session, contact: Contact, phone: str, claim: dict[str, Any], now: datetime
) -> TooMany | None:
    """Send a code to the phone, for the claim (row ids only). The former codes become void."""
    phone_index = blind_index(phone, "phone")
    too_many = _limit(session, contact, phone_index, now)
    if too_many is not None:
        record(session, "code.refused", contact=contact, now=now, minutes=too_many.minutes)
        return too_many
    _void_former(session, contact, now)
    code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    minutes = _parameter("code_minutes", now)
    expires_at = now + timedelta(minutes=minutes)
    sent = OneTimeCode(
        id=new_id(),
        contact_id=contact.id,
        phone_index=phone_index,
        code_index=_hash(code, phone_index),
        sent_at=now,
        expires_at=expires_at,
        claim=claim,
    )
    sent.phone = phone
    session.add(sent)
    outbox.enqueue(
        session,
        channel="sms",
        address=phone,
        key="sms.one_time_code",
        slots={"code": code, "minutes": minutes},
        cause=f"contact:{contact.id}",
        now=now,
        expires_at=expires_at,
    )
    return None


def verify(session: Session, contact: Contact, typed: str, now: datetime) -> Checked:
    """Check what was typed against the sender's latest code. A right code is used up."""
    latest = _latest(session, contact)
    if latest is None or latest.used_at is not None:
        return Checked("none", {})
    if now >= latest.expires_at:
        return Checked("expired", latest.claim, latest.phone)
    allowed = _parameter("code_tries", now)
    if latest.wrong_tries >= allowed:
        return Checked("void", latest.claim, latest.phone)
    if not secrets.compare_digest(_hash(typed, latest.phone_index), latest.code_index):
        latest.wrong_tries += 1
        left = allowed - latest.wrong_tries
        outcome = "wrong" if left else "void"
        return Checked(outcome, latest.claim, latest.phone, tries_left=left)
    latest.used_at = now
    return Checked("right", latest.claim, latest.phone)


def send_again(session: Session, contact: Contact, now: datetime) -> TooMany | None:
    """A fresh code to the same phone for the same claim. LookupError when none was sent yet."""
    latest = _latest(session, contact)
    if latest is None or latest.phone is None:
        raise LookupError("no code was sent to this contact")
    return send(session, contact, latest.phone, latest.claim, now)


def _latest(session: Session, contact: Contact) -> OneTimeCode | None:
    return session.scalars(
        select(OneTimeCode)
        .where(OneTimeCode.contact_id == contact.id)
        .order_by(OneTimeCode.id.desc())
        .limit(1)
    ).first()


def _void_former(session: Session, contact: Contact, now: datetime) -> None:
    latest = _latest(session, contact)
    if latest is not None and latest.used_at is None:
        latest.expires_at = min(latest.expires_at, now)


def _limit(session: Session, contact: Contact, phone_index: str, now: datetime) -> TooMany | None:
    rules = (
        (OneTimeCode.phone_index == phone_index, timedelta(hours=1), "codes_per_phone_hour"),
        (OneTimeCode.phone_index == phone_index, timedelta(days=1), "codes_per_phone_day"),
        (OneTimeCode.contact_id == contact.id, timedelta(days=1), "codes_per_contact_day"),
    )
    for whose, window, name in rules:
        sent, first = session.execute(
            select(func.count(), func.min(OneTimeCode.sent_at)).where(
                whose, OneTimeCode.sent_at > now - window
            )
        ).one()
        if sent >= _parameter(name, now):
            wait = first + window - now
            return TooMany(minutes=max(1, -(-int(wait.total_seconds()) // 60)))
    return None


def _hash(code: str, phone_index: str) -> str:
    return blind_index(code, f"one_time_code|{phone_index}")


def _parameter(name: str, now: datetime) -> int:
    return int(parameters.in_force(f"conversation.{name}", business_date(now)).value)
