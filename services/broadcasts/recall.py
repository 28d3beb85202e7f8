"""Taking back what has not left: of a paused broadcast for later, of a stopped one for good.

What a channel has accepted is out of the house, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from models import (
    Broadcast,
    BroadcastFollower,
    BroadcastRecipient,
    BroadcastState,
    Delivery,
    FollowerWay,
    MassSend,
    Message,
    MessageState,
)
from models.messages import Visit
from models.telling import DeliveryState
from services import outbox
from services.telling import withdraw_one

AT_ONCE = 1_000
LOOK_AFTER = timedelta(days=7)
"""So long after a stop a carrier may still say that something did not arrive."""
CALLED_BACK = (BroadcastState.PAUSED, BroadcastState.STOPPED)


def cause_of(broadcast: Broadcast) -> str:
    """The cause of every message of a broadcast."""
    return f"broadcast:{broadcast.id}"


def take_back(
    session: Session, broadcast: Broadcast, now: datetime, *, chunk: int = AT_ONCE
) -> int:
    """Withdraw what waits, at most a chunk; how many. The clock goes on until nothing is left
    (`leftovers`). Of a paused broadcast those people wait anew, for when it goes on."""
    session.flush()
    stops = broadcast.state == BroadcastState.STOPPED
    unsent = or_(_queued(), _to_visit()) if stops else _queued()
    asked = select(Message).where(
        Message.cause == cause_of(broadcast), Message.state == MessageState.OPEN, unsent
    )
    found = session.scalars(asked.limit(chunk)).all()
    for message in found:
        withdraw_one(session, message, now, f"broadcast_{broadcast.state}")
    if not stops:
        _wait_anew(session, broadcast, found)
    others = _take_back_mass(session, broadcast, now) + _take_back_chats(session, broadcast, now)
    session.flush()
    return len(found) + others


def _take_back_mass(session: Session, broadcast: Broadcast, now: datetime) -> int:
    """The mass message, if it has not left; of a paused broadcast it is made anew."""
    sent = session.get(MassSend, broadcast.id)
    if sent is None or sent.outcome is not None or sent.delivery is None:
        return 0
    if not outbox.withdraw(session, sent.delivery, now=now, reason=f"broadcast_{broadcast.state}"):
        return 0
    session.delete(sent)
    return 1


def _take_back_chats(session: Session, broadcast: Broadcast, now: datetime) -> int:
    """What waits for followers who are bound to nobody."""
    queued = (
        select(Delivery)
        .join(BroadcastFollower, BroadcastFollower.delivery_id == Delivery.id)
        .where(
            BroadcastFollower.broadcast_id == broadcast.id,
            Delivery.state == DeliveryState.QUEUED,
        )
    )
    found = session.scalars(queued.limit(AT_ONCE)).all()
    for delivery in found:
        outbox.withdraw(session, delivery, now=now, reason=f"broadcast_{broadcast.state}")
        delivery.once = None  # it may be told anew
    again = {"way": None if broadcast.state == BroadcastState.PAUSED else FollowerWay.NONE}
    session.execute(
        update(BroadcastFollower)
        .where(BroadcastFollower.delivery_id.in_([one.id for one in found]))
        .values(delivery_id=None, **again)
    )
    return len(found)


def leftovers(session: Session, now: datetime, *, limit: int = 10) -> Sequence[Broadcast]:
    """Broadcasts that were called back and of which something is queued still, or, where they were
    stopped, somebody is to knock: what had left came back, and the next way was taken."""
    theirs = select(BroadcastRecipient.broadcast_id).join(
        Broadcast, Broadcast.id == BroadcastRecipient.broadcast_id
    )
    queued = theirs.join(Delivery, Delivery.message_id == BroadcastRecipient.message_id).where(
        Broadcast.state.in_(CALLED_BACK), Delivery.state == DeliveryState.QUEUED
    )
    knocks = theirs.join(Visit, Visit.message_id == BroadcastRecipient.message_id).where(
        Broadcast.state == BroadcastState.STOPPED,
        Broadcast.ended_at > now - LOOK_AFTER,
        Visit.done_at.is_(None),
        Visit.withdrawn_at.is_(None),
    )
    others = (
        select(listed.broadcast_id)
        .join(Broadcast, Broadcast.id == listed.broadcast_id)
        .join(Delivery, Delivery.id == listed.delivery_id)
        .where(Broadcast.state.in_(CALLED_BACK), Delivery.state == DeliveryState.QUEUED)
        for listed in (BroadcastFollower, MassSend)
    )
    called_back = or_(*(Broadcast.id.in_(keys) for keys in (queued, knocks, *others)))
    found = select(Broadcast).where(called_back)
    return session.scalars(found.limit(limit)).all()


def _queued() -> ColumnElement[bool]:
    return exists().where(Delivery.message_id == Message.id, Delivery.state == DeliveryState.QUEUED)


def _to_visit() -> ColumnElement[bool]:
    return exists().where(
        Visit.message_id == Message.id, Visit.done_at.is_(None), Visit.withdrawn_at.is_(None)
    )


def _wait_anew(session: Session, broadcast: Broadcast, messages: Sequence[Message]) -> None:
    keys = [message.id for message in messages]
    session.execute(
        update(BroadcastRecipient)
        .where(
            BroadcastRecipient.broadcast_id == broadcast.id,
            BroadcastRecipient.message_id.in_(keys),
        )
        .values(message_id=None)
    )
