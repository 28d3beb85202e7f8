"""Who is writing: from a name, an ID number and a phone to a bound contact (R-3.5c).

A person is known by their ID number. Whoever claims a number that is already bound must hold the
phone that was proved before; a name that does not fit is turned away without saying what is known.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Application,
    Consent,
    Contact,
    Engagement,
    EngagementStatus,
    Person,
    new_id,
)
from models.sealing import blind_index
from rules import id_number as id_numbers
from services import codes, mini_program
from services.clock import business_date
from services.trail import record

ON_POST = (EngagementStatus.ON_POST, EngagementStatus.SUSPENDED)


@dataclass(frozen=True)
class Identity:
    """What somebody says of a person: the ID number is canonical and valid."""

    name: str
    id_number: str
    village_id: int
    phone: str | None = None


@dataclass(frozen=True)
class CodeSent:
    """A code is on its way to the phone ending in `tail`; `on_record` when that is the phone
    proved earlier, not the one just typed. `shared` when others use the phone too."""

    tail: str
    on_record: bool
    shared: bool


@dataclass(frozen=True)
class NotYou:
    """Name and number do not fit together here. Nothing more may be said."""


def claim(
    session: Session, contact: Contact, identity: Identity, now: datetime
) -> CodeSent | NotYou | codes.TooMany:
    """Take the claim and send a code to the phone that must prove it."""
    person = find(session, identity.id_number)
    if person is not None and _is_settled(session, person) and person.name != identity.name:
        record(session, "binding.mismatch", contact=contact, now=now)
        return NotYou()
    person = keep(session, identity, now)
    proved_elsewhere = _bound_elsewhere(session, person, contact)
    phone = person.phone if proved_elsewhere and person.phone_verified_at else identity.phone
    if phone is None:
        return NotYou()
    claimed = {"person": str(person.id), "village": identity.village_id}
    too_many = codes.send(session, contact, phone, claimed, now)
    if too_many is not None:
        return too_many
    return CodeSent(
        tail=phone[-4:],
        on_record=phone != identity.phone,
        shared=_others_with_phone(session, person, blind_index(phone, "phone")) > 0,
    )


def bind_sender(
    session: Session, contact: Contact, identity: Identity, now: datetime
) -> Person | None:
    """Bind a contact whose address is the phone itself (SMS). None, and nothing bound, when the
    name does not fit or the number was proved by another phone."""
    person = find(session, identity.id_number)
    if person is not None and _is_settled(session, person):
        other_phone = person.phone_verified_at is not None and person.phone != identity.phone
        if person.name != identity.name or other_phone:
            record(session, "binding.mismatch", contact=contact, now=now)
            return None
    person = keep(session, identity, now)
    claimed = {"person": str(person.id), "village": identity.village_id}
    assert identity.phone is not None
    return bind(session, contact, claimed, identity.phone, now)


def bind(
    session: Session, contact: Contact, claimed: Mapping[str, Any], phone: str, now: datetime
) -> Person:
    """Bind the contact to the person whose phone has just been proved; other contacts of the
    channel lose it, and with them the mini-program that had its person from a chat."""
    person = session.get_one(Person, uuid.UUID(claimed["person"]))
    formers = session.scalars(
        select(Contact).where(
            Contact.person_id == person.id,
            Contact.channel == contact.channel,
            Contact.id != contact.id,
        )
    ).all()
    for former in formers:
        former.person_id = None
        former.bound_at = None
        record(session, "binding.moved_away", contact=former, now=now)
    if formers:
        mini_program.unpair(session, person.id, now)
    contact.person = person
    contact.bound_at = now
    person.phone = phone
    person.phone_index = blind_index(phone, "phone")
    person.phone_verified_at = now
    person.village_id = claimed["village"]
    for consent in session.scalars(select(Consent).where(Consent.contact_id == contact.id)):
        consent.person_id = person.id
    record(session, "binding.bound", contact=contact, now=now, subject=("person", person.id))
    return person


def recognise(session: Session, contact: Contact, now: datetime) -> Person | None:
    """Bind an SMS contact to the one worker whose proved number it writes from: who was put on a
    post with it checks in by a short message. None, and nothing bound, where several people have
    the number, nobody proved it, the number's owner is on no post, or the number was taken back
    from its person (我的信息: 撤回同意): then only they themselves bind it again."""
    if contact.person_id is not None or _was_taken_back(session, contact):
        return None
    found = session.scalars(
        select(Person)
        .where(
            Person.phone_index == contact.address_key,
            Person.phone_verified_at.is_not(None),
            Person.forgotten_at.is_(None),
        )
        .limit(2)
    ).all()
    if len(found) != 1:
        return None
    person = found[0]
    if _others_with_phone(session, person, contact.address_key) or not _is_on_post(session, person):
        return None
    contact.person, contact.bound_at = person, now
    record(session, "binding.recognised", contact=contact, now=now, subject=("person", person.id))
    return person


def keep(session: Session, identity: Identity, now: datetime) -> Person:
    """The person with this ID number, made on first sight. The name of somebody whom nobody has
    proved yet is taken as last written."""
    person = find(session, identity.id_number)
    if person is None:
        read = id_numbers.read(identity.id_number, on=business_date(now))
        assert read.born_on is not None
        assert read.sex is not None
        person = Person(
            id=new_id(),
            name=identity.name,
            born_on=read.born_on,
            sex=read.sex,
            created_at=now,
            village_id=identity.village_id,
        )
        person.id_number = identity.id_number
        person.id_number_index = blind_index(identity.id_number, "id_number")
        session.add(person)
        session.flush()
    elif not _is_settled(session, person):
        person.name = identity.name
        person.village_id = identity.village_id
    return person


def keep_relative(session: Session, identity: Identity, now: datetime) -> Person | None:
    """The relative somebody applies for. None when the name does not fit the number's record. A
    phone given here is noted where there is none, and proves nothing."""
    person = find(session, identity.id_number)
    if person is not None and _is_settled(session, person) and person.name != identity.name:
        return None
    person = keep(session, identity, now)
    if person.phone is None and identity.phone is not None:
        person.phone = identity.phone
        person.phone_index = blind_index(identity.phone, "phone")
    return person


def find(session: Session, id_number: str) -> Person | None:
    """The person with this (canonical) ID number."""
    index = blind_index(id_number, "id_number")
    return session.scalars(select(Person).where(Person.id_number_index == index)).first()


def give_consent(
    session: Session, contact: Contact, *, purpose: str, text_version: str, now: datetime
) -> None:
    """Keep that the contact agreed, to which wording, and when. Repeating changes nothing."""
    known = session.scalars(
        select(Consent).where(
            Consent.contact_id == contact.id,
            Consent.purpose == purpose,
            Consent.text_version == text_version,
            Consent.withdrawn_at.is_(None),
        )
    ).first()
    if known is None:
        session.add(
            Consent(
                contact_id=contact.id,
                person_id=contact.person_id,
                purpose=purpose,
                text_version=text_version,
                granted_at=now,
            )
        )


def _was_taken_back(session: Session, contact: Contact) -> bool:
    withdrawn = select(Consent.id).where(
        Consent.contact_id == contact.id, Consent.withdrawn_at.is_not(None)
    )
    return session.scalars(withdrawn.limit(1)).first() is not None


def _is_settled(session: Session, person: Person) -> bool:
    """Whether somebody stands behind the record: a proved phone, or an application."""
    if person.phone_verified_at is not None:
        return True
    return session.scalar(select(func.count()).where(Application.person_id == person.id)) not in (
        0,
        None,
    )


def _is_on_post(session: Session, person: Person) -> bool:
    held = select(Engagement.id).where(
        Engagement.person_id == person.id, Engagement.status.in_(ON_POST)
    )
    return session.scalars(held.limit(1)).first() is not None


def _bound_elsewhere(session: Session, person: Person, contact: Contact) -> bool:
    return (
        session.scalars(
            select(Contact.id).where(Contact.person_id == person.id, Contact.id != contact.id)
        ).first()
        is not None
    )


def _others_with_phone(session: Session, person: Person, phone_index: str) -> int:
    """How many other people are reached at this phone (a child's phone may serve several)."""
    others = select(func.count()).where(
        Person.phone_index == phone_index, Person.id != person.id, Person.forgotten_at.is_(None)
    )
    return session.scalar(others) or 0
