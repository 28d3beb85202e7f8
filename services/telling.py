"""The one way in which anybody is told anything that they did not just ask for.

    tell(session, kind="case_approved", person=…, slots={…}, cause=f"application:{id}|approve",
         now=…)

`kind` is a row of `telling_kinds.yaml`. The message and its first delivery are written in the
caller's transaction. Which channel: `services.routing`; when one fails the next is taken by itself
(`services.telling_ways`), at the end somebody of the village knocks on the door. Nothing else
writes deliveries, save for answers to who wrote (replies by SMS, one-time codes).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, Message, MessageState, Person, Staff, new_id
from models.telling import DeliveryState
from rules import calendar
from rules.errors import UnknownYear
from services import outbox, telling_facts, visits
from services.clock import SHANGHAI, business_date
from services.telling_facts import CHAT_WINDOW
from services.telling_kinds import Kind
from services.telling_kinds import kind as kind_of
from services.telling_ways import route, slots_of
from wording.hearing import mask_name

__all__ = ["CHAT_WINDOW", "slots_of", "tell", "tell_staff", "withdraw"]

WHY_LENGTH = 64


def tell(  # noqa: PLR0913 - one thing to tell, each part by name
    session: Session,
    *,
    kind: str,
    person: Person,
    slots: Mapping[str, Any],
    cause: str,
    now: datetime,
    once: str | None = None,
) -> Message:
    """Tell one person one thing. `slots` are plain JSON; `name` is added, masked, where they do
    not give one. With `once`, a second call gives back the first message. Raises `BadKind`."""
    row = kind_of(kind)
    if once is not None and (earlier := _earlier(session, once)) is not None:
        return earlier
    message = compose(row, {"name": mask_name(person.name), **slots}, cause, once, now)
    message.person_id, message.region_id = person.id, person.village_id
    message.person = person
    session.add(message)
    session.flush()
    route(session, message, now)
    return message


def tell_staff(  # noqa: PLR0913 - as above
    session: Session,
    *,
    kind: str,
    staff: Staff,
    slots: Mapping[str, Any],
    cause: str,
    now: datetime,
    once: str | None = None,
) -> Message:
    """Tell one member of staff one thing: in the chat paired with their account, or on the
    account's phone. Whom nothing reaches has it on the worklist: nobody knocks."""
    row = kind_of(kind)
    if once is not None and (earlier := _earlier(session, once)) is not None:
        return earlier
    message = compose(row, slots, cause, once, now)
    message.staff_id = staff.id
    message.staff = staff
    session.add(message)
    session.flush()
    route(session, message, now)
    return message


def withdraw(
    session: Session, *, person_id: uuid.UUID, cause_prefix: str, now: datetime, reason: str
) -> int:
    """Stop whatever waits for these causes, for this person or for staff, and is no longer true:
    what has not left does not leave, nobody knocks. How many messages it ended; what was told stays
    told. Looks through the person's own messages and what is under way, not through all that was
    ever told."""
    asked = select(Message).where(Message.cause.startswith(cause_prefix, autoescape=True))
    waits = Message.state.in_((MessageState.OPEN, MessageState.TOLD))
    to_person = asked.where(Message.person_id == person_id, waits)
    to_staff = asked.where(Message.staff_id.is_not(None), Message.state == MessageState.OPEN)
    found = [*session.scalars(to_person), *session.scalars(to_staff)]
    return sum(withdraw_one(session, message, now, reason) for message in found)


def compose(
    row: Kind, slots: Mapping[str, Any], cause: str, once: str | None, now: datetime
) -> Message:
    """A message that is addressed to nobody yet."""
    message = Message(
        id=new_id(),
        kind=row.name,
        cause=cause,
        once=once,
        state=MessageState.OPEN,
        trace=[],
        due_at=telling_facts.leaves_at(row, now),
        read_by_at=_read_by(row, slots, now),
        valid_until=now + _life(row),
        created_at=now,
    )
    message.slots = json.dumps(dict(slots), ensure_ascii=False)
    return message


def _life(row: Kind) -> timedelta:
    if row.valid_minutes is not None:
        return timedelta(minutes=row.valid_minutes)
    return timedelta(days=row.valid_days)


def _read_by(row: Kind, slots: Mapping[str, Any], now: datetime) -> datetime | None:
    """The instant from which an unread message becomes a visit."""
    if row.unread_by is not None and slots.get(row.unread_by):
        return _midnight(date.fromisoformat(slots[row.unread_by]))
    if row.unread_days is None:
        return None
    today = business_date(now)
    try:
        last = calendar.add_working_days(today, row.unread_days)
    except UnknownYear:  # a calendar that is not entered must not keep somebody untold
        last = today + timedelta(days=row.unread_days)
    return _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)


def withdraw_one(session: Session, message: Message, now: datetime, reason: str) -> bool:
    """Stop one message; whether that ended anything. What was told stays told."""
    message.read_by_at = None
    stopped = visits.call_off(session, message, now)
    if message.state != MessageState.OPEN:
        return stopped
    message.state = MessageState.WITHDRAWN
    message.ended_at, message.ended_why = now, reason[:WHY_LENGTH]
    queued = session.scalars(
        select(Delivery).where(
            Delivery.message_id == message.id, Delivery.state == DeliveryState.QUEUED
        )
    ).all()
    for delivery in queued:
        outbox.withdraw(session, delivery, now=now, reason=reason)
    return True


def _earlier(session: Session, once: str) -> Message | None:
    return session.scalars(select(Message).where(Message.once == once)).first()
