"""Payments that stand in a file for the bank although a list has named their person since: who must
see them, and taking one out of the file while the bank has not answered (R-3.5b, F-07, ADR 16).

A payment that was taken out has failed without a bank's answer (`Payment.is_taken_out`): its record
is held like any other and, where nothing was the matter, goes into the next file. Where the bank
paid it all the same, its answer outranks us: see `results`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from models import ListHit, Payment, PaymentBatch, SubsidyRecord
from models.pay_steps import PaymentState
from services.acting import Acting
from services.clock import business_date
from services.cross_checks.holding import is_held_back
from services.guards import Obstacle
from services.pay import paying
from services.pay.conflicts import is_own_or_kin
from services.procedure import Hindered
from services.trail import note

MOST = 500
LONGEST_WORDS = 255


def at_bank(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Payment]:
    """Payments without an answer whose record may not be paid any more, the oldest first."""
    return session.scalars(
        select(Payment)
        .join(Payment.record)
        .join(Payment.batch)
        .where(Payment.state == PaymentState.WAITING, is_held_back(SubsidyRecord), *conditions)
        .options(
            joinedload(Payment.batch), joinedload(Payment.record).joinedload(SubsidyRecord.person)
        )
        .order_by(PaymentBatch.made_at, Payment.row)
        .limit(MOST)
    ).all()


def in_batch(session: Session, batch: PaymentBatch) -> Sequence[Payment]:
    """Those of one file."""
    return at_bank(session, Payment.batch_id == batch.id)


def of_hit(session: Session, hit: ListHit) -> Sequence[Payment]:
    """What was put into files for the person of a hit, for the months that it holds: in the file,
    paid, taken out."""
    return session.scalars(
        select(Payment)
        .join(Payment.record)
        .where(SubsidyRecord.person_id == hit.person_id, SubsidyRecord.month_on >= hit.held_from_on)
        .options(joinedload(Payment.batch), joinedload(Payment.record))
        .order_by(SubsidyRecord.month_on, Payment.id)
        .limit(MOST)
    ).all()


def taken_out(session: Session, batch: PaymentBatch) -> Sequence[Payment]:
    """What was taken out of one file."""
    return session.scalars(
        select(Payment)
        .join(Payment.record)
        .where(Payment.batch_id == batch.id, Payment.is_taken_out)
        .options(joinedload(Payment.record).joinedload(SubsidyRecord.person))
        .order_by(Payment.row)
    ).all()


def take_out(
    session: Session, batch: PaymentBatch, row: int, words: str, acting: Acting, now: datetime
) -> Payment:
    """Take one payment out of a file: the file was not handed in, or the bank has stopped the row;
    `words` say which, and who said so. Whoever pays does it, and not for their own. The worker has
    been asked about the list already and is not told that a bank refused. Raises `Hindered`."""
    paying.require(session, acting, "take_out", business_date(now))
    payment = session.scalars(
        select(Payment)
        .where(Payment.batch_id == batch.id, Payment.row == row)
        .with_for_update(of=Payment)
        .execution_options(populate_existing=True)
    ).first()
    if payment is None or payment.state != PaymentState.WAITING:
        raise Hindered("take_out", (Obstacle("pay.answered_already"),))
    paying.require_others([payment], acting)
    found = []
    if not at_bank(session, Payment.id == payment.id):
        found.append(Obstacle("pay.nothing_stops_it"))
    if is_own_or_kin(session, acting, payment.record.person_id):
        found.append(Obstacle("cross_check.own_or_kin"))
    if not words.strip():
        found.append(Obstacle("pay.who_stopped_it"))
    if found:
        raise Hindered("take_out", tuple(found))
    payment.take(PaymentState.FAILED)
    payment.bank_words = words.strip()[:LONGEST_WORDS]
    payment.settled_at = payment.told_at = now
    note(session, "payment.taken_out", actor=acting.name, at=now, subject=("payment", payment.id),
         batch=batch.number, row=row, amount_fen=payment.amount_fen,
         why=payment.bank_words)  # fmt: skip
    session.flush()
    return payment
