"""What nobody knows the fate of: it is settled by a receipt or by the provider's own record, and
never by hope.

Three things can end an uncertainty. A receipt (`services.receipts`), at any time. An answer of the
provider that was asked (`questions` → ask → `settle`). A repeat, where the message carries our own
key and the platform sends a key only once for a while. What none of them settles stays `uncertain`,
is counted, and waits for a person to decide (`services.dead_letters`).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import Delivery
from models.telling import DeliveryState, Happening
from services import receipts
from services.delivery_steps import advance
from services.dispatch import LEASE, lose_sight

NEXT_ASK = tuple(timedelta(minutes=minutes) for minutes in (4, 10, 45, 300, 1080))
"""Waits between questions about one message, after the first (`dispatch.ASK_AFTER`); a day in all,
then the provider will not know either."""

FEW = 50
"""So many are asked about, or given up, at a time."""


class Known(StrEnum):
    """What the provider's side says about a message that we lost sight of."""

    ARRIVED = "arrived"
    BOUNCED = "bounced"
    FOUND = "found"
    """They took it; how it ended they do not know yet."""
    NEVER_TAKEN = "never_taken"
    """They never had it, and would know."""
    REPEATABLE = "repeatable"
    """The same key may be sent again until `repeat_until`: it goes out once."""
    NOT_YET = "not_yet"
    """Ask again later."""
    NEVER = "never"
    """Nobody can be asked."""


@dataclass(frozen=True)
class Question:
    """About which message: enough for a provider to find it. `reference` is what was sent along as
    our own number, `called_at` the machine's time at which the sender had it."""

    id: uuid.UUID
    channel: str
    provider: str | None
    address: str
    key: str
    reference: str
    called_at: datetime


@dataclass(frozen=True)
class Finding:
    """What was found out. `repeat_until` belongs to REPEATABLE: machine time."""

    known: Known
    provider: str | None = None
    provider_id: str | None = None
    error: str | None = None
    repeat_until: datetime | None = None


def needs_asking(session: Session, now: datetime) -> bool:
    """Whether `questions` would find something."""
    return session.scalar(_to_ask(now).with_only_columns(Delivery.id).limit(1)) is not None


def questions(session: Session, now: datetime, limit: int = FEW) -> list[Question]:
    """What is to be asked now. Whoever gets a question is the only one who asks it; if they die,
    it comes up again at its next time."""
    found = session.scalars(
        _to_ask(now).order_by(Delivery.ask_at).limit(limit).with_for_update(skip_locked=True)
    ).all()
    for delivery in found:
        pauses = NEXT_ASK[delivery.asks :]
        delivery.ask_at = now + pauses[0] if pauses else None
        delivery.asks += 1
    return [_question(delivery) for delivery in found]


def settle(session: Session, question: Question, finding: Finding, *, now: datetime) -> None:
    """Use what was found out, unless the delivery has moved on meanwhile."""
    delivery = session.get_one(Delivery, question.id, with_for_update=True, populate_existing=True)
    if delivery.state != DeliveryState.UNCERTAIN:
        return
    if finding.provider_id is not None:
        delivery.provider, delivery.provider_id = finding.provider, finding.provider_id
    match finding.known:
        case Known.ARRIVED | Known.BOUNCED | Known.FOUND:
            happening = _HAPPENINGS[finding.known]
            delivery.error = None
            advance(session, delivery, happening, now, error=finding.error)
            receipts.apply_early(session, [delivery], now)
        case Known.NEVER_TAKEN:
            delivery.due_at = now
            advance(session, delivery, Happening.NEVER_TAKEN, now, error=finding.error)
        case Known.REPEATABLE:
            known = [at for at in (delivery.repeat_until, finding.repeat_until) if at is not None]
            delivery.due_at, delivery.repeat_until = now, min(known, default=question.called_at)
            advance(session, delivery, Happening.REPEATED, now)
        case Known.NEVER:
            delivery.ask_at = None


_HAPPENINGS = {
    Known.ARRIVED: Happening.ARRIVED,
    Known.BOUNCED: Happening.BOUNCED,
    Known.FOUND: Happening.FOUND,
}


def needs_tidying(session: Session, *, now: datetime, machine_now: datetime) -> bool:
    """Whether `expire`, `give_up_repeats` or `give_up_leases` would find something."""
    queued = Delivery.state == DeliveryState.QUEUED
    expired = queued & (Delivery.expires_at <= now)
    too_late = queued & (Delivery.repeat_until < machine_now)
    abandoned = (Delivery.state == DeliveryState.SENDING) & (Delivery.lease_until < machine_now)
    found = select(Delivery.id).where(expired | too_late | abandoned).limit(1)
    return session.scalar(found) is not None


def expire(session: Session, now: datetime) -> int:
    """Fail what nobody may read any more, such as one-time codes after their minutes. What was to
    be repeated is uncertain again: the first try may have arrived."""
    late = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.QUEUED, Delivery.expires_at <= now)
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in late:
        if delivery.repeat_until is not None:
            advance(
                session, delivery, Happening.CAME_TOO_LATE, now, error="expired before a repeat"
            )
        else:
            advance(
                session, delivery, Happening.EXPIRED, now, error="expired before it could leave"
            )
    return len(late)


def give_up_repeats(session: Session, *, now: datetime, machine_now: datetime) -> int:
    """Say `uncertain` again of repeats that did not leave while the platform knew their key."""
    late = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.QUEUED, Delivery.repeat_until < machine_now)
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in late:
        delivery.repeat_until, delivery.ask_at = None, None
        advance(session, delivery, Happening.CAME_TOO_LATE, now, error="too late to repeat it")
    return len(late)


def give_up_leases(session: Session, *, now: datetime, machine_now: datetime) -> int:
    """Say `uncertain` of what a sender claimed and never reported on."""
    abandoned = session.scalars(
        select(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.lease_until < machine_now)
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    ).all()
    for delivery in abandoned:
        lose_sight(session, delivery, now, error="the sender's lease ran out")
    receipts.apply_early(session, abandoned, now)
    return len(abandoned)


def counts(session: Session, channels: Collection[str] = ()) -> dict[str, int]:
    """How many deliveries stand in each state."""
    every = select(Delivery.state, func.count()).group_by(Delivery.state)
    if channels:
        every = every.where(Delivery.channel.in_(channels))
    return {str(state): number for state, number in session.execute(every).tuples()}


def _to_ask(now: datetime) -> Select[tuple[Delivery]]:
    return select(Delivery).where(Delivery.state == DeliveryState.UNCERTAIN, Delivery.ask_at <= now)


def _question(delivery: Delivery) -> Question:
    lease_until = delivery.lease_until or delivery.created_at
    return Question(
        id=delivery.id,
        channel=delivery.channel,
        provider=delivery.provider,
        address=delivery.address or "",
        key=delivery.key,
        reference=str(delivery.id),
        called_at=lease_until - LEASE,
    )
