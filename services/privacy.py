"""What we hold about somebody, and what becomes of it when they want it changed or gone.

A person's data go when nothing needs them any more. While an application is under way, or somebody
is on a post through one, the register of who holds which post needs them (plan 三(五) 双实名;
personal information law, art. 47): then only what the case does not need is erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Attachment,
    BankAccount,
    Consent,
    Contact,
    Decision,
    Delivery,
    Engagement,
    EngagementStatus,
    Inbound,
    KinshipDeclaration,
    Material,
    OneTimeCode,
    Person,
    PublicNoticeItem,
    Ticket,
)
from models.procedure import FAILED
from models.telling import DeliveryState
from services import tickets
from services.trail import record
from wording.hearing import mask_name

PLACED = frozenset(
    {
        ApplicationStatus.APPROVED,
        ApplicationStatus.TO_TRAIN,
        ApplicationStatus.TO_INSURE,
        ApplicationStatus.ON_POST,
    }
)
"""A post was given: the agreement and the pay need the person's data."""
_UNSETTLED = (DeliveryState.QUEUED, DeliveryState.SENDING)


@dataclass(frozen=True)
class Held:
    """What we hold, as its owner may see it. The ID number is never read back, not even here."""

    name: str
    phone_tail: str | None
    village: str | None
    since_on: date | None
    applications: int
    consents: int
    tickets: int


@dataclass(frozen=True)
class Forgotten:
    """What was done. `kept` and `on_post` are the numbers of the open and the approved applications
    that still need the data, `tickets` those of the matters that a person is working on."""

    kept: tuple[str, ...] = ()
    on_post: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()


def view(session: Session, contact: Contact, person: Person, now: datetime) -> Held:
    """What we hold about the person; the look itself is kept in the trail."""
    record(session, "privacy.viewed", contact=contact, now=now, subject=("person", person.id))
    applications = session.scalars(select(Application).where(Application.person_id == person.id))
    return Held(
        name=mask_name(person.name),
        phone_tail=person.phone[-4:] if person.phone else None,
        village=person.village.name if person.village else None,
        since_on=person.created_at.date(),
        applications=len(applications.all()),
        consents=len(_granted(session, contact)),
        tickets=len(tickets.mine(session, contact)),
    )


def needed_by(session: Session, person: Person) -> tuple[Application, ...]:
    """The applications that still need the person's data: open ones and approved ones."""
    still = Application.status.not_in(FAILED)
    return tuple(
        session.scalars(
            select(Application)
            .where(Application.person_id == person.id, still)
            .order_by(Application.number)
        )
    )


def taken_over(session: Session, person: Person) -> tuple[str, ...]:
    """The worker codes of posts that the person holds without an application (R-3.1e)."""
    return tuple(
        session.scalars(
            select(Engagement.worker_code).where(
                Engagement.person_id == person.id,
                Engagement.application_id.is_(None),
                Engagement.status != EngagementStatus.ENDED,
            )
        )
    )


def rename(session: Session, contact: Contact, person: Person, name: str, now: datetime) -> bool:
    """Correct the name. False while a case needs the old one: then staff compare it with the card
    first."""
    if needed_by(session, person) or taken_over(session, person):
        return False
    person.name = name
    record(session, "privacy.renamed", contact=contact, now=now, subject=("person", person.id))
    return True


def move_house(
    session: Session, contact: Contact, person: Person, village_id: int, now: datetime
) -> bool:
    """Correct the village. False while a case is under way: its village cannot just change."""
    if needed_by(session, person) or taken_over(session, person):
        return False
    person.village_id = village_id
    session.expire(person, ["village"])
    record(session, "privacy.moved", contact=contact, now=now, subject=("person", person.id))
    return True


def withdraw_consent(session: Session, contact: Contact, now: datetime) -> None:
    """Take back what this contact agreed to, and loose it from its person. What a case needs by
    law stays with the case. Who was recognised by their number, and had agreed to nothing, has said
    no from here on: the number is not recognised again."""
    granted = _granted(session, contact) or [_recognised(contact, now)]
    for consent in granted:
        session.add(consent)
        consent.withdrawn_at = now
    record(session, "privacy.consent_withdrawn", contact=contact, now=now)
    contact.person = None
    contact.bound_at = None


