"""Walking a message along the channels of its kind: take the next way, hear what became of it.

`route` is called when a message is made and whenever a way failed; `hear` is told by the outbox of
every delivery, in the same transaction (`services.delivery_steps.on_settled`).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Delivery, Message, MessageState
from models.telling import DeliveryState
from services import outbox, telling_facts, visits
from services.delivery_steps import on_settled
from services.routing import Choice, Facts, Verdict, decide
from services.telling_kinds import Channel, Kind
from services.telling_kinds import kind as kind_of

CAUSE_LENGTH = 96
MAY_STILL_ARRIVE = frozenset({"no_way_left", "no_receipt"})
"""Ends after which a carrier may report a success all the same."""


def route(session: Session, message: Message, now: datetime) -> None:
    """Take the next way for an open message, and write down why. Where none is left it ends:
    `unreached`, or `withdrawn` when the recipient wants none of this kind."""
    row = kind_of(message.kind)
    at = telling_facts.leaves_at(row, max(now, message.due_at))
    facts = _facts(session, row, message, now, at=at)
    tried = frozenset(Channel(one["channel"]) for one in message.trace if one["taken"])
    choice = decide(row, facts, tried)
    message.trace = [*message.trace, *(_written(one, now) for one in choice.verdicts)]
    if not choice.ways:
        _end_unreached(message, choice, now)
    for way in choice.ways:
        message.channel = way.channel
        _go(session, message, row, way, facts, now)


def hear(session: Session, delivery: Delivery, now: datetime) -> None:
    """What became of a delivery: its message is told, or the next way is taken.

    A customer-service message knows no receipt: accepted is told. An SMS is told when its receipt
    comes. What is uncertain is left to the clock (`services.telling_sweep`)."""
    if delivery.message_id is None:
        return
    message = session.get_one(Message, delivery.message_id, with_for_update=True)
    arrived = delivery.state == DeliveryState.DELIVERED
    if arrived or (delivery.state == DeliveryState.ACCEPTED and delivery.channel != "sms"):
        mark_told(session, message, delivery, now)
    elif delivery.state in (DeliveryState.FAILED, DeliveryState.STOPPED):
        fall_through(session, message, now)


def mark_told(session: Session, message: Message, delivery: Delivery, now: datetime) -> None:
    """A channel brought it. Late news too: whoever was to knock need not."""
    if message.state == MessageState.OPEN or message.ended_why in MAY_STILL_ARRIVE:
        message.state, message.told_at = MessageState.TOLD, now
        message.ended_at = message.ended_why = None
        message.channel = Channel.SMS if delivery.channel == "sms" else message.channel
        if message.read_by_at is None:
            visits.call_off(session, message, now)


def fall_through(session: Session, message: Message, now: datetime) -> None:
    """A way failed: the next one, unless another is still on its way."""
    if message.state == MessageState.OPEN and not _under_way(session, message):
        route(session, message, now)


def _under_way(session: Session, message: Message) -> bool:
    states = (
        DeliveryState.QUEUED,
        DeliveryState.SENDING,
        DeliveryState.ACCEPTED,
        DeliveryState.UNCERTAIN,
    )
    asked = select(Delivery.id).where(Delivery.message_id == message.id, Delivery.state.in_(states))
    session.flush()
    return session.scalar(asked.limit(1)) is not None or visits.is_open(session, message)


def slots_of(message: Message) -> dict[str, Any]:
    """The slots as they were given."""
    return dict(json.loads(message.slots or "{}"))


def _facts(session: Session, row: Kind, message: Message, now: datetime, *, at: datetime) -> Facts:
    if message.person is not None:
        return telling_facts.of_person(session, row, message.person, now, at=at)
    assert message.staff is not None
    return telling_facts.of_staff(session, message.staff, now, at=at)


def _go(
    session: Session, message: Message, row: Kind, way: Verdict, facts: Facts, now: datetime
) -> None:
    if way.channel is Channel.VISIT:
        visits.open_visit(session, message, row, now)
        return
    contact = session.get(Contact, way.contact_id) if way.contact_id else None
    recipient = message.person or message.staff
    delivery = outbox.enqueue(
        session,
        channel="sms" if way.channel is Channel.SMS else "wechat",
        contact=contact,
        address=recipient.phone if recipient and way.channel is Channel.SMS else None,
        key=f"sms.{row.sms}" if way.channel is Channel.SMS else row.phrase,
        slots=slots_of(message),
        cause=message.cause[:CAUSE_LENGTH],
        once=f"message:{message.id}|{way.channel}",
        now=now,
        due_at=facts.at,
        expires_at=_until(message, way, facts),
    )
    delivery.message_id = message.id
    delivery.person_id = message.person_id
    if delivery.state == DeliveryState.STOPPED:  # the same words, too often
        message.state = MessageState.WITHDRAWN
        message.ended_at, message.ended_why = now, "same_words"


def _until(message: Message, way: Verdict, facts: Facts) -> datetime:
    """A chat's window closes; then the next way is taken."""
    ends = message.valid_until
    for chat in facts.chats:
        if chat.id == way.contact_id and chat.open_until and way.channel is Channel.CHAT:
            return min(ends, chat.open_until)
    return ends


def _end_unreached(message: Message, choice: Choice, now: datetime) -> None:
    refused = any(one.why == "opted_out" for one in choice.verdicts)
    message.state = MessageState.WITHDRAWN if refused else MessageState.UNREACHED
    message.ended_at, message.ended_why = now, "opted_out" if refused else "no_way_left"


def _written(verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "at": now.isoformat(),
        "channel": str(verdict.channel),
        "taken": verdict.taken,
        "why": verdict.why,
    }


on_settled.append(hear)
