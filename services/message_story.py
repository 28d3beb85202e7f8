"""The whole story of one message, one person's talk with us over all channels, and what it costs.

Everything is kept to the area of who asks; messages to staff belong to the district.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Contact,
    Delivery,
    Inbound,
    Message,
    MessageState,
    Person,
    Receipt,
    Region,
    Visit,
)
from models.places import RegionKind
from models.sealing import blind_index
from rules import parameters
from services.clock import SHANGHAI
from services.outbox import slots_of as delivery_slots
from services.staff import area
from services.telling_kinds import kinds
from services.telling_ways import slots_of
from wording import load_book
from wording.book import WordingError

SHOWN = 50
THEIRS, OURS = True, False
UNSPOKEN = frozenset({"sms.one_time_code"})
"""What no page shows again."""


@dataclass(frozen=True)
class Wanted:
    """What is looked for: a name, a whole phone number, a row's number in the cause; a state."""

    text: str = ""
    kind: str = ""
    state: str = ""
    since: date | None = None


@dataclass(frozen=True)
class Attempt:
    """One delivery of a message, with its words and the reports about it."""

    delivery: Delivery
    words: str
    receipts: Sequence[Receipt]


@dataclass(frozen=True)
class Line:
    """One message of a talk: theirs or ours."""

    at: datetime
    theirs: bool
    channel: str
    words: str
    state: str
    message_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Cost:
    """What one place's messages of a month came to: how many short messages in how many parts, how
    many by WeChat. `place` is "" for what belongs to no place."""

    place: str
    sms: int
    parts: int
    wechat: int
    cost_fen: int


def search(session: Session, wanted: Wanted, region: Region) -> Sequence[Message]:
    """The newest messages of an area that fit, at most `SHOWN`."""
    query = (
        select(Message)
        .where(_within(region))
        .options(joinedload(Message.person), joinedload(Message.staff), joinedload(Message.region))
        .order_by(Message.created_at.desc())
        .limit(SHOWN)
    )
    if wanted.text:
        query = query.outerjoin(Person, Message.person_id == Person.id).where(_fits(wanted.text))
    if wanted.kind in kinds():
        query = query.where(Message.kind == wanted.kind)
    if wanted.state in set(MessageState):
        query = query.where(Message.state == wanted.state)
    if wanted.since is not None:
        query = query.where(Message.created_at >= datetime.combine(wanted.since, time(), SHANGHAI))
    return session.scalars(query).all()


def find(session: Session, key: uuid.UUID, region: Region) -> Message | None:
    """One message of an area."""
    return session.scalars(select(Message).where(Message.id == key, _within(region))).first()


def words(message: Message) -> str:
    """What it says, in the words of the chat."""
    known = kinds().get(message.kind)
    return _worded(known.phrase, "wechat", slots_of(message)) if known else message.kind


def attempts(session: Session, message: Message) -> Sequence[Attempt]:
    """Its deliveries, the first one first, each with every report that came about it."""
    found = session.scalars(
        select(Delivery).where(Delivery.message_id == message.id).order_by(Delivery.id)
    )
    return [
        Attempt(
            one,
            _said(one),
            session.scalars(
                select(Receipt).where(Receipt.delivery_id == one.id).order_by(Receipt.received_at)
            ).all(),
        )
        for one in found
    ]


def visit_of(session: Session, message: Message) -> Visit | None:
    """The visit that it led to."""
    return session.scalars(select(Visit).where(Visit.message_id == message.id)).first()


def talk(session: Session, person: Person, *, limit: int = 100) -> Sequence[Line]:
    """What went to and fro with one person over all their channels, the newest first."""
    contacts = session.scalars(select(Contact).where(Contact.person_id == person.id)).all()
    theirs = [_inbound(session, contact, limit) for contact in contacts]
    merged = heapq.merge(
        *theirs, _outbound(session, person, limit), key=lambda line: line.at, reverse=True
    )
    return list(merged)[:limit]


