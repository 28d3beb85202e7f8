"""One worker's month: the days and what they come to, disputes and their answers, what was recorded
and paid, and how a locked month is put right."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from console import forms
from console.base import Elsewhere, current, door, look, needs, page, tell
from console.months import SEES
from console.words import obstacle_words
from models import MonthDispute, MonthLine, MonthSheet, Payment, Role, SubsidyRecord
from services.acting import covers
from services.guards import Obstacle
from services.pay import corrections, disputes, holding, records, social
from services.pay.corrections import Right
from services.pay.social import PaidIn
from services.procedure import Hindered

ANSWERS = tuple(disputes.ANSWERS)


@door.get("/months/lines/<uuid:key>", endpoint="month_line")
@needs(*SEES)
def month_line(key: uuid.UUID) -> str:
    """A line with everything behind it."""
    return _line_page(_line(key))


def _line(key: uuid.UUID) -> MonthLine:
    seat = current()
    line = seat.session.get(MonthLine, key, options=(
        joinedload(MonthLine.sheet).joinedload(MonthSheet.region), joinedload(MonthLine.person),
    ))  # fmt: skip
    if line is None or not covers(seat.region, line.sheet.region):
        raise Elsewhere("month_line", key)
    return line


def _line_page(line: MonthLine, words: tuple[str, ...] = ()) -> str:
    seat = current()
    look("month_line", line.id)
    known = records.last_of(seat.session, line.engagement_id, line.month_on)
    own = next((one for one in known if one.line_id == line.id), None)
    return page(
        "month_line.html",
        line=line,
        sheet=line.sheet,
        words=words,
        records=known,
        intact=own is None or records.is_intact(own, line.sheet),
        own=own,
        payments=_payments(known),
        disputes=seat.session.scalars(
            select(MonthDispute)
            .where(MonthDispute.line_id == line.id)
            .order_by(MonthDispute.raised_at)
        ).all(),
        may_dispute=disputes.is_open_to(line.sheet, seat.today) and seat.role in disputes.WRITES,
        may_answer=seat.role in disputes.ANSWERS,
        may_hold=seat.role in holding.MAY_HOLD and line.locked_at is None,
        social=_social(line),
        may_social=seat.role in social.ENTERS,
        may_correct=seat.role in corrections.PROPOSES and own is not None,
    )


def _social(line: MonthLine) -> Any:
    """The urban worker's insurance of the month, and what was entered for it."""
    if line.track != "urban":
        return None
    session = current().session
    held = social.insurance_of(session, line.engagement, line.month_on)
    return held and (held, social.of_month(session, line.engagement, line.month_on))


def _payments(known: list[SubsidyRecord]) -> Any:
    ids = [one.id for one in known]
    asked = select(Payment).where(Payment.record_id.in_(ids)).order_by(Payment.id)
    return current().session.scalars(asked.options(joinedload(Payment.batch))).all()


def _done(line: MonthLine, key: str) -> ResponseReturnValue:
    tell(key)
    return redirect(url_for("console.month_line", key=line.id))


def _refused(key: uuid.UUID, hindered: Hindered) -> ResponseReturnValue:
    current().session.expire_all()
    words = tuple(obstacle_words(one) for one in hindered.obstacles)
    return _line_page(_line(key), words), 409


@door.post("/months/lines/<uuid:key>/dispute")
@needs(*disputes.WRITES)
def month_line_dispute(key: uuid.UUID) -> ResponseReturnValue:
    """What a worker said who does not write."""
    seat, line, words = current(), _line(key), forms.text("words")
    try:
        with seat.session.begin_nested():
            if not words:
                raise Hindered("dispute", (Obstacle("pay.reason_needed"),))
            disputes.write_down(seat.session, line, words, seat.acting, seat.now)
    except Hindered as hindered:
        return _refused(key, hindered)
    return _done(line, "pay.dispute_written")


@door.post("/months/lines/<uuid:key>/answer")
@needs(*ANSWERS)
def month_line_answer(key: uuid.UUID) -> ResponseReturnValue:
    """The town's answer to a dispute."""
    seat, line = current(), _line(key)
    dispute = seat.session.scalars(
        select(MonthDispute).where(
            MonthDispute.line_id == line.id, MonthDispute.answered_at.is_(None)
        )
    ).first()
    try:
        with seat.session.begin_nested():
            if dispute is None:
                raise Hindered("answer", (Obstacle("pay.answered_already"),))
            upheld = forms.text("upheld") == "yes"
            disputes.answer(seat.session, dispute, upheld=upheld, words=forms.text("words"),
                            acting=seat.acting, now=seat.now)  # fmt: skip
    except Hindered as hindered:
        return _refused(key, hindered)
    return _done(line, "pay.dispute_answered")


@door.post("/months/lines/<uuid:key>/hold")
@needs(*holding.MAY_HOLD)
def month_line_hold(key: uuid.UUID) -> ResponseReturnValue:
    """Hold a line back, or let it go on."""
    seat, line = current(), _line(key)
    try:
        with seat.session.begin_nested():
            if forms.text("do") == "release":
                holding.release(seat.session, line, seat.acting, seat.now)
            else:
                holding.hold(seat.session, line, forms.text("words"), seat.acting, seat.now)
    except Hindered as hindered:
        return _refused(key, hindered)
    return _done(line, "pay.held_done")


@door.post("/months/lines/<uuid:key>/correct")
@needs(Role.DISTRICT_CLERK)
def month_line_correct(key: uuid.UUID) -> ResponseReturnValue:
    """Propose a correction of a locked month; another person of the district decides."""
    seat, line = current(), _line(key)
    own = seat.session.scalars(
        select(SubsidyRecord).where(SubsidyRecord.line_id == line.id)
    ).first()
    days = forms.whole("days")
    try:
        with seat.session.begin_nested():
            if own is None:
                raise Hindered("correct", (Obstacle("pay.moved_on"),))
            right = Right(-1 if days is None else days, forms.text("words"))
            corrections.propose(seat.session, own, right, seat.acting, seat.now)
    except Hindered as hindered:
        return _refused(key, hindered)
    return _done(line, "pay.correction_proposed")


@door.post("/months/lines/<uuid:key>/social")
@needs(*social.ENTERS)
def month_line_social(key: uuid.UUID) -> ResponseReturnValue:
    """What was paid in for an urban worker's social insurance of the month."""
    seat, line = current(), _line(key)
    paid_in = PaidIn(line.month_on, forms.fen("amount") or 0, forms.text("voucher", 64))
    try:
        with seat.session.begin_nested():
            social.enter(seat.session, line.engagement, paid_in, seat.acting, seat.now)
    except Hindered as hindered:
        return _refused(key, hindered)
    return _done(line, "payments.social_entered")
