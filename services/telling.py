"""The one way in which anybody is told anything that they did not just ask for.

    tell(session, kind="case_approved", person=…, slots={…}, cause=f"application:{id}|approve",
         now=…)

`kind` is a row of `telling_kinds.yaml`. The message and its first delivery are written in the
caller's transaction; when a channel fails the next one is taken by itself (`services.telling_on`),
at the end somebody of the village knocks on the door. Which channel: `services.routing`. Nothing
else writes deliveries, save for answers to who wrote (replies by SMS, one-time codes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Delivery, Message, MessageState, Person, Staff, Visit, new_id
from models.telling import DeliveryState, Happening
from rules import calendar
from rules.errors import UnknownYear
from services import outbox, telling_facts, visits
from services.clock import SHANGHAI, business_date
from services.routing import Choice, Facts, Verdict, decide
from services.telling_facts import CHAT_WINDOW
from services.telling_kinds import Channel, Kind
from services.telling_kinds import kind as kind_of
from wording.hearing import mask_name

__all__ = ["CHAT_WINDOW", "route", "slots_of", "tell", "tell_staff", "withdraw"]

CAUSE_LENGTH = 96
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
    message = _message(row, {"name": mask_name(person.name), **slots}, cause, once, now)
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
    message = _message(row, slots, cause, once, now)
    message.staff_id = staff.id
    message.staff = staff
    session.add(message)
    session.flush()
    route(session, message, now)
    return message


def withdraw(session: Session, *, cause_prefix: str, now: datetime, reason: str) -> int:
    """Stop whatever waits for these causes and is no longer true: what has not left does not
    leave, nobody knocks. How many messages it ended; what was told stays told."""
    found = session.scalars(
        select(Message).where(
            Message.state.in_((MessageState.OPEN, MessageState.TOLD)),
            Message.cause.startswith(cause_prefix, autoescape=True),
        )
    ).all()
    return sum(_withdraw(session, message, now, reason) for message in found)


def route(session: Session, message: Message, now: datetime) -> None:
    """Take the next way for an open message, and write down why. Where none is left it ends:
    `unreached`, or `withdrawn` when the recipient wants none of this kind."""
    row = kind_of(message.kind)
    at = telling_facts.leaves_at(row, max(now, message.due_at))
    facts = _facts(session, row, message, at)
    tried = frozenset(Channel(one["channel"]) for one in message.trace if one["taken"])
    choice = decide(row, facts, tried)
    message.trace = [*message.trace, *(_written(one, now) for one in choice.verdicts)]
    if not choice.ways:
        _end_unreached(message, choice, now)
    for way in choice.ways:
        message.channel = way.channel
        _go(session, message, row, way, facts, now)


def slots_of(message: Message) -> dict[str, Any]:
    """The slots as they were given."""
    return dict(json.loads(message.slots or "{}"))


def _message(
    row: Kind, slots: Mapping[str, Any], cause: str, once: str | None, now: datetime
) -> Message:
    message = Message(
        id=new_id(),
        kind=row.name,
        cause=cause,
        once=once,
        state=MessageState.OPEN,
        trace=[],
        due_at=telling_facts.leaves_at(row, now),
        read_by_at=_read_by(row, slots, now),
        valid_until=now + timedelta(days=row.valid_days),
        created_at=now,
    )
    message.slots = json.dumps(dict(slots), ensure_ascii=False)
    return message


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


def _facts(session: Session, row: Kind, message: Message, at: datetime) -> Facts:
    if message.person is not None:
        return telling_facts.of_person(session, row, message.person, at)
    assert message.staff is not None
    return telling_facts.of_staff(session, message.staff, at)


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


def _withdraw(session: Session, message: Message, now: datetime, reason: str) -> bool:
    message.read_by_at = None
    waiting = session.scalars(
        select(Visit).where(Visit.message_id == message.id, Visit.done_at.is_(None))
    ).all()
    for visit in waiting:
        visit.withdrawn_at = now
    if message.state != MessageState.OPEN:
        return bool(waiting)
    queued = session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message.id, Delivery.state == DeliveryState.QUEUED)
        .with_for_update(skip_locked=True)
    )
    for delivery in queued:
        delivery.take_step(Happening.EXPIRED)
        delivery.error, delivery.settled_at = f"withdrawn: {reason}"[:255], now
    message.state = MessageState.WITHDRAWN
    message.ended_at, message.ended_why = now, reason[:WHY_LENGTH]
    return True


def _written(verdict: Verdict, now: datetime) -> dict[str, Any]:
    return {
        "at": now.isoformat(),
        "channel": str(verdict.channel),
        "taken": verdict.taken,
        "why": verdict.why,
    }


def _earlier(session: Session, once: str) -> Message | None:
    return session.scalars(select(Message).where(Message.once == once)).first()
