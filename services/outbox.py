"""The outbox: whatever leaves the house is a row, written in the same transaction as its cause.

A sender goes `claim` → commit → call the provider → `record` → commit: no transaction is open
during a network call. When a sender dies in between, its lease runs out and `give_up_leases` says
`uncertain`; nothing is ever sent a second time on the chance that the first one got lost, because
the SMS providers and customer-service messages know no repetition (platform.md 0.9, 3).

`now` is business time (what is due, what expired); `machine_now` the machine's own (leases).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Delivery, new_id
from models.sealing import SealError, blind_index
from models.telling import DeliveryState, Happening
from services import receipts

LEASE = timedelta(seconds=120)
"""Longer than any provider call may take, so that a living sender is not taken for dead."""

STALE_AFTER = timedelta(days=3)
"""What could not leave for so long is not sent any more, unless its cause says otherwise."""

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 15, 60))
"""Waits between tries that were refused for now (platform.md 3); then it has failed."""

ERROR_LENGTH = 255


class Fate(StrEnum):
    """How a call of a provider ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    POSTPONED = "postponed"
    """Certainly not sent; the same may work later."""
    UNKNOWN = "unknown"
    """No answer: it may have been sent."""


@dataclass(frozen=True)
class Answer:
    """What a carrier brings back. `provider_id` is the provider's own number of the message, which
    its receipts name. `error` is the provider's code and words, without personal data.

    `retry_in` replaces the usual back-off. `stops_channel`: nothing at all passes on this channel
    for now, which is not this message's fault and does not count as one of its tries.
    """

    fate: Fate
    provider: str | None = None
    provider_id: str | None = None
    error: str | None = None
    retry_in: timedelta | None = None
    stops_channel: bool = False


@dataclass(frozen=True)
class Parcel:
    """A claimed delivery, on its way without a session. The end of its lease tells this claim from
    a later one of the same delivery."""

    id: uuid.UUID
    lease_until: datetime
    channel: str
    address: str
    key: str
    slots: Mapping[str, Any]


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
) -> Delivery:
    """Put one message into the outbox; it leaves after the caller's commit.

    The address is `address` (an openid, or 11 digits), else that of `contact`. `slots` must be
    plain JSON. With `once`, a second call with the same word gives back the first row. Raises
    ValueError where there is no address.
    """
    if once is not None and (earlier := _earlier(session, once)) is not None:
        return earlier
    address = address or _address_of(contact)
    if not address:
        raise ValueError(f"{key}: nobody to send it to")
    due_at = due_at or now
    delivery = Delivery(
        id=new_id(),
        channel=channel,
        contact_id=contact.id if contact else None,
        person_id=contact.person_id if contact else None,
        key=key,
        cause=cause,
        once=once,
        due_at=due_at,
        expires_at=expires_at or due_at + STALE_AFTER,
        created_at=now,
        state=DeliveryState.QUEUED,
        tries=0,
    )
    delivery.address = address
    delivery.address_index = address_index(channel, address)
    delivery.slots = json.dumps(dict(slots), ensure_ascii=False)
    session.add(delivery)
    return delivery


def address_index(channel: str, address: str) -> str:
    """What receipts and limits find an address by; for a phone the same as `person.phone_index`."""
    return blind_index(address, "phone" if channel == "sms" else channel)


def slots_of(delivery: Delivery) -> dict[str, Any]:
    """The slots as they were given to `enqueue`."""
    return dict(json.loads(delivery.slots or "{}"))


def is_due(session: Session, channel: str, now: datetime) -> bool:
    """Whether `claim` would find something. Cheap: for a clock that asks every second."""
    return session.scalar(_due(channel, now).with_only_columns(Delivery.id).limit(1)) is not None


def claim(
    session: Session, channel: str, *, now: datetime, machine_now: datetime, limit: int = 1
) -> list[Parcel]:
    """Take what is due on a channel, oldest first, at most `limit`; nobody else gets the same.

    A sender's death leaves as many `uncertain` as it had claimed: hence one at a time by default.
    """
    found = session.scalars(
        _due(channel, now).order_by(Delivery.due_at).limit(limit).with_for_update(skip_locked=True)
    ).all()
    taken = [_take(delivery, now=now, machine_now=machine_now) for delivery in found]
    return [parcel for parcel in taken if parcel is not None]


