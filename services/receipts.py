"""Receipts: what a provider reports about a message, as often and as late as it likes.

Every report is kept before it is judged. One whose message is not known yet waits: the receipt can
be faster than the answer to the send. Where that answer never came, the report is matched by phone,
if only one message can be meant.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from channels.sms.entries import Receipt as Report
from models import Delivery
from models.sealing import blind_index
from models.telling import DeliveryState, Happening, Receipt
from services.delivery_steps import advance

ADDRESSES = ("phone", "wechat", "template", "subscription", "mini")
"""What the index of an address may have been made for (`services.outbox.address_index`)."""
MATCH_WITHIN = timedelta(days=1)
"""How far apart a message and a report of an unknown number may be, to belong together."""


def record(session: Session, reports: Iterable[Report], now: datetime) -> int:
    """Keep the reports and settle the deliveries they speak of; how many were new."""
    all_of_them = list(reports)
    _await_senders(session, all_of_them)
    return sum(_record(session, report, now) for report in all_of_them)


def _await_senders(session: Session, reports: Sequence[Report]) -> None:
    """Let whoever is just writing down what they sent to these people finish first, or wait for us:
    else the report would not see the message's number yet, nor its sender the report, and it would
    be used by nobody."""
    indexes = {blind_index(one.phone, kind) for one in reports for kind in ADDRESSES}
    session.execute(
        select(Delivery.id)
        .where(Delivery.address_index.in_(indexes), Delivery.state == DeliveryState.SENDING)
        .order_by(Delivery.id)
        .with_for_update()
    )


def apply_early(session: Session, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Use the reports that came before these were known by their provider's number, or, where they
    are uncertain, those of their phone that nothing else explains."""
    numbers = [(one.provider, one.provider_id) for one in deliveries if one.provider_id is not None]
    if numbers:
        early = _early(session, numbers, [one.id for one in deliveries])
        for delivery in deliveries:
            for receipt in early:
                if _is_about(receipt, delivery):
                    _settle(session, delivery, receipt, now)
    for delivery in deliveries:
        if delivery.state == DeliveryState.UNCERTAIN:
            _apply_unexplained(session, delivery, now)


def apply_early_to(
    session: Session, numbers: Mapping[uuid.UUID, tuple[str | None, str | None]], now: datetime
) -> None:
    """`apply_early` for those of these keys and providers' numbers of which a report came before;
    nearly always there is none."""
    if not _early(session, [one for one in numbers.values() if one[1] is not None], list(numbers)):
        return
    found = select(Delivery).where(Delivery.id.in_(numbers)).order_by(Delivery.id)
    apply_early(session, session.scalars(found.with_for_update()).all(), now)


_EARLY = (
    select(Receipt)
    .where(
        or_(
            and_(
                Receipt.provider.in_(bindparam("providers", expanding=True)),
                Receipt.provider_id.in_(bindparam("numbers", expanding=True)),
            ),
            Receipt.delivery_id.in_(bindparam("keys", expanding=True)),
        )
    )
    .order_by(Receipt.id)
)


def _early(
    session: Session,
    numbers: Sequence[tuple[str | None, str | None]],
    keys: Sequence[uuid.UUID],
) -> Sequence[Receipt]:
    """Reports of these providers and numbers, or of deliveries of ours."""
    asked = {
        "providers": sorted({str(provider) for provider, _number in numbers}),
        "numbers": [number for _provider, number in numbers],
        "keys": keys,
    }
    return session.scalars(_EARLY, asked).all()


def _is_about(receipt: Receipt, delivery: Delivery) -> bool:
    if receipt.delivery_id is not None:
        return receipt.delivery_id == delivery.id
    mine = (delivery.provider, delivery.provider_id)
    return (receipt.provider, receipt.provider_id) == mine


def _apply_unexplained(session: Session, delivery: Delivery, now: datetime) -> None:
    if delivery.channel != "sms":
        return
    if _candidate(session, delivery.address_index or "", now) is not delivery:
        return
    waiting = select(Receipt).where(
        Receipt.delivery_id.is_(None),
        Receipt.phone_index == delivery.address_index,
        Receipt.received_at >= delivery.created_at,
        Receipt.received_at <= now,
    )
    for receipt in session.scalars(waiting.order_by(Receipt.id)).all():
        _settle(session, delivery, receipt, now)


def _record(session: Session, report: Report, now: datetime) -> bool:
    receipt = _keep(session, report, now)
    if receipt is None:
        return False
    delivery = _sent_as(session, report) or _candidate(session, receipt.phone_index, now)
    if delivery is not None:
        _settle(session, delivery, receipt, now)
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


def _settle(session: Session, delivery: Delivery, receipt: Receipt, now: datetime) -> None:
    """Take the step if the state still allows it; the report is linked in any case."""
    receipt.delivery_id = delivery.id
    happening = Happening.ARRIVED if receipt.arrived else Happening.BOUNCED
    if not delivery.allows(happening):
        return
    delivery.provider, delivery.provider_id = receipt.provider, receipt.provider_id
    delivery.error = None
    advance(session, delivery, happening, now, error=None if receipt.arrived else receipt.status)
