"""What the router must know about many recipients at once: the same facts as
`services.telling_facts` gives of one, in a number of statements that does not grow with them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from models import (
    ChannelWindow,
    Contact,
    Conversation,
    Delivery,
    Inbound,
    Person,
    TemplateConsent,
)
from models.telling import DeliveryState
from rules import parameters
from services import card_consents
from services.chat_windows import GRANTS, OPENING_EVENTS, Act
from services.clock import business_date
from services.deaths import dead_among
from services.routing import Chat, Facts, Mini, Phone
from services.telling_facts import has_card, has_mini
from services.telling_kinds import Channel, Kind


@dataclass(frozen=True)
class _Phones:
    """By the blind index of a number: who refused, which are dead, how many people share it."""

    opted_out: Collection[str]
    stopped: Collection[str]
    shared: Mapping[str, int]


def of_people(
    session: Session, kind: Kind, people: Sequence[Person], now: datetime, *, at: datetime
) -> dict[uuid.UUID, Facts]:
    """What is known of each, for a message that leaves at `at`. A kind of which helpers hear
    (`helper`) is told one by one: see `services.telling`."""
    contacts = _contacts(session, people)
    wechat = [one for some in contacts.values() for one in some if one.channel == "wechat"]
    windows = windows_of(session, wechat, now)
    consents = _consents(session, kind, wechat)
    minis = _minis(session, kind, contacts)
    phones = _phones(session, {one.phone_index for one in people if one.phone_index}, now)
    dead = dead_among(session, [one.id for one in people])
    card = has_card(kind)
    return {
        person.id: Facts(
            at=at,
            chats=tuple(
                Chat(
                    id=one.id,
                    followed=one.followed,
                    opted_out=one.opted_out_at is not None,
                    open_until=windows.get(one.id),
                    consents=consents.get(one.id, 0),
                    templates=card,
                )
                for one in contacts[person.id]
                if one.channel == "wechat"
            ),
            minis=None if minis is None else minis.get(person.id, ()),
            phone=_phone(person, phones),
            silenced=person.id in dead
            or any(one.quiet_at is not None for one in contacts[person.id]),
            village=person.village_id is not None,
        )
        for person in people
    }


def _contacts(session: Session, people: Sequence[Person]) -> dict[uuid.UUID, list[Contact]]:
    keys = [person.id for person in people]
    found: dict[uuid.UUID, list[Contact]] = defaultdict(list)
    for contact in session.scalars(select(Contact).where(Contact.person_id.in_(keys))):
        assert contact.person_id is not None
        found[contact.person_id].append(contact)
    return found


def windows_of(
    session: Session, contacts: Sequence[Contact], now: datetime
) -> dict[uuid.UUID, datetime]:
    """Contact → until when a customer-service message may go; who has no window is not there. See
    `chat_windows.open_windows`."""
    opened = _last_acts(session, [one for one in contacts if one.followed], now)
    spent = {
        (row.contact_id, row.act): row
        for row in session.scalars(
            select(ChannelWindow).where(ChannelWindow.contact_id.in_({key for key, _ in opened}))
        )
    }
    until: dict[uuid.UUID, datetime] = {}
    for (contact, act), began in opened.items():
        most, span = GRANTS[act]
        row = spent.get((contact, act))
        left = most - row.spent if row is not None and row.opened_at >= began else most
        if left > 0 and now < began + span:
            until[contact] = max(until.get(contact, now), began + span)
    return until


def _last_acts(
    session: Session, contacts: Sequence[Contact], now: datetime
) -> dict[tuple[uuid.UUID, Act], datetime]:
    """When each last wrote, and last clicked or followed, in the last 48 hours. Most did not: the
    talk's row says so, without a look at the messages."""
    since = now - GRANTS["message"][1]
    awake = set(
        session.scalars(
            select(Conversation.contact_id).where(
                Conversation.contact_id.in_([one.id for one in contacts]),
                Conversation.turned_at > since,
            )
        )
    )
    keys = {one.address_key: one.id for one in contacts if one.id in awake}
    if not keys:
        return {}
    is_event = Inbound.dedupe_key.startswith("e:", autoescape=True)
    opens = is_event & Inbound.kind.in_(OPENING_EVENTS)
    rows = session.execute(
        select(
            Inbound.sender_key,
            func.max(case((~is_event, Inbound.received_at))),
            func.max(case((opens, Inbound.received_at))),
        )
        .where(
            Inbound.channel == "wechat",
            Inbound.sender_key.in_(keys),
            Inbound.received_at > since,
        )
        .group_by(Inbound.sender_key)
    )
    acts: dict[tuple[uuid.UUID, Act], datetime] = {}
    for sender, wrote, clicked in rows:
        if wrote is not None:
            acts[keys[sender], "message"] = wrote
        if clicked is not None:
            acts[keys[sender], "event"] = clicked
    return acts


