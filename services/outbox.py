"""The outbox: whatever leaves the house is a row, written in the same transaction as its cause.

`services.dispatch` takes what is due from here to the senders, and writes down what became of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Contact, Delivery, new_id
from models.sealing import blind_index
from models.telling import DeliveryState, Happening, Rank
from rules import parameters
from services.clock import business_date
from services.delivery_steps import advance

STALE_AFTER = timedelta(days=3)
"""What could not leave for so long is not sent any more, unless its cause says otherwise."""

SHORT_LIFE = timedelta(hours=1)
"""Somebody waits for what is worth nothing after so little time: it goes before all others."""


def enqueue(  # noqa: PLR0913 - the columns of one row, each by name
    session: Session,
    *,
    channel: str,
    key: str,
    slots: Mapping[str, Any],
    cause: str,
    now: datetime,
    address: str | None = None,
    contact: Contact | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    once: str | None = None,
    breaks_loops: bool = True,
) -> Delivery:
    """Put one message into the outbox; it leaves after the caller's commit.

    The address is `address` (an openid, or 11 digits), else that of `contact`. `slots` must be
    plain JSON. With `once`, a second call with the same word gives back the first row. The same
    words to the same address too often (telling.same_words) give a row that is stopped, unless a
    person wants it so (`breaks_loops`). Raises ValueError where there is no address.
    """
    if once is not None and (earlier := _earlier(session, once)) is not None:
        return earlier
    address = address or _address_of(contact)
    if not address:
        raise ValueError(f"{key}: nobody to send it to")
    due_at = due_at or now
    expires_at = expires_at or due_at + STALE_AFTER
    delivery = Delivery(
        id=new_id(),
        channel=channel,
        contact_id=contact.id if contact else None,
        person_id=contact.person_id if contact else None,
        key=key,
        cause=cause,
        once=once,
        due_at=due_at,
        expires_at=expires_at,
        created_at=now,
        state=DeliveryState.QUEUED,
        rank=Rank.AT_ONCE if expires_at - due_at <= SHORT_LIFE else Rank.NORMAL,
        tries=0,
    )
    delivery.address = address
    delivery.address_index = address_index(channel, address)
    delivery.slots = json.dumps(dict(slots), ensure_ascii=False, sort_keys=True)
    delivery.words = blind_index(f"{channel}|{address}|{key}|{delivery.slots}", "words")
    if breaks_loops:
        _break_loop(session, delivery, now)
    session.add(delivery)
    return delivery


def withdraw(session: Session, delivery: Delivery, *, now: datetime, reason: str) -> bool:
    """Keep what has not left from leaving, because it is no longer true; whether it was in time."""
    session.refresh(delivery, ["state"], with_for_update=True)
    if not delivery.allows(Happening.WITHDRAWN):
        return False
    advance(session, delivery, Happening.WITHDRAWN, now, error=reason)
    return True


def address_index(channel: str, address: str) -> str:
    """What receipts and limits find an address by; for a phone the same as `person.phone_index`."""
    return blind_index(address, "phone" if channel == "sms" else channel)


def slots_of(delivery: Delivery) -> dict[str, Any]:
    """The slots as they were given to `enqueue`."""
    return dict(json.loads(delivery.slots or "{}"))


def _break_loop(session: Session, delivery: Delivery, now: datetime) -> None:
    """Stop it where the same words went to the same address too often: two machines that answer
    each other would never end."""
    limit = parameters.in_force_or_first("telling.same_words", business_date(now)).value
    since = now - timedelta(minutes=limit["within_minutes"])
    again = select(func.count()).where(
        Delivery.words == delivery.words, Delivery.created_at > since, Delivery.created_at <= now
    )
    if (session.scalar(again) or 0) >= limit["times"]:
        delivery.take_step(Happening.LOOPED)
        delivery.settled_at = now
        delivery.error = "the same words to the same address, too often"


def _earlier(session: Session, once: str) -> Delivery | None:
    return session.scalars(select(Delivery).where(Delivery.once == once)).first()


def _address_of(contact: Contact | None) -> str | None:
    if contact is None:
        return None
    return contact.address if contact.channel == "sms" else contact.address_key
