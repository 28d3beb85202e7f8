"""What people must have been told in the three years: each thing once, nothing missing, and nothing
after it was no longer true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Message, Payment, TermNotice
from models.pay_steps import PaymentState
from tests.years import cast
from tests.years.play import NIGHTLY_UNTIL, Village

EVENING = ("day_counted", "day_not_counted", "day_waits")
STAGES: dict[str, list[int]] = {
    **{
        one.name: [90, 60, 30, 7]
        for one in (cast.STEADY, cast.MISSING, cast.ON_LEAVE, cast.WRONG_ACCOUNT, cast.UNDECIDED)
    },
    cast.URBAN.name: [180, 90, 60, 30, 7],
    cast.EXTENDED.name: [90, 60],
}
"""Days before the end. The extended one was settled before T-30; who left or died, and who still
has a year to go, hears nothing."""


def nothing_was_told_twice(session: Session) -> None:
    twice = session.execute(
        select(Message.kind, Message.cause, Message.person_id, Message.staff_id)
        .group_by(Message.kind, Message.cause, Message.person_id, Message.staff_id, Message.once)
        .having(func.count() > 1)
    ).all()
    assert twice == []


def every_evening_said_how_the_day_stands(session: Session, village: Village) -> None:
    """For as long as the clock ran every evening: each worker, each day of work."""
    names = {str(key): name for name, key in village.engagements.items()}
    told: dict[str, set[date]] = defaultdict(set)
    for cause in session.scalars(select(Message.cause).where(Message.kind.in_(EVENING))):
        _, engagement, day = cause.split(":")
        told[names[engagement]].add(date.fromisoformat(day))
    for worker in cast.ALL:
        due = set(_evenings(worker))
        assert {day for day in told[worker.name] if day <= NIGHTLY_UNTIL} == due, worker.name


def every_end_was_announced_at_its_stages(session: Session, village: Village) -> None:
    names = {key: name for name, key in village.engagements.items()}
    rows = session.execute(
        select(TermNotice.engagement_id, TermNotice.days_before).order_by(TermNotice.told_at)
    )
    stages: dict[str, list[int]] = defaultdict(list)
    for engagement, days_before in rows:
        stages[names[engagement]].append(days_before)
    assert stages == STAGES
    kinds = Counter(session.scalars(select(Message.kind).where(Message.kind.like("term_notice%"))))
    assert kinds["term_notice"] + kinds["term_notice_early"] == sum(map(len, STAGES.values()))


def every_payment_was_told(session: Session) -> None:
    paid = session.scalar(
        select(func.count()).select_from(Payment).where(Payment.state == PaymentState.PAID)
    )
    told = session.scalar(
        select(func.count()).select_from(Message).where(Message.kind == "pay_paid")
    )
    assert told == paid


def _evenings(worker: cast.Worker) -> Sequence[date]:
    span = cast.days(worker.from_on, min(worker.until_on, NIGHTLY_UNTIL))
    return [
        day
        for day in span
        if cast.is_work(day) and day not in cast.STORM and day not in worker.excused
    ]
