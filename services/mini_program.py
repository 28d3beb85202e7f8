"""The mini-program's people: who they are, and what they ticked there (docs/adr/0019).

    know(settings)                          is there a mini-program, and which templates has it
    contact_of(session, openid)             their contact; bound to nobody at first
    offer_code / pair / unpair              one person, two openids: joined by a code that the
                                            mini-program shows and the person's own chat brings
    take_answers(session, contact, …)       what wx.requestSubscribeMessage answered, counted once

A mini-program's openid says nothing of who holds the phone; the service account's chat, whose
person proved a phone by a code, does. So the chat's word binds, and ends with the chat's binding.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from channels.inbound import Inbound as Event
from models import AuditEntry, Contact, Inbound, OneTimeCode, Person, new_id
from models.sealing import blind_index
from models.upserting import upserting
from rules import parameters
from services import card_consents, telling_facts
from services.clock import business_date
from services.trail import record
from settings import Settings
from wording.cards import load_mini_cards

CHANNEL = "mini"
DIGITS = 6
SENT_NOWHERE = "mini"
"""Stands where a code that went to a phone has the phone's index."""
REFUSED = "mini.refused"


class Answer(StrEnum):
    """What wx.requestSubscribeMessage says of one template."""

    ACCEPT = "accept"
    ACCEPT_WITH_AUDIO = "acceptWithAudio"
    ACCEPT_WITH_ALERT = "acceptWithAlert"
    REJECT = "reject"
    BAN = "ban"
    """The platform has taken the template away."""
    FILTER = "filter"
    """Another template of the same title was asked for; this one was not shown."""


ACCEPTED = frozenset({Answer.ACCEPT, Answer.ACCEPT_WITH_AUDIO, Answer.ACCEPT_WITH_ALERT})


@dataclass(frozen=True)
class Template:
    """One that people may tick: the platform's id, its title, and what is left of their ticks."""

    id: str
    title: str
    left: int


@dataclass(frozen=True)
class Code:
    """What the mini-program shows, and until when it works."""

    digits: str
    expires_at: datetime


def know(settings: Settings) -> None:
    """Tell this process whether there is a mini-program, and the ids of its templates. The sandbox
    knows them by our own names. Called by the front doors."""
    there = settings.wechat_mini_app_id is not None
    own_names = {name: name for name in load_mini_cards()} if settings.sandbox else {}
    known = settings.wechat_mini_subscriptions or own_names
    card_consents.know_mini_templates(known if there else {})
    telling_facts.know_mini(there=there)


def is_there() -> bool:
    """Whether the district has a mini-program."""
    return telling_facts.has_mini()


def contact_of(session: Session, openid: str) -> Contact:
    """The contact of a mini-program's openid, made on first sight. It follows nothing: no message
    of the service account is meant for it."""
    table = upserting(session).insert(Contact)
    row = {"id": new_id(), "channel": CHANNEL, "address_key": openid, "followed": False}
    session.execute(table.values(**row).on_conflict_do_nothing())
    found = select(Contact).where(Contact.channel == CHANNEL, Contact.address_key == openid)
    return session.scalars(found).one()


def templates(session: Session, contact: Contact) -> list[Template]:
    """What may be ticked, in the order of our cards."""
    known, cards = card_consents.mini_templates(), load_mini_cards()
    return [
        Template(known[name], card.title, card_consents.consents(session, contact, known[name]))
        for name, card in cards.items()
        if name in known
    ]


def known_templates() -> frozenset[str]:
    """The ids of all that may be ticked."""
    return frozenset(card_consents.mini_templates().values())


def note_event(session: Session, letter: Event, now: datetime) -> None:
    """Take from the platform that a person refused templates, or took a tick back in the settings
    of WeChat. What was ticked is told by the page: see `take_answers`. Other events say nothing."""
    if letter.event not in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        return
    refused = [
        entry["TemplateId"]
        for entry in card_consents.entries(letter.details)
        if entry.get("SubscribeStatusString") == "reject"
        and entry.get("TemplateId") in known_templates()
    ]
    if not refused:
        return
    contact = contact_of(session, letter.sender)
    for template in refused:
        card_consents.void_consent(session, contact, template, now)