def _consents(session: Session, kind: Kind, contacts: Sequence[Contact]) -> dict[uuid.UUID, int]:
    if Channel.SUBSCRIPTION not in kind.channels or kind.template is None:
        return {}
    return _left(session, contacts, card_consents.template_id(kind.template))


def _minis(
    session: Session, kind: Kind, contacts: Mapping[uuid.UUID, Sequence[Contact]]
) -> dict[uuid.UUID, tuple[Mini, ...]] | None:
    """Person → their contacts in the mini-program; None where the kind does not go by one."""
    if not has_mini() or Channel.MINI not in kind.channels:
        return None
    own = {
        person: [one for one in theirs if one.channel == "mini"]
        for person, theirs in contacts.items()
    }
    template = card_consents.template_of("mini", kind.template or "")
    if template is None:
        return {key: tuple(Mini(one.id, None) for one in some) for key, some in own.items()}
    left = _left(session, [one for some in own.values() for one in some], template)
    return {
        key: tuple(Mini(one.id, left.get(one.id, 0)) for one in some) for key, some in own.items()
    }


def _left(session: Session, contacts: Sequence[Contact], template: str) -> dict[uuid.UUID, int]:
    rows = select(TemplateConsent).where(
        TemplateConsent.contact_id.in_([one.id for one in contacts]),
        TemplateConsent.template == template,
    )
    return {
        row.contact_id: card_consents.UNLIMITED if row.lasting else row.left
        for row in session.scalars(rows)
    }


def _phone(person: Person, phones: _Phones) -> Phone | None:
    key = person.phone_index
    if key is None:
        return None
    return Phone(
        opted_out=key in phones.opted_out,
        stopped=key in phones.stopped,
        shared_by=phones.shared.get(key, 1),
    )


def _phones(session: Session, keys: Collection[str], now: datetime) -> _Phones:
    refused = select(Contact.address_key).where(
        Contact.channel == "sms", Contact.address_key.in_(keys), Contact.opted_out_at.is_not(None)
    )
    shared = (
        select(Person.phone_index, func.count())
        .where(Person.phone_index.in_(keys))
        .group_by(Person.phone_index)
    )
    return _Phones(
        opted_out=set(session.scalars(refused)),
        stopped=_stopped(session, keys, now),
        shared={key: number for key, number in session.execute(shared).tuples() if key},
    )


def _stopped(session: Session, keys: Collection[str], now: datetime) -> set[str]:
    """The numbers to which the last short messages all failed."""
    most = int(parameters.in_force("contact.failures_in_a_row", business_date(now)).value)
    rank = func.row_number().over(
        partition_by=Delivery.address_index, order_by=Delivery.created_at.desc()
    )
    last = (
        select(Delivery.address_index, Delivery.state, rank.label("rank"))
        .where(
            Delivery.channel == "sms",
            Delivery.address_index.in_(keys),
            Delivery.state.in_((DeliveryState.DELIVERED, DeliveryState.FAILED)),
        )
        .subquery()
    )
    failed = (
        select(last.c.address_index)
        .where(last.c.rank <= most)
        .group_by(last.c.address_index)
        .having(
            func.count() == most,
            func.min(last.c.state) == DeliveryState.FAILED,
            func.max(last.c.state) == DeliveryState.FAILED,
        )
    )
    return {key for key in session.scalars(failed) if key}
