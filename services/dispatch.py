"""Taking what is due out of the outbox, and writing down what a carrier brings back.

A sender goes `claim` → commit → call the provider → `record` → commit: no transaction is open
during a network call. When a sender dies in between, its lease runs out and `services.uncertain`
says so; nothing is ever sent a second time on the chance that the first one got lost.

`now` is business time (what is due, what expired); `machine_now` the machine's own (leases).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from models import Delivery
from models.sealing import SealError
from models.telling import DeliveryState, Happening
from services import delivery_rows, receipts
from services.delivery_rows import Claimed
from services.delivery_steps import ERROR_LENGTH, advance, on_accepted

LEASE = timedelta(seconds=120)
"""Longer than a batch of provider calls may take, so that a living sender is not taken for dead."""

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 4, 15, 60))
"""Waits between tries that were refused for now (platform.md 3); then it has failed."""

ASK_AFTER = timedelta(minutes=1)
"""How long the provider gets to write its own record, before it is asked what became of it."""


class Fate(StrEnum):
    """How a call of a provider ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    POSTPONED = "postponed"
    """Certainly not sent; the same may work later."""
    UNKNOWN = "unknown"
    """No answer: it may have been sent."""
    UNTRIED = "untried"
    """The sender did not get to it."""


@dataclass(frozen=True)
class Answer:
    """What a carrier brings back. `provider_id` is the provider's own number of the message, which
    its receipts name. `error` is the provider's code and words, without personal data.

    `segments` is what an SMS is charged as. `retry_in` replaces the usual back-off.
    `stops_channel`: nothing at all passes on this channel for now, which is not this message's
    fault and does not count as one of its tries.
    """

    fate: Fate
    provider: str | None = None
    provider_id: str | None = None
    error: str | None = None
    retry_in: timedelta | None = None
    segments: int | None = None
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


def is_due(session: Session, channel: str, now: datetime) -> bool:
    """Whether `claim` would find something. Cheap: for a clock that asks every second."""
    return bool(due(session, channel, now=now, limit=1))


def due(session: Session, channel: str, *, now: datetime, limit: int) -> Sequence[uuid.UUID]:
    """What may leave on a channel now, in the order in which it should."""
    waiting = select(Delivery.id).where(_is_due(channel, now))
    return session.scalars(waiting.order_by(*_FIRST).limit(limit)).all()


def claim(
    session: Session,
    channel: str,
    *,
    now: datetime,
    machine_now: datetime,
    limit: int = 1,
    ids: Sequence[uuid.UUID] | None = None,
) -> list[Parcel]:
    """Take what is due on a channel, the first ones first, at most `limit`; of `ids` only, where
    they are given. Nobody else gets the same.

    A sender's death leaves as many `uncertain` as it had claimed: hence few at a time.
    """
    lease_until = machine_now + LEASE
    values = {
        "on_channel": channel,
        "now": now,
        "machine_now": machine_now,
        "lease": lease_until,
        "most": limit,
    }
    taken = delivery_rows.take(session, values, keys=ids)
    parcels = [_parcel(session, channel, one, lease_until, now) for one in taken]
    return [parcel for parcel in parcels if parcel is not None]


def record(session: Session, parcel: Parcel, answer: Answer, *, now: datetime) -> None:
    """Write down what a carrier brought back. An answer after the lease ran out still counts,
    unless the delivery was settled or claimed anew meanwhile."""
    record_all(session, [(parcel, answer)], now=now)


def record_all(
    session: Session, answers: Sequence[tuple[Parcel, Answer]], *, now: datetime
) -> None:
    """Write down what a carrier brought back for each of several parcels."""
    quick = [pair for pair in answers if _is_quick(*pair)]
    if quick:
        _accept(session, quick, now)
    if len(quick) < len(answers):
        _record_each(session, [pair for pair in answers if not _is_quick(*pair)], now)


def _is_quick(parcel: Parcel, answer: Answer) -> bool:
    """Taken over by the provider, and nobody here waits to hear it: nearly all there are."""
    return answer.fate is Fate.ACCEPTED and not on_accepted.get(parcel.channel)


