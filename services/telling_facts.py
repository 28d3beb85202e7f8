"""What the router must know about a recipient: addresses, windows, refusals, the hour of day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Application, Contact, Conversation, Person, Staff, StaffContact
from models.sealing import blind_index
from rules import parameters
from services.clock import SHANGHAI, business_date
from services.routing import Chat, Facts, Phone
from services.telling_kinds import Kind

CHAT_WINDOW = timedelta(hours=48)
"""After the last message of theirs WeChat lets us answer for so long (platform.md 2)."""


def of_person(session: Session, kind: Kind, person: Person, at: datetime) -> Facts:
    """The facts about a person, for a message that leaves at `at`."""
    own = list(session.scalars(select(Contact).where(Contact.person_id == person.id)))
    chats = [_chat(session, contact) for contact in own if contact.channel == "wechat"]
    if kind.helper:
        known = {contact.id for contact in own}
        chats += [
            _chat(session, contact, helper=True)
            for contact in _helpers(session, person)
            if contact.id not in known
        ]
    return Facts(
        at=at,
        chats=tuple(chats),
        phone=_phone(session, person.phone),
        silenced=any(contact.quiet_at is not None for contact in own),
        village=person.village_id is not None,
    )


def of_staff(session: Session, staff: Staff, at: datetime) -> Facts:
    """The facts about a member of staff: the chats paired with the account, and its phone."""
    paired = session.scalars(
        select(Contact)
        .join(StaffContact, StaffContact.contact_id == Contact.id)
        .where(
            StaffContact.staff_id == staff.id,
            StaffContact.bound_at.is_not(None),
            StaffContact.ended_at.is_(None),
        )
    )
    chats = [_chat(session, contact) for contact in paired if contact.channel == "wechat"]
    return Facts(at=at, chats=tuple(chats), phone=_phone(session, staff.phone), village=False)


def leaves_at(kind: Kind, now: datetime) -> datetime:
    """When a message may leave: now, or when the quiet hours end (parameter
    `contact.quiet_hours`)."""
    if not kind.quiet_hours:
        return now
    quiet = parameters.in_force("contact.quiet_hours", business_date(now)).value
    begins, ends = (time.fromisoformat(quiet[side]) for side in ("from", "to"))
    local = now.astimezone(SHANGHAI)
    morning = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    if begins <= ends:  # within one day
        return morning if begins <= local.time() < ends else now
    if local.time() >= begins:
        return morning + timedelta(days=1)
    return morning if local.time() < ends else now


def _helpers(session: Session, person: Person) -> Iterable[Contact]:
    return session.scalars(
        select(Contact)
        .join(Application, Application.helper_contact_id == Contact.id)
        .where(Application.person_id == person.id)
        .distinct()
    )


def _chat(session: Session, contact: Contact, *, helper: bool = False) -> Chat:
    talk = session.get(Conversation, contact.id)
    return Chat(
        id=contact.id,
        followed=contact.followed,
        opted_out=contact.opted_out_at is not None,
        helper=helper,
        open_until=talk.turned_at + CHAT_WINDOW if talk is not None else None,
    )


def _phone(session: Session, number: str | None) -> Phone | None:
    if not number:
        return None
    key = blind_index(number, "phone")
    own = session.scalars(
        select(Contact).where(Contact.channel == "sms", Contact.address_key == key)
    ).first()
    sharing = select(func.count()).select_from(Person).where(Person.phone_index == key)
    return Phone(
        opted_out=own is not None and own.opted_out_at is not None,
        shared_by=session.scalar(sharing) or 1,
    )
