"""What the clock tells workers about their month: the result before it is paid, with each reason
for a deduction and the words to dispute it; paid; not paid; what must come back; and the question
whether it came to them (requirements 2.7, 3.9, F-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from models import (
    ClawBack,
    MonthLine,
    MonthSheet,
    Payment,
    ReceivedQuestion,
    SubsidyRecord,
)
from models.pay_steps import ClawBackState, PaymentState, SheetState
from rules import parameters
from services import telling
from services.accounts import tail
from services.clock import business_date
from services.deaths import dead_among
from services.pay import claw_backs
from services.pay.sheets import due_day

AT_ONCE = 200
KINDS = {"whole": "month_whole", "nothing": "month_nothing"}
"""By the first reason of a line; every other one is a deduction that is explained."""


def results_to_tell(session: Session, limit: int = AT_ONCE) -> list[MonthLine]:
    """Lines on view whose worker has not been told this amount yet."""
    asked: Select[tuple[MonthLine]] = (
        select(MonthLine)
        .join(MonthLine.sheet)
        .where(
            MonthSheet.state == SheetState.ON_VIEW,
            MonthLine.told_fen.is_distinct_from(MonthLine.amount_fen),
        )
        .options(joinedload(MonthLine.sheet), joinedload(MonthLine.person))
        .limit(limit)
    )
    return list(session.scalars(asked))


def tell_results(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell them; how many. An amount that changed is told again."""
    lines = results_to_tell(session, limit)
    dead = dead_among(session, [line.person_id for line in lines])
    for line in lines:
        if line.person_id not in dead:
            telling.tell(
                session,
                kind=kind_of(line),
                person=line.person,
                slots=slots_of(line),
                cause=f"month_line:{line.id}",
                once=f"month:{line.id}:{line.facts_sha256[:16]}:{line.amount_fen}",
                now=now,
            )
        line.told_at, line.told_fen = now, line.amount_fen
    session.flush()
    return len(lines)


def kind_of(line: MonthLine) -> str:
    """The kind of news that a line is."""
    first = line.reasons[0] if line.reasons else "nothing"
    return KINDS.get(first, "month_part")


def slots_of(line: MonthLine) -> dict[str, Any]:
    """What a worker is told of a month, in plain values."""
    until_on = line.sheet.dispute_until_on
    return {
        "year": line.month_on.year,
        "month": line.month_on.month,
        "amount_fen": line.amount_fen,
        "whole_fen": line.whole_fen,
        "less_fen": line.deduction_fen,
        "days": line.paid_days,
        "planned": line.planned_days,
        "missed": max(line.planned_days - line.paid_days, 0),
        "until_on": until_on.isoformat() if until_on else "",
        "pay_on": due_day("pay.pay_day", line.month_on).isoformat(),
    }


def payments_to_tell(session: Session, limit: int = AT_ONCE) -> list[Payment]:
    """Payments with a result that their worker has not been told."""
    return list(
        session.scalars(
            select(Payment)
            .where(Payment.state != PaymentState.WAITING, Payment.told_at.is_(None))
            .options(
                joinedload(Payment.record).joinedload(SubsidyRecord.person),
                joinedload(Payment.account),
            )
            .limit(limit)
        )
    )


def tell_payments(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell that the money is there, or that it is not and why; how many."""
    found = payments_to_tell(session, limit)
    dead = dead_among(session, [payment.record.person_id for payment in found])
    for payment in found:
        record = payment.record
        if record.person_id not in dead:
            telling.tell(
                session,
                kind="pay_paid" if payment.state == PaymentState.PAID else "pay_failed",
                person=record.person,
                slots={**_of_payment(payment), "tail": tail(payment.account)},
                cause=f"payment:{payment.id}",
                once=f"payment:{payment.id}:{payment.state}",
                now=now,
            )
        payment.told_at = now
    session.flush()
    return len(found)


def _of_payment(payment: Payment) -> dict[str, Any]:
    record = payment.record
    return {
        "year": record.month_on.year,
        "month": record.month_on.month,
        "amount_fen": payment.amount_fen,
        "why": payment.bank_words or "-",
        "paid_on": payment.paid_on.isoformat() if payment.paid_on else "",
    }


def claims_to_tell(session: Session, limit: int = AT_ONCE) -> list[ClawBack]:
    """Agreed claims that the worker has not been told. After a death nobody's phone is written to:
    an office speaks with the family."""
    return list(
        session.scalars(
            select(ClawBack)
            .where(
                ClawBack.state == ClawBackState.AGREED,
                ClawBack.cause != "death",
                ClawBack.told_at.is_(None),
            )
            .options(joinedload(ClawBack.person))
            .limit(limit)
        )
    )


def tell_claims(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell what must come back and why; how many."""
    found = claims_to_tell(session, limit)
    dead = dead_among(session, [claim.person_id for claim in found])
    for claim in found:
        if claim.person_id not in dead:
            telling.tell(
                session,
                kind="pay_claw_back",
                person=claim.person,
                slots=claim_slots(claim),
                cause=f"claw_back:{claim.id}",
                once=f"claw_back:{claim.id}",
                now=now,
            )
        claim.told_at = now
    session.flush()
    return len(found)


def claim_slots(claim: ClawBack) -> Mapping[str, Any]:
    """What is owed, why, and what is due a month."""
    return {
        "amount_fen": claim.amount_fen,
        "left_fen": claim.amount_fen - claim.received_fen,
        "month_fen": claw_backs.instalment_fen(claim),
        "months": claim.instalments,
        "reason": claim.reason,
    }


def questions_to_ask(session: Session, now: datetime, limit: int = AT_ONCE) -> list[Payment]:
    """Payments of a month that were made some days ago and not asked about."""
    today = business_date(now)
    days: int = parameters.in_force("pay.received_question_days", today).value
    asked = select(ReceivedQuestion.payment_id)
    return list(
        session.scalars(
            select(Payment)
            .where(
                Payment.state == PaymentState.PAID,
                Payment.paid_on <= today - timedelta(days=days),
                Payment.paid_on > today - timedelta(days=days + 14),
                Payment.id.not_in(asked),
            )
            .options(joinedload(Payment.record).joinedload(SubsidyRecord.person))
            .limit(limit)
        )
    )


def ask_received(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Ask, in confidence; how many. The village is told neither question nor answer."""
    found = questions_to_ask(session, now, limit)
    dead = dead_among(session, [payment.record.person_id for payment in found])
    for payment in found:
        person = payment.record.person
        asked = ReceivedQuestion(payment_id=payment.id, person_id=person.id, asked_at=now)
        session.add(asked)
        if person.id in dead:
            asked.answered_at = now  # nobody is asked, and nobody is asked again
            continue
        telling.tell(
            session,
            kind="pay_received",
            person=person,
            slots=_of_payment(payment),
            cause=f"payment:{payment.id}|received",
            once=f"received:{payment.id}",
            now=now,
        )
    session.flush()
    return len(found)
