"""What only time brings out about messages: not read by their day, or never confirmed.

Nobody tells us that a message was read, save by writing: whoever wrote to us after it had arrived
has seen it. For the others somebody knocks, from the day that the kind says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from models import Application, Contact, Conversation, Delivery, Message, MessageState
from models.telling import DeliveryState
from rules import parameters
from services import visits
from services.clock import business_date
from services.telling_kinds import Channel, kind
from services.telling_ways import route

AT_ONCE = 200
"""Messages in one transaction."""


def is_due(session: Session, now: datetime) -> bool:
    """Whether `sweep` would find something. Cheap: two looks along partial indexes."""
    for asked in (_unread(now), _unconfirmed(now)):
        if session.scalar(asked.with_only_columns(Message.id).limit(1)) is not None:
            return True
    return False


def sweep(session: Session, now: datetime) -> int:
    """Knock for what was not read by its day, and go on where no receipt came; how many."""
    unread = _taken(session, _unread(now))
    for message in unread:
        _knock_unless_read(session, message, now)
    unconfirmed = _taken(session, _unconfirmed(now))
    for message in unconfirmed:
        _go_on(session, message, now)
    return len(unread) + len(unconfirmed)


def has_read(session: Session, message: Message) -> bool:
    """Whether they wrote to us, from any of their contacts, since the message arrived."""
    if message.told_at is None or message.person_id is None:
        return False
    theirs = Contact.person_id == message.person_id
    if kind(message.kind).helper:
        helpers = select(Application.helper_contact_id).where(
            Application.person_id == message.person_id,
            Application.helper_contact_id.is_not(None),
        )
        theirs = or_(theirs, Contact.id.in_(helpers))
    last = session.scalar(
        select(func.max(Conversation.turned_at))
        .join(Contact, Conversation.contact_id == Contact.id)
        .where(theirs)
    )
    return last is not None and last > message.told_at


def _taken(session: Session, asked: Select[Any]) -> Sequence[Message]:
    locked = asked.limit(AT_ONCE).with_for_update(skip_locked=True, of=Message)
    return session.scalars(locked).unique().all()


def _unread(now: datetime) -> Select[Any]:
    return (
        select(Message)
        .where(
            Message.state.in_((MessageState.OPEN, MessageState.TOLD)),
            Message.read_by_at.is_not(None),
            Message.read_by_at <= now,
        )
        .order_by(Message.read_by_at)
    )


def _unconfirmed(now: datetime) -> Select[Any]:
    hours = int(parameters.in_force("contact.receipt_hours", business_date(now)).value)
    return (
        select(Message)
        .join(Delivery, Delivery.message_id == Message.id)
        .where(
            Message.state == MessageState.OPEN,
            Message.channel != Channel.VISIT,
            Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)),
            Delivery.due_at <= now - timedelta(hours=hours),
        )
    )


def _knock_unless_read(session: Session, message: Message, now: datetime) -> None:
    message.read_by_at = None
    if has_read(session, message):
        message.state = MessageState.READ
        message.ended_at, message.ended_why = now, "wrote_since"
        return
    message.trace = [*message.trace, _note(now, Channel.VISIT, "unread")]
    visits.open_visit(session, message, kind(message.kind), now)


def _go_on(session: Session, message: Message, now: datetime) -> None:
    """No receipt came: the next way; where there is none, nobody knows that they were reached."""
    route(session, message, now)
    if message.state == MessageState.UNREACHED:
        message.ended_why = "no_receipt"


def _note(now: datetime, channel: Channel, why: str) -> dict[str, Any]:
    return {"at": now.isoformat(), "channel": str(channel), "taken": True, "why": why}
