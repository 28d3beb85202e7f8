"""Who wants no messages, and what is sent all the same.

A resident may refuse publicity and reminders. What decides about them (results, the end of a
term) and what keeps them safe is sent whatever they chose, save to a number whose owner died.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from models import Contact
from services.trail import record


class Purpose(StrEnum):
    """What a message is sent for. An answer is what the writer has just asked for."""

    PUBLICITY = "publicity"
    REMINDER = "reminder"
    DECISION = "decision"
    SAFETY = "safety"
    ANSWER = "answer"


REFUSABLE = frozenset({Purpose.PUBLICITY, Purpose.REMINDER})


def stop(session: Session, contact: Contact, now: datetime) -> None:
    """Send nothing refusable any more. Repeating keeps the first date."""
    if contact.opted_out_at is None:
        contact.opted_out_at = now
        record(session, "subscription.stopped", contact=contact, now=now)


def resume(session: Session, contact: Contact, now: datetime) -> bool:
    """Send again; also to a contact that was silenced after a death. False: it was not stopped."""
    if contact.opted_out_at is None and contact.quiet_at is None:
        return False
    contact.opted_out_at = None
    contact.quiet_at = None
    record(session, "subscription.resumed", contact=contact, now=now)
    return True


def silence(session: Session, contact: Contact, now: datetime) -> None:
    """After a death: nothing leaves by itself for this contact. Repeating keeps the first date."""
    if contact.quiet_at is None:
        contact.quiet_at = now
        record(session, "subscription.silenced", contact=contact, now=now)