def costs(session: Session, region: Region, first: date) -> Sequence[Cost]:
    """What the messages of a calendar month came to, by town (by village inside a town). Only SMS
    costs money: the parts that the provider counted, at the price `telling.sms_price`. What went to
    staff, or to numbers of nobody in the register, has no place: the district sees it last."""
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    price = int(parameters.in_force_or_first("telling.sms_price", first).value)
    home = func.coalesce(Person.village_id, Message.region_id)
    rows = session.execute(
        select(
            home,
            Delivery.channel,
            func.count(),
            func.sum(func.coalesce(Delivery.segments, 1)),
        )
        .select_from(Delivery)
        .outerjoin(Person, Delivery.person_id == Person.id)
        .outerjoin(Message, Delivery.message_id == Message.id)
        .where(
            Delivery.created_at >= datetime.combine(first, time(), SHANGHAI),
            Delivery.created_at < datetime.combine(last, time(), SHANGHAI),
            Delivery.provider.is_not(None),
            *_lives_in(home, region),
        )
        .group_by(home, Delivery.channel)
    )
    totals: dict[str, list[int]] = {}
    for place_id, channel, count, parts in rows:
        line = totals.setdefault(_place_of_cost(session, place_id, region), [0, 0, 0, 0])
        if channel == "sms":
            line[0] += count
            line[1] += parts
            line[3] += parts * price
        else:
            line[2] += count
    return [Cost(name, *totals[name]) for name in sorted(totals, key=lambda name: (not name, name))]


def _lives_in(home: ColumnElement[int], region: Region) -> tuple[ColumnElement[bool], ...]:
    """The district pays for all, for staff and strangers too."""
    if region.parent_id is None:
        return ()
    return (home.in_(select(Region.id).where(area(region))),)


def _place_of_cost(session: Session, place_id: int | None, region: Region) -> str:
    """The town, or inside a town the village; "" where it belongs to none."""
    place = session.get(Region, place_id) if place_id is not None else None
    if place is None:
        return ""
    in_district = region.parent_id is None and place.kind == RegionKind.VILLAGE
    return place.parent.name if in_district and place.parent else place.name


def _within(region: Region) -> ColumnElement[bool]:
    if region.parent_id is None:
        return Message.id.is_not(None)
    return Message.region_id.in_(select(Region.id).where(area(region)))


def _fits(text: str) -> ColumnElement[bool]:
    plain = "".join(text.split())
    if len(plain) == 11 and plain.isdigit():
        return Person.phone_index == blind_index(plain, "phone")
    return Person.name.contains(plain, autoescape=True) | Message.cause.contains(
        plain, autoescape=True
    )


def _inbound(session: Session, contact: Contact, limit: int) -> Iterator[Line]:
    rows = session.scalars(
        select(Inbound)
        .where(Inbound.channel == contact.channel, Inbound.sender_key == contact.address_key)
        .order_by(Inbound.received_at.desc())
        .limit(limit)
    ).all()
    for row in rows:
        if row.reply:
            yield Line(row.received_at, OURS, row.channel, row.reply, "delivered")
        yield Line(row.received_at, THEIRS, row.channel, row.content or f"[{row.kind}]", row.kind)


def _outbound(session: Session, person: Person, limit: int) -> Iterator[Line]:
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.person_id == person.id, ~Delivery.cause.startswith("inbound:"))
        .order_by(Delivery.created_at.desc())
        .limit(limit)
    ).all()
    for row in rows:
        yield Line(row.created_at, OURS, row.channel, _said(row), row.state, row.message_id)


def said(session: Session, delivery: Delivery) -> str:
    """What a delivery says, in the words of the chat where it belongs to a message: enough to tell
    it in person. A one-time code is not shown again."""
    message = session.get(Message, delivery.message_id) if delivery.message_id else None
    return words(message) if message is not None else _said(delivery)


def _said(delivery: Delivery) -> str:
    channel = "sms" if delivery.channel == "sms" else "wechat"
    if delivery.key in UNSPOKEN:
        return load_book().text("message.code_hidden")
    return _worded(delivery.key, channel, delivery_slots(delivery))


def _worded(key: str, channel: str, slots: dict[str, object]) -> str:
    try:
        return load_book().text(key, channel, **slots)
    except WordingError:  # a card, or words of an earlier release
        return load_book().text("message.as_card", card=key)