def record(session: Session, parcel: Parcel, answer: Answer, *, now: datetime) -> None:
    """Write down what a carrier brought back. An answer after the lease ran out still counts,
    unless the delivery was settled or claimed anew meanwhile."""
    delivery = session.get_one(Delivery, parcel.id, with_for_update=True, populate_existing=True)
    is_open = delivery.state in (DeliveryState.SENDING, DeliveryState.UNCERTAIN)
    if not is_open or delivery.lease_until != parcel.lease_until:
        return
    delivery.error = answer.error[:ERROR_LENGTH] if answer.error else None
    match answer.fate:
        case Fate.ACCEPTED:
            delivery.take_step(Happening.ACCEPTED)
            delivery.provider, delivery.provider_id = answer.provider, answer.provider_id
            receipts.apply_early(session, delivery, now)
        case Fate.REFUSED:
            _fail(delivery, Happening.REFUSED, now)
        case Fate.POSTPONED:
            _postpone(delivery, answer, now)
        case Fate.UNKNOWN if delivery.state == DeliveryState.SENDING:
            _lose_sight(session, delivery, now)


def expire(session: Session, now: datetime) -> int:
    """Fail what nobody may read any more, such as one-time codes after their minutes."""
    late = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.QUEUED, Delivery.expires_at <= now)
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in late:
        delivery.error = "expired before it could leave"
        _fail(delivery, Happening.EXPIRED, now)
    return len(late)


def give_up_leases(session: Session, *, now: datetime, machine_now: datetime) -> int:
    """Say `uncertain` of what a sender claimed and never reported on."""
    abandoned = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.lease_until < machine_now)
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in abandoned:
        delivery.error = "the sender's lease ran out"
        _lose_sight(session, delivery, now)
    return len(abandoned)


def needs_tidying(session: Session, *, now: datetime, machine_now: datetime) -> bool:
    """Whether `expire` or `give_up_leases` would find something."""
    expired = (Delivery.state == DeliveryState.QUEUED) & (Delivery.expires_at <= now)
    abandoned = (Delivery.state == DeliveryState.SENDING) & (Delivery.lease_until < machine_now)
    return session.scalar(select(Delivery.id).where(expired | abandoned).limit(1)) is not None


def _due(channel: str, now: datetime) -> Any:
    return select(Delivery).where(
        Delivery.channel == channel,
        Delivery.state == DeliveryState.QUEUED,
        Delivery.due_at <= now,
        Delivery.expires_at > now,
    )


def _take(delivery: Delivery, *, now: datetime, machine_now: datetime) -> Parcel | None:
    delivery.take_step(Happening.CLAIMED)
    delivery.lease_until = machine_now + LEASE
    delivery.tries += 1
    try:
        return Parcel(
            id=delivery.id,
            lease_until=delivery.lease_until,
            channel=delivery.channel,
            address=delivery.address or "",
            key=delivery.key,
            slots=slots_of(delivery),
        )
    except SealError as error:  # one damaged row must not hold up all behind it
        delivery.error = str(error)[:ERROR_LENGTH]
        _fail(delivery, Happening.REFUSED, now)
        return None


def _postpone(delivery: Delivery, answer: Answer, now: datetime) -> None:
    if answer.stops_channel:
        delivery.tries -= 1
    elif delivery.tries > len(BACK_OFF):
        _fail(delivery, Happening.REFUSED, now)
        return
    delivery.take_step(Happening.POSTPONED)
    delivery.due_at = now + (answer.retry_in or BACK_OFF[delivery.tries - 1])


def _lose_sight(session: Session, delivery: Delivery, now: datetime) -> None:
    delivery.take_step(Happening.LOST_SIGHT)
    receipts.apply_early(session, delivery, now)


def _fail(delivery: Delivery, happening: Happening, now: datetime) -> None:
    delivery.take_step(happening)
    delivery.settled_at = now


def _earlier(session: Session, once: str) -> Delivery | None:
    return session.scalars(select(Delivery).where(Delivery.once == once)).first()


def _address_of(contact: Contact | None) -> str | None:
    if contact is None:
        return None
    return contact.address if contact.channel == "sms" else contact.address_key