def take_answers(
    session: Session, contact: Contact, answers: Mapping[str, Answer], once: str, now: datetime
) -> bool:
    """Keep what a person answered, each acceptance as one message more; False, and nothing
    counted, where the same answer (`once`, the page's own word for it) was kept before.

    The page tells it and not the platform's push: the page hears of every tick, also of those that
    a person made for good, and who forges one only earns a refusal (43101), which voids it."""
    table = upserting(session).insert(Inbound)
    row = {
        "channel": CHANNEL,
        "dedupe_key": f"t:{contact.id}|{once}",
        "sender_key": contact.address_key,
        "kind": "ticks",
        "received_at": now,
        "failed": False,
    }
    is_new = session.scalar(table.values(**row).on_conflict_do_nothing().returning(Inbound.id))
    if is_new is None:
        return False
    for template, answer in answers.items():
        if answer in ACCEPTED:
            card_consents.grant_consent(session, contact, template, now)
        elif answer is not Answer.FILTER:
            card_consents.void_consent(session, contact, template, now)
    return True


def offer_code(session: Session, contact: Contact, now: datetime) -> Code:
    """A code that joins this contact to whoever sends it from their own chat; the one before is
    void. Only a keyed hash of it is kept."""
    minutes = _parameter("code_minutes", now)
    session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.contact_id == contact.id, OneTimeCode.used_at.is_(None))
        .values(used_at=now)
    )
    digits = _unused(session, now)
    row = OneTimeCode(
        id=new_id(),
        contact_id=contact.id,
        phone_index=SENT_NOWHERE,
        code_index=_hash(digits),
        sent_at=now,
        expires_at=now + timedelta(minutes=minutes),
        claim={},
    )
    session.add(row)
    return Code(digits, row.expires_at)


def pair(session: Session, chat: Contact, digits: str, now: datetime) -> bool:
    """Bind the mini-program that shows this code to the person of a chat; the mini-program they
    had before loses them. False where the code is wrong, over, used, or tried too often."""
    assert chat.person_id is not None
    offered = None if _tried_too_often(session, chat, now) else _offered(session, digits, now)
    if offered is None:
        record(session, REFUSED, contact=chat, now=now)
        return False
    unpair(session, chat.person_id, now)
    offered.used_at = now
    contact = session.get_one(Contact, offered.contact_id)
    contact.person_id, contact.bound_at = chat.person_id, now
    session.flush()
    record(session, "mini.paired", contact=chat, now=now, subject=("contact", contact.id))
    return True


def unpair(session: Session, person_id: uuid.UUID, now: datetime) -> int:
    """End every binding of a person in the mini-program; how many."""
    found = session.scalars(
        select(Contact).where(Contact.person_id == person_id, Contact.channel == CHANNEL)
    ).all()
    for contact in found:
        contact.person = None
        contact.bound_at = None
        record(session, "mini.unpaired", contact=contact, now=now)
    session.flush()
    return len(found)


def is_paired(session: Session, person: Person) -> bool:
    """Whether somebody's mini-program is bound to them."""
    asked = select(Contact.id).where(Contact.person_id == person.id, Contact.channel == CHANNEL)
    return session.scalar(asked.limit(1)) is not None


def _offered(session: Session, digits: str, now: datetime) -> OneTimeCode | None:
    return session.scalars(
        _living(now).where(OneTimeCode.code_index == _hash(digits)).with_for_update()
    ).first()


def _living(now: datetime) -> Select[tuple[OneTimeCode]]:
    return select(OneTimeCode).where(
        OneTimeCode.phone_index == SENT_NOWHERE,
        OneTimeCode.sent_at > now - timedelta(hours=1),
        OneTimeCode.expires_at > now,
        OneTimeCode.used_at.is_(None),
    )


def _unused(session: Session, now: datetime) -> str:
    """Six digits that nobody else is shown at this moment."""
    while True:
        digits = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if _offered(session, digits, now) is None:
            return digits


def _tried_too_often(session: Session, chat: Contact, now: datetime) -> bool:
    tried = select(func.count()).where(
        AuditEntry.subject_kind == "contact",
        AuditEntry.subject_id == str(chat.id),
        AuditEntry.act == REFUSED,
        AuditEntry.at > now - timedelta(hours=1),
    )
    return (session.scalar(tried) or 0) >= _parameter("code_tries", now)


def _hash(digits: str) -> str:
    return blind_index(digits, "mini_code")


def _parameter(name: str, now: datetime) -> int:
    return int(parameters.in_force(f"conversation.{name}", business_date(now)).value)
