"""Telling one thing to many people at once: `services.telling.tell` for a crowd.

The same table of kinds, the same facts, the same pure choice of the way, the same rows. Only the
statements do not grow with the people; and what leaves waits behind everything else in the outbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Delivery, Message, MessageState, Person
from models.telling import Happening, Rank
from rules import parameters
from services import outbox, telling_ways
from services.clock import business_date
from services.routing import Choice, Facts, decide
from services.telling import compose
from services.telling_facts import leaves_at
from services.telling_kinds import BadKind, Channel, Kind
from services.telling_kinds import kind as kind_of
from services.telling_many_facts import of_people
from wording.hearing import mask_name

Slots = Callable[[Person], Mapping[str, Any]]


def tell_many(
    session: Session,
    *,
    kind: str,
    people: Sequence[Person],
    slots: Slots,
    cause: str,
    now: datetime,
) -> list[Message]:
    """Tell each of these people one thing, a message each, in their order. Whoever calls keeps
    count of whom they told: there is no `once` here. Raises `BadKind`."""
    row = kind_of(kind)
    if row.helper or row.for_staff:
        raise BadKind(f"{kind}: is told one by one")
    if not people:
        return []
    at = leaves_at(row, now)
    with session.no_autoflush:
        facts = of_people(session, row, people, now, at=at)
        messages = [_message(row, person, slots(person), cause, now) for person in people]
    choices = [_decide(row, one, facts[person.id], now) for one, person in _pairs(messages, people)]
    session.add_all(messages)
    session.flush()
    by_sms: list[tuple[Message, Facts]] = []
    for (message, person), choice in zip(_pairs(messages, people), choices, strict=True):
        known = facts[person.id]
        if _take(session, message, row, choice, known, now):
            by_sms.append((message, known))
    _send(session, row, by_sms, now)
    return messages


def note_told(  # noqa: PLR0913 - as above
    session: Session,
    *,
    kind: str,
    people: Sequence[Person],
    slots: Slots,
    cause: str,
    channel: str,
    now: datetime,
) -> list[Message]:
    """Write down for each of these people that they were told by a channel that speaks to many at
    once, a message each, in their order; nothing leaves."""
    row = kind_of(kind)
    with session.no_autoflush:
        messages = [_message(row, person, slots(person), cause, now) for person in people]
    for message in messages:
        message.state, message.told_at = MessageState.TOLD, now
        message.channel = channel
        message.trace = [{"at": now.isoformat(), "channel": channel, "taken": True, "why": channel}]
    session.add_all(messages)
    session.flush()
    return messages


def _pairs(
    messages: Sequence[Message], people: Sequence[Person]
) -> Iterator[tuple[Message, Person]]:
    return zip(messages, people, strict=True)


def _message(
    row: Kind, person: Person, slots: Mapping[str, Any], cause: str, now: datetime
) -> Message:
    message = compose(row, {"name": mask_name(person.name), **slots}, cause, None, now)
    message.person_id, message.region_id, message.person = person.id, person.village_id, person
    return message


def _decide(row: Kind, message: Message, facts: Facts, now: datetime) -> Choice:
    """The choice, written into the message before it is: it goes into the table once."""
    choice = decide(row, facts)
    message.trace = [telling_ways.written(one, now) for one in choice.verdicts]
    for way in choice.ways:
        message.channel = way.channel
    if not choice.ways:
        telling_ways.end_unreached(message, choice, now)
    return choice


def _take(
    session: Session, message: Message, row: Kind, choice: Choice, facts: Facts, now: datetime
) -> bool:
    """Take every chosen way but SMS; whether that is one of them."""
    for way in choice.ways:
        if way.channel is not Channel.SMS:
            delivery = telling_ways.take(session, message, row, way, facts, now)
            if delivery is not None:
                delivery.rank = Rank.CROWD
    return any(way.channel is Channel.SMS for way in choice.ways)


def _send(
    session: Session, row: Kind, messages: Sequence[tuple[Message, Facts]], now: datetime
) -> None:
    """One short message each, without asking the outbox of every single one."""
    with session.no_autoflush:
        made = [_delivery(session, row, message, facts, now) for message, facts in messages]
        _break_loops(session, made, now)
    session.flush()


def _delivery(
    session: Session, row: Kind, message: Message, facts: Facts, now: datetime
) -> tuple[Message, Delivery]:
    delivery = outbox.enqueue(
        session,
        channel=telling_ways.OUTBOX[Channel.SMS],
        address=message.person.phone if message.person else None,
        key=f"sms.{row.sms}",
        slots=telling_ways.slots_of(message),
        cause=message.cause[: telling_ways.CAUSE_LENGTH],
        now=now,
        due_at=facts.at,
        expires_at=message.valid_until,
        breaks_loops=False,  # below, for all of them in one statement
    )
    delivery.once = f"message:{message.id}|{Channel.SMS}"
    delivery.message_id, delivery.person_id = message.id, message.person_id
    delivery.rank = Rank.CROWD
    return message, delivery


def _break_loops(session: Session, made: Sequence[tuple[Message, Delivery]], now: datetime) -> None:
    """Stop what would be the same words to the same phone too often (telling.same_words)."""
    limit = parameters.in_force_or_first("telling.same_words", business_date(now)).value
    since = now - timedelta(minutes=limit["within_minutes"])
    rows = session.execute(
        select(Delivery.words, func.count())
        .where(
            Delivery.words.in_({one.words for _, one in made}),
            Delivery.created_at > since,
            Delivery.created_at <= now,
        )
        .group_by(Delivery.words)
    )
    said = Counter({words: number for words, number in rows.tuples() if words})
    for message, delivery in made:
        assert delivery.words is not None
        if said[delivery.words] >= limit["times"]:
            delivery.take_step(Happening.LOOPED)
            delivery.settled_at = now
            delivery.error = "the same words to the same address, too often"
            message.state = MessageState.WITHDRAWN
            message.ended_at, message.ended_why = now, "same_words"
        else:
            said[delivery.words] += 1