def _accept(session: Session, answers: Sequence[tuple[Parcel, Answer]], now: datetime) -> None:
    rows = [
        {
            "key_of_row": parcel.id,
            "lease": parcel.lease_until,
            "by": answer.provider,
            "number": answer.provider_id,
            "charged": answer.segments,
            "said": answer.error[:ERROR_LENGTH] if answer.error is not None else None,
        }
        for parcel, answer in sorted(answers, key=lambda pair: pair[0].id)  # as others lock them
    ]
    delivery_rows.accept(session, rows)
    numbers = {parcel.id: (answer.provider, answer.provider_id) for parcel, answer in answers}
    receipts.apply_early_to(session, numbers, now)


def _record_each(session: Session, answers: Sequence[tuple[Parcel, Answer]], now: datetime) -> None:
    keys = [parcel.id for parcel, _answer in answers]
    locked = select(Delivery).where(Delivery.id.in_(keys)).order_by(Delivery.id)
    found = session.scalars(locked.with_for_update(), execution_options={"populate_existing": True})
    rows = {row.id: row for row in found}
    accepted = [
        rows[parcel.id]
        for parcel, answer in answers
        if _is_meant(rows.get(parcel.id), parcel) and _write(session, rows[parcel.id], answer, now)
    ]
    receipts.apply_early(session, accepted, now)


def _is_meant(delivery: Delivery | None, parcel: Parcel) -> bool:
    if delivery is None or delivery.lease_until != parcel.lease_until:
        return False
    return delivery.state in (DeliveryState.SENDING, DeliveryState.UNCERTAIN)


def _write(session: Session, delivery: Delivery, answer: Answer, now: datetime) -> bool:
    """Whether a receipt may already be there."""
    delivery.error = None
    match answer.fate:
        case Fate.ACCEPTED:
            delivery.provider, delivery.provider_id = answer.provider, answer.provider_id
            delivery.segments = answer.segments
            advance(session, delivery, Happening.ACCEPTED, now, error=answer.error)
            return True
        case Fate.REFUSED:
            advance(session, delivery, Happening.REFUSED, now, error=answer.error)
        case Fate.POSTPONED:
            _postpone(session, delivery, answer, now)
        case Fate.UNTRIED:
            delivery.tries -= 1
            advance(session, delivery, Happening.GIVEN_BACK, now)
        case Fate.UNKNOWN:
            return lose_sight(session, delivery, now, error=answer.error)
    return False


def lose_sight(
    session: Session, delivery: Delivery, now: datetime, *, error: str | None = None
) -> bool:
    """Say of what is being sent that nobody knows; whether that is new."""
    if delivery.state != DeliveryState.SENDING:
        return False
    delivery.ask_at, delivery.asks = now + ASK_AFTER, 0
    advance(session, delivery, Happening.LOST_SIGHT, now, error=error)
    return True


def set_back(session: Session, key: uuid.UUID, *, now: datetime, error: str) -> None:
    """Count a try of what breaks its sender before it can be claimed: a bug of ours must not turn
    in a circle for ever."""
    delivery = session.get_one(Delivery, key, with_for_update=True, populate_existing=True)
    if delivery.state != DeliveryState.QUEUED:
        return
    delivery.tries += 1
    if delivery.tries > len(BACK_OFF):
        advance(session, delivery, Happening.EXHAUSTED, now, error=error)
    else:
        delivery.due_at = now + BACK_OFF[delivery.tries - 1]
        delivery.error = error[:ERROR_LENGTH]


_FIRST = (Delivery.rank, Delivery.due_at)


def _is_due(channel: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        Delivery.channel == channel,
        Delivery.state == DeliveryState.QUEUED,
        Delivery.due_at <= now,
        Delivery.expires_at > now,
    )


def _parcel(
    session: Session, channel: str, row: Claimed, lease_until: datetime, now: datetime
) -> Parcel | None:
    try:
        address, slots = row.address or "", json.loads(row.slots or "{}")
    except SealError as error:  # one damaged row must not hold up all behind it
        delivery = session.get_one(Delivery, row.id)
        advance(session, delivery, Happening.REFUSED, now, error=str(error))
        return None
    return Parcel(row.id, lease_until, channel, address, row.key, slots)


def _postpone(session: Session, delivery: Delivery, answer: Answer, now: datetime) -> None:
    if answer.stops_channel:
        delivery.tries -= 1
    elif delivery.tries > len(BACK_OFF):
        advance(session, delivery, Happening.EXHAUSTED, now, error=answer.error)
        return
    delivery.due_at = now + (answer.retry_in or BACK_OFF[max(delivery.tries - 1, 0)])
    advance(session, delivery, Happening.POSTPONED, now, error=answer.error)
