"""Handing the people of a broadcast to the router, some at a time.

No more is handed over than the channels have nearly sent: a stop takes back a few thousand, not a
million, and a one-time code never waits behind a crowd.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from models import (
    Broadcast,
    BroadcastAct,
    BroadcastRecipient,
    BroadcastState,
    Delivery,
    Message,
    Person,
    Region,
)
from models.telling import DeliveryState, Rank
from services.acting import CLOCK
from services.broadcasts import audience as audiences
from services.broadcasts import followers, mass, texts
from services.broadcasts.recall import cause_of
from services.broadcasts.writing import log, step
from services.telling import tell_staff
from services.telling_kinds import kind
from services.telling_many import note_told, tell_many

CHUNK = 500
AHEAD = 4_000
"""Messages of crowds that may wait in the outbox at once."""


def to_release(session: Session) -> Sequence[Broadcast]:
    """Broadcasts of which somebody waits to be handed over, or that are at their end."""
    sending = select(Broadcast).where(Broadcast.state == BroadcastState.SENDING)
    return session.scalars(sending.order_by(Broadcast.started_at)).all()


def has_room(session: Session, broadcast: Broadcast) -> bool:
    """Whether the channels may be given more. What keeps people safe waits for nothing."""
    if not kind(broadcast.kind).quiet_hours:
        return True
    waiting = select(Delivery.id).where(
        Delivery.state == DeliveryState.QUEUED, Delivery.rank == Rank.CROWD
    )
    queued = session.scalar(select(func.count()).select_from(waiting.limit(AHEAD).subquery()))
    return (queued or 0) < AHEAD


def release(session: Session, broadcast: Broadcast, now: datetime, *, chunk: int = CHUNK) -> int:
    """Hand the next people over; how many. The caller has the row locked. While a mass message is
    on its way nobody is; when nobody waits any more the broadcast is done."""
    if not mass.is_settled(session, broadcast, now):
        return 0
    waiting = _waiting(session, broadcast, chunk)
    if waiting:
        people = {one.id: one for one in _people(session, broadcast, waiting)}
        _write(session, broadcast, _tell(session, broadcast, list(people.values()), now))
        _drop(session, broadcast, [key for key in waiting if key not in people])
        return len(waiting)
    if some := followers.release(session, broadcast, now, chunk=chunk):
        return some
    if broadcast.expanded_at is not None:
        _tell_staff(session, broadcast, now)
        step(session, broadcast, BroadcastAct.FINISH)
        broadcast.ended_at = now
        log(session, "broadcast.finish", broadcast, CLOCK, now)
    session.flush()
    return 0


def _tell(
    session: Session, broadcast: Broadcast, people: Sequence[Person], now: datetime
) -> list[Message]:
    """A message for each: told already, where the mass message reached them; else by the router."""
    reached = mass.told_among(session, broadcast, [one.id for one in people])
    told = note_told(
        session,
        kind=broadcast.kind,
        people=[one for one in people if one.id in reached],
        slots=lambda person: slots(broadcast, texts.of_person(person)),
        cause=cause_of(broadcast),
        channel=mass.CHANNEL,
        now=now,
    )
    return told + tell_many(
        session,
        kind=broadcast.kind,
        people=[one for one in people if one.id not in reached],
        slots=lambda person: slots(broadcast, texts.of_person(person)),
        cause=cause_of(broadcast),
        now=now,
    )


def slots(broadcast: Broadcast, values: dict[str, str]) -> dict[str, Any]:
    """What a message of it carries: the words for the chat and the door, those for SMS."""
    words = texts.filled(broadcast.body, values)
    short = texts.filled(broadcast.sms_body or broadcast.body, values)
    return {"title": broadcast.title, "text": words, "short": short}


def _waiting(session: Session, broadcast: Broadcast, chunk: int) -> Sequence[uuid.UUID]:
    return session.scalars(
        select(BroadcastRecipient.person_id)
        .where(
            BroadcastRecipient.broadcast_id == broadcast.id,
            BroadcastRecipient.message_id.is_(None),
            BroadcastRecipient.dropped.is_(None),
        )
        .order_by(BroadcastRecipient.person_id)
        .limit(chunk)
    ).all()


def _people(session: Session, broadcast: Broadcast, keys: Sequence[uuid.UUID]) -> Sequence[Person]:
    """Those who live there still, with their villages."""
    there = audiences.lives_there(broadcast.region)
    village = joinedload(Person.village).joinedload(Region.parent)
    found = select(Person).where(Person.id.in_(keys), there).options(village)
    return session.scalars(found).all()


def _write(session: Session, broadcast: Broadcast, messages: Sequence[Message]) -> None:
    if messages:
        session.execute(
            update(BroadcastRecipient),
            [
                {
                    "broadcast_id": broadcast.id,
                    "person_id": message.person_id,
                    "message_id": message.id,
                }
                for message in messages
            ],
        )


def _drop(session: Session, broadcast: Broadcast, keys: Sequence[uuid.UUID]) -> None:
    if keys:
        session.execute(
            update(BroadcastRecipient)
            .where(
                BroadcastRecipient.broadcast_id == broadcast.id,
                BroadcastRecipient.person_id.in_(keys),
            )
            .values(dropped="elsewhere")
        )


def _tell_staff(session: Session, broadcast: Broadcast, now: datetime) -> None:
    """Staff are few: one by one, each once by the message's own key."""
    for member in audiences.members(session, broadcast, now):
        tell_staff(
            session,
            kind=broadcast.kind,
            staff=member,
            slots=slots(broadcast, texts.of_staff(member, broadcast.region)),
            cause=cause_of(broadcast),
            now=now,
            once=f"{cause_of(broadcast)}|{member.id}",
        )
