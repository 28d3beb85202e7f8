"""A worker's own money, month by month: how much, for which days, why less, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    BankAccount,
    ClawBack,
    Engagement,
    EngagementStatus,
    MonthDispute,
    MonthLine,
    MonthSheet,
    Payment,
    Person,
    SubsidyRecord,
)
from models.days import DayState
from models.pay_steps import ClawBackState, PaymentState, SheetState
from rules.pay import Work, month_pay, terms_of
from rules.question import Track
from rules.wage import Basis
from services.accounts import tail
from services.clock import business_date
from services.cross_checks.holding import has_open
from services.pay import disputes
from services.pay.sheets import due_day

SHOWN = 2
NOT_PAID_DAYS = (DayState.ABSENT, DayState.LEAVE_UNPAID, DayState.PAUSED)


class Where(StrEnum):
    """Where a month's money is."""

    AT_VILLAGE = "at_village"
    AT_TOWN = "at_town"
    ON_VIEW = "on_view"
    HELD = "held"
    APPROVED = "approved"
    NO_ACCOUNT = "no_account"
    AT_BANK = "at_bank"
    PAID = "paid"
    FAILED = "failed"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Month:
    """One month of one worker. `less`: state → days of the month that were not paid."""

    line: MonthLine
    where: Where
    pay_on: date
    is_late: bool
    less: Mapping[str, str]
    paid_on: date | None = None
    tail: str = ""
    bank_words: str = ""
    may_dispute: bool = False
    dispute: MonthDispute | None = None


@dataclass(frozen=True)
class Total:
    """What has come to somebody's account: for how many months, how much, since when."""

    months: int
    amount_fen: int
    first_on: date


def months(
    session: Session, person: Person, now: datetime, month_on: date | None = None
) -> list[Month]:
    """The newest months first; or one month, however old (two lines where somebody changed posts
    in it)."""
    asked = (
        select(MonthLine)
        .where(MonthLine.person_id == person.id)
        .options(joinedload(MonthLine.sheet))
        .order_by(MonthLine.month_on.desc(), MonthLine.id.desc())
        .limit(SHOWN)
    )
    if month_on is not None:
        asked = asked.where(MonthLine.month_on == month_on)
    return [_month(session, line, business_date(now)) for line in session.scalars(asked)]


def before(session: Session, person: Person, month_on: date) -> date | None:
    """The last month with an account before another one."""
    return session.scalar(
        select(func.max(MonthLine.month_on)).where(
            MonthLine.person_id == person.id, MonthLine.month_on < month_on
        )
    )


def first_day(session: Session, person: Person) -> date | None:
    """When somebody came onto their first post."""
    return session.scalar(
        select(func.min(Engagement.starts_on)).where(
            Engagement.person_id == person.id, Engagement.status != EngagementStatus.STARTING
        )
    )


def total(session: Session, person: Person, year: int | None = None) -> Total | None:
    """What was paid to somebody so far, or in a year; None where nothing was."""
    asked = (
        select(
            func.count(SubsidyRecord.month_on.distinct()),
            func.sum(Payment.amount_fen),
            func.min(Payment.paid_on),
        )
        .join(Payment.record)
        .where(SubsidyRecord.person_id == person.id, Payment.state == PaymentState.PAID)
    )
    if year is not None:
        asked = asked.where(Payment.paid_on.between(date(year, 1, 1), date(year, 12, 31)))
    count, amount_fen, first_on = session.execute(asked).one()
    return Total(count, int(amount_fen), first_on) if count else None


def whole_month(engagement: Engagement, today: date) -> int:
    """What a whole month on somebody's post comes to, in fen; 0 where nobody has fixed it."""
    post = engagement.post
    work = Work(
        track=cast(Track, engagement.track),
        planned=1,
        paid=1,
        seen=1,
        kind=cast("Basis | None", post.pay_kind),
        rate_fen=post.pay_fen,
        minutes=None,
    )
    return month_pay(work, terms_of(today)).whole_fen


def owed(session: Session, person: Person) -> ClawBack | None:
    """What the person must pay back, if anything."""
    return session.scalars(
        select(ClawBack).where(
            ClawBack.person_id == person.id,
            ClawBack.state.in_((ClawBackState.AGREED, ClawBackState.HANDED_OVER)),
        )
    ).first()


def _month(session: Session, line: MonthLine, today: date) -> Month:
    payment = _payment(session, line)
    where = _where(session, line, payment)
    pay_on = due_day("pay.pay_day", line.month_on)
    done = where in {Where.PAID, Where.NOTHING, Where.HELD}
    dispute = session.scalars(
        select(MonthDispute)
        .where(MonthDispute.line_id == line.id)
        .order_by(MonthDispute.raised_at.desc())
        .limit(1)
    ).first()
    return Month(
        line=line,
        where=where,
        pay_on=pay_on,
        is_late=not done and today > pay_on,
        less={state: line.days[state] for state in NOT_PAID_DAYS if state in line.days},
        paid_on=payment.paid_on if payment else None,
        tail=tail(payment.account) if payment else "",
        bank_words=payment.bank_words if payment else "",
        may_dispute=disputes.is_open_to(line.sheet, today),
        dispute=dispute,
    )


def _payment(session: Session, line: MonthLine) -> Payment | None:
    return session.scalars(
        select(Payment)
        .join(Payment.record)
        .where(SubsidyRecord.line_id == line.id)
        .options(joinedload(Payment.account))
        .order_by(Payment.id.desc())
        .limit(1)
    ).first()


_OF_PAYMENT = {
    PaymentState.WAITING: Where.AT_BANK,
    PaymentState.PAID: Where.PAID,
    PaymentState.FAILED: Where.FAILED,
}
_OF_SHEET = {
    SheetState.GATHERING: Where.AT_VILLAGE,
    SheetState.SIGNED: Where.AT_TOWN,
    SheetState.ON_VIEW: Where.ON_VIEW,
}


def _where(session: Session, line: MonthLine, payment: Payment | None) -> Where:
    if payment is not None and not payment.is_taken_out:
        return _OF_PAYMENT[PaymentState(payment.state)]
    sheet: MonthSheet = line.sheet
    if sheet.state != SheetState.APPROVED:
        return _OF_SHEET[SheetState(sheet.state)]
    if line.held_at is not None or has_open(session, line):
        return Where.HELD
    if not line.amount_fen:
        return Where.NOTHING
    has_account = select(BankAccount.id).where(
        BankAccount.person_id == line.person_id, BankAccount.replaced_at.is_(None)
    )
    return Where.APPROVED if session.scalars(has_account).first() else Where.NO_ACCOUNT
