"""Receipts: what a provider reports about a message, as often and as late as it likes.

Every report is kept before it is judged. One whose message is not known yet waits: the receipt can
be faster than the answer to the send. Where that answer never came, the report is matched by phone,
if only one message can be meant.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from channels.sms.callbacks import Receipt as Report
from models import Delivery
from models.sealing import blind_index
from models.telling import SETTLED, DeliveryState, Happening, Receipt

MATCH_WITHIN = timedelta(days=1)
"""How far apart a message and a report of an unknown number may be, to belong together."""


def record(session: Session, reports: Iterable[Report], now: datetime) -> int:
    """Keep the reports and settle the deliveries they speak of; how many were new."""
    return sum(_record(session, report, now) for report in reports)


def apply_early(session: Session, delivery: Delivery, now: datetime) -> None:
    """Use the reports that came before `delivery` was known by its provider's number, or, now that
    it is uncertain, those of its phone that nothing else explains."""
    waiting = select(Receipt).where(Receipt.delivery_id.is_(None)).order_by(Receipt.id)
    if delivery.provider_id is not None:
        mine = waiting.where(
            Receipt.provider == delivery.provider, Receipt.provider_id == delivery.provider_id
        )
    else:
        mine = waiting.where(
            Receipt.phone_index == delivery.address_index,
            Receipt.received_at >= delivery.created_at,
            Receipt.received_at <= now,
        )
        if _candidate(session, delivery.address_index or "", now) is not delivery:
            return
    for receipt in session.scalars(mine).all():
        _settle(delivery, receipt, now)


def _record(session: Session, report: Report, now: datetime) -> bool:
    receipt = _keep(session, report, now)
    if receipt is None:
        return False
    delivery = _sent_as(session, report) or _candidate(session, receipt.phone_index, now)
    if delivery is not None:
        _settle(delivery, receipt, now)
    return True


def _keep(session: Session, report: Report, now: datetime) -> Receipt | None:
    """The row of a new report; None for one that came before."""
    insert_on = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {
        "provider": report.provider,
        "provider_id": report.provider_id[:64],
        "phone_index": blind_index(report.phone, "phone"),
        "status": (report.code or report.description)[:64],
        "arrived": report.delivered,
        "received_at": now,
    }
    row_id = session.scalar(
        insert_on.insert(Receipt).values(**values).on_conflict_do_nothing().returning(Receipt.id)
    )
    return None if row_id is None else session.get(Receipt, row_id)


def _sent_as(session: Session, report: Report) -> Delivery | None:
    """The message of that number; or of our own reference, where the provider gives it back."""
    found = session.scalars(
        select(Delivery)
        .where(
            Delivery.provider == report.provider,
            Delivery.provider_id == report.provider_id[:64],
        )
        .with_for_update()
    ).first()
    if found is not None or not report.reference:
        return found
    try:
        return session.get(Delivery, uuid.UUID(report.reference), with_for_update=True)
    except ValueError:
        return None


def _candidate(session: Session, phone_index: str, now: datetime) -> Delivery | None:
    """The one uncertain message to this phone, if no other one is on its way at the same time."""
    session.flush()
    open_ones = session.scalars(
        select(Delivery)
        .where(
            Delivery.channel == "sms",
            Delivery.address_index == phone_index,
            Delivery.state.in_((DeliveryState.UNCERTAIN, DeliveryState.SENDING)),
            Delivery.created_at >= now - MATCH_WITHIN,
        )
        .limit(2)
        .with_for_update()
    ).all()
    only_one = len(open_ones) == 1 and open_ones[0].state == DeliveryState.UNCERTAIN
    return open_ones[0] if only_one else None


def _settle(delivery: Delivery, receipt: Receipt, now: datetime) -> None:
    """Take the step if the state still allows it; the report is linked in any case."""
    receipt.delivery_id = delivery.id
    happening = Happening.ARRIVED if receipt.arrived else Happening.BOUNCED
    if not delivery.allows(happening):
        return
    delivery.take_step(happening)
    delivery.provider, delivery.provider_id = receipt.provider, receipt.provider_id
    delivery.error = None if receipt.arrived else receipt.status
    if delivery.state in SETTLED:
        delivery.settled_at = now
