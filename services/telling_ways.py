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
from services import card_consents, chat_windows, outbox, telling_facts, visits
from services.delivery_steps import on_accepted, on_settled
from services.routing import Choice, Facts, Verdict, decide
from services.telling_kinds import Channel, Kind
from services.telling_kinds import kind as kind_of

CAUSE_LENGTH = 96
OUTBOX = {
    Channel.CHAT: "wechat",
    Channel.SUBSCRIPTION: "subscription",
    Channel.MINI: "mini",
    Channel.TEMPLATE: "template",
    Channel.SMS: "sms",
}
"""Our ways → the outbox's channels."""
CARDS = frozenset({Channel.SUBSCRIPTION, Channel.MINI, Channel.TEMPLATE})
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
    message.trace = [*message.trace, *(written(one, now) for one in choice.verdicts)]
    if not choice.ways:
        end_unreached(message, choice, now)
    for way in choice.ways:
        message.channel = way.channel
        take(session, message, row, way, facts, now)


def hear(session: Session, delivery: Delivery, now: datetime) -> None:
    """What became of a delivery: its message is told, or the next way is taken.

    A customer-service message knows no receipt: accepted is told. The others are told when their
    report comes. What is uncertain is left to the clock (`services.telling_sweep`)."""
    if delivery.message_id is None:
        return
    message = session.get_one(Message, delivery.message_id, with_for_update=True)
    arrived = delivery.state == DeliveryState.DELIVERED
    if arrived or (delivery.state == DeliveryState.ACCEPTED and delivery.channel == "wechat"):
        mark_told(session, message, delivery, now)
    elif delivery.state in (DeliveryState.FAILED, DeliveryState.STOPPED):
        _give_back(session, message, delivery, now)
        fall_through(session, message, now)


def mark_told(session: Session, message: Message, delivery: Delivery, now: datetime) -> None:
    """A channel brought it. Late news too: whoever was to knock need not."""
    if message.state == MessageState.OPEN or message.ended_why in MAY_STILL_ARRIVE:
        message.state, message.told_at = MessageState.TOLD, now
        message.ended_at = message.ended_why = None
        message.channel = _way_of(delivery)
        if message.read_by_at is None:
            visits.call_off(session, message, now)


def _give_back(session: Session, message: Message, delivery: Delivery, now: datetime) -> None:
    """What never left this house has cost no consent."""
    never_left = delivery.state == DeliveryState.STOPPED
    contact = session.get(Contact, delivery.contact_id) if delivery.contact_id else None
    template = card_consents.template_of(delivery.channel, kind_of(message.kind).template or "")
    if never_left and contact is not None and template:
        card_consents.give_back_consent(session, contact, template, now)


def _way_of(delivery: Delivery) -> Channel:
    return next(way for way, channel in OUTBOX.items() if channel == delivery.channel)


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
    return telling_facts.of_staff(session, row, message.staff, now, at=at)


def take(
    session: Session, message: Message, row: Kind, way: Verdict, facts: Facts, now: datetime
) -> Delivery | None:
    """Take one way; the delivery, unless it is a visit or another way had to be found."""
    if way.channel is Channel.VISIT:
        visits.open_visit(session, message, row, now)
        return None
    contact = session.get(Contact, way.contact_id) if way.contact_id else None
    if not _spend(session, row, way, contact, now):  # somebody else took it meanwhile
        route(session, message, now)
        return None
    recipient = message.person or message.staff
    delivery = outbox.enqueue(
        session,
        channel=OUTBOX[way.channel],
        contact=contact,
        address=recipient.phone if recipient and way.channel is Channel.SMS else None,
        key=_key(row, way.channel),
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
    return delivery


def _key(row: Kind, way: Channel) -> str:
    if way in CARDS:
        return f"card.{row.template}"
    return f"sms.{row.sms}" if way is Channel.SMS else row.phrase


def _spend(
    session: Session, row: Kind, way: Verdict, contact: Contact | None, now: datetime
) -> bool:
    """Take what WeChat grants for this way, if it is counted."""
    if contact is not None and way.channel is Channel.CHAT:
        return chat_windows.spend_window(session, contact, now)
    template = card_consents.template_of(OUTBOX[way.channel], row.template or "")
    if contact is not None and template:
        return card_consents.spend_consent(session, contact, template, now)
    return True


def _until(message: Message, way: Verdict, facts: Facts) -> datetime:
    """A chat's window closes; then the next way is taken."""
    ends = message.valid_until
    for chat in facts.chats:
        if chat.id == way.contact_id and chat.open_until and way.channel is Channel.CHAT:
            return min(ends, chat.open_until)
    return ends


def end_unreached(message: Message, choice: Choice, now: datetime) -> None:
    """No way is left: nobody was reached, or they wanted none of this kind."""
    refused = any(one.why == "opted_out" for one in choice.verdicts)
    message.state = MessageState.WITHDRAWN if refused else MessageState.UNREACHED
    message.ended_at, message.ended_why = now, "opted_out" if refused else "no_way_left"


def written(verdict: Verdict, now: datetime) -> dict[str, Any]:
    """A verdict as `Message.trace` keeps it."""
    return {
        "at": now.isoformat(),
        "channel": str(verdict.channel),
        "taken": verdict.taken,
        "why": verdict.why,
    }


on_settled.append(hear)
on_accepted.setdefault(OUTBOX[Channel.CHAT], []).append(hear)
