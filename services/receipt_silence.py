"""Providers that take messages and say nothing more: their share shrinks as by errors.

A provider can accept everything and bring nothing. Looked at are the messages that it took some
minutes ago (parameter `telling.receipt_silence`): how many of them are still without a receipt. Too
many, and a step is taken off its weight (`services.sms_health`), every half minute; with receipts
again, or nothing more to look at, it comes back by itself. Times are the machine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from models import Delivery, SmsHealth
from models.telling import DeliveryState
from rules import parameters
from services import sms_health
from services.dispatch import LEASE

TOOK = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.FAILED)


@dataclass(frozen=True)
class Silence:
    """A provider: messages it took in the time looked at, and those of which it said no more."""

    provider: str
    took: int
    silent: int


def find(session: Session, machine_now: datetime, today: date) -> list[Silence]:
    """The providers that are too silent now, and did not stumble in the last half minute."""
    limit = parameters.in_force_or_first("telling.receipt_silence", today).value
    until = machine_now - timedelta(minutes=limit["after_minutes"])
    since = until - timedelta(minutes=limit["within_minutes"])
    called_at = Delivery.lease_until  # a lease begins when the sender takes it
    silent = func.sum(case((Delivery.state == DeliveryState.ACCEPTED, 1), else_=0))
    rows = session.execute(
        select(Delivery.provider, func.count(), silent)
        .where(
            Delivery.channel == "sms",
            Delivery.provider.is_not(None),
            Delivery.state.in_(TOOK),
            called_at > since + LEASE,
            called_at <= until + LEASE,
            Delivery.provider.not_in(_just_stumbled(machine_now)),
        )
        .group_by(Delivery.provider)
    )
    found = [Silence(name or "", took, mute) for name, took, mute in rows.tuples()]
    return [
        one
        for one in found
        if one.took >= limit["at_least"] and one.silent * 100 >= one.took * limit["silent_percent"]
    ]


def _just_stumbled(machine_now: datetime) -> Select[tuple[str]]:
    since = machine_now - sms_health.RECOVERY_EVERY
    return select(SmsHealth.provider).where(SmsHealth.changed_at > since)


def weigh(session: Session, machine_now: datetime, today: date) -> int:
    """Take a step off each of them; how many there were."""
    found = find(session, machine_now, today)
    for one in found:
        reason = f"no receipt for {one.silent} of {one.took} messages"
        sms_health.note_failure(session, one.provider, reason, machine_now)
    return len(found)