def forget(session: Session, contact: Contact, now: datetime) -> Forgotten:
    """Erase all that nothing needs any more, of this contact and the person behind it."""
    person = contact.person
    kept = needed_by(session, person) if person is not None else ()
    posts = taken_over(session, person) if person is not None else ()
    _erase_talk(session, contact)
    working = tuple(ticket.number for ticket in tickets.mine(session, contact))
    if person is not None and not kept and not posts:
        _erase_person(session, person, now)
    subject = ("person", person.id) if person is not None else None
    record(session, "privacy.forgotten", contact=contact, now=now, subject=subject, kept=len(kept))
    if not kept and not posts:
        withdraw_consent(session, contact, now)
    return Forgotten(
        kept=tuple(case.number for case in kept if case.status not in PLACED),
        on_post=(*(case.number for case in kept if case.status in PLACED), *posts),
        tickets=working,
    )


def _recognised(contact: Contact, now: datetime) -> Consent:
    return Consent(
        contact_id=contact.id,
        person_id=contact.person_id,
        purpose="recognised",
        text_version="-",
        granted_at=contact.bound_at or now,
    )


def _granted(session: Session, contact: Contact) -> list[Consent]:
    asked = select(Consent).where(Consent.contact_id == contact.id, Consent.withdrawn_at.is_(None))
    return list(session.scalars(asked))


def _erase_talk(session: Session, contact: Contact) -> None:
    """What was said here: messages, screenings, codes, and matters that are closed."""
    session.execute(
        update(Inbound)
        .where(Inbound.channel == contact.channel, Inbound.sender_key == contact.address_key)
        .values(content=None, reply=None)
    )
    session.execute(
        delete(Decision).where(Decision.contact_id == contact.id, Decision.application_id.is_(None))
    )
    session.execute(
        update(OneTimeCode).where(OneTimeCode.contact_id == contact.id).values(phone_sealed=None)
    )
    session.execute(
        update(Ticket)
        .where(Ticket.reporter_key == tickets.reporter_key(contact), Ticket.closed_at.is_not(None))
        .values(words_sealed=None, phone_sealed=None)
    )
    contact.village_hint_id = None


def _erase_person(session: Session, person: Person, now: datetime) -> None:
    """The person's row stays as a number without a face, for what the statistics counted."""
    own = select(Application.id).where(Application.person_id == person.id)
    session.execute(update(Application).where(Application.person_id == person.id).values(claims={}))
    session.execute(
        update(KinshipDeclaration)
        .where(KinshipDeclaration.application_id.in_(own))
        .values(details_sealed=None)
    )
    session.execute(
        update(Material).where(Material.application_id.in_(own)).values(picture_sealed=None)
    )
    session.execute(
        update(Decision)
        .where(Decision.application_id.in_(own))
        .values(contact_id=None, facts={}, matched=[], trace=[])
    )
    session.execute(
        update(Delivery)
        .where(Delivery.person_id == person.id, Delivery.state.not_in(_UNSETTLED))
        .values(address_sealed=None, slots_sealed=None)
    )
    _erase_post_papers(session, person, now)
    for item in session.scalars(
        select(PublicNoticeItem).where(PublicNoticeItem.application_id.in_(own))
    ):
        item.name = mask_name(item.name)
    for bound in session.scalars(select(Contact).where(Contact.person_id == person.id)):
        bound.person = None
        bound.bound_at = None
    _empty(person, now)


def _erase_post_papers(session: Session, person: Person, now: datetime) -> None:
    """Account and signed papers of a post that is over; what was paid is kept elsewhere."""
    session.execute(
        update(BankAccount)
        .where(BankAccount.person_id == person.id)
        .values(
            number_sealed=None,
            number_index="",
            holder="",
            replaced_at=func.coalesce(BankAccount.replaced_at, now),
        )
    )
    cases = session.scalars(select(Application.id).where(Application.person_id == person.id))
    session.execute(
        update(Attachment)
        .where(
            Attachment.subject_kind == "application",
            Attachment.subject_id.in_([str(case) for case in cases]),
        )
        .values(content_sealed=b"", file_name="")
    )


def _empty(person: Person, now: datetime) -> None:
    person.name = ""
    person.id_number = None
    person.id_number_index = None
    person.phone = None
    person.phone_index = None
    person.phone_verified_at = None
    person.born_on = date(person.born_on.year, 1, 1)
    person.village_id = None
    person.forgotten_at = now
