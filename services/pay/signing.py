"""The steps of a month sheet: the village head signs, the town checks, the workers see it, the
district approves (requirements 3.5, 3.0).

Each signature is another person's. Nobody signs for a line that is their own or a relative's: at
the village such a line goes to the town; at the town or the district somebody else takes the step.
Raises `Hindered` with every reason why not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import MonthLine, MonthSheet, MonthStep, Person
from models.pay_steps import LOCK, PAY, ROLL, SheetState, sheet_step
from rules.months import end_of_month
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.pay import approving, day_lock, sheets
from services.pay.conflicts import own_and_kin
from services.pay.stepping import NOTHING_GIVEN, Given, finish, listed, may_not
from services.procedure import Hindered


def take(
    session: Session,
    sheet: MonthSheet,
    act: str,
    acting: Acting,
    now: datetime,
    given: Given = NOTHING_GIVEN,
) -> MonthStep:
    """Take one step. Of two at the same moment one is taken; the other one finds it done."""
    session.refresh(sheet, with_for_update={"of": MonthSheet})
    step = sheet_step(SheetState(sheet.state), act)
    if step is None or given.edition not in (None, sheet.edition):
        raise Hindered(act, (Obstacle("pay.moved_on"),))
    if refused := may_not(sheet, step, acting, given):
        raise Hindered(act, refused)
    _ACTS[act](session, sheet, acting, now, given)
    made = finish(session, sheet, step, acting, now, given)
    session.flush()
    return made


def may_take(sheet: MonthSheet, act: str, acting: Acting) -> bool:
    """Whether the page should offer this step to somebody; the rest is said when they try."""
    step = sheet_step(SheetState(sheet.state), act)
    return step is not None and not may_not(sheet, step, acting, Given(reason="-"))


def steps(session: Session, sheet: MonthSheet) -> Sequence[MonthStep]:
    """The history of a sheet, oldest first."""
    return session.scalars(
        select(MonthStep).where(MonthStep.sheet_id == sheet.id).order_by(MonthStep.id)
    ).all()


def _sign(session: Session, sheet: MonthSheet, acting: Acting, now: datetime, given: Given) -> None:
    if business_date(now) <= end_of_month(sheet.month_on):
        raise Hindered("sign", (Obstacle("pay.month_not_over"),))
    day_lock.settle(session, sheet.region_id, sheet.month_on, now)
    day_lock.lock(session, sheet)
    sheets.gather(session, sheet.month_on, [sheet.region_id], now)
    if given.lines_sha256 not in (None, sheet.lines_sha256):
        raise Hindered("sign", (Obstacle("pay.changed_meanwhile"),))
    if names := _names(session, sheet, MonthLine.open_days > 0):
        raise Hindered("sign", (Obstacle("pay.days_open", listed(names)),))
    if not sheet.workers:
        raise Hindered("sign", (Obstacle("pay.nobody"),))
    _give_to_town(session, sheet, acting)
    assert acting.staff is not None
    sheet.signed_by_id, sheet.signed_at = acting.staff.id, now
    sheet.due_on = sheets.due_day(ROLL, sheet.month_on)


def _give_to_town(session: Session, sheet: MonthSheet, acting: Acting) -> None:
    mine = own_and_kin(acting)
    session.execute(
        update(MonthLine)
        .where(MonthLine.sheet_id == sheet.id)
        .values(by_town=MonthLine.person_id.in_(mine))
    )


def _check(
    session: Session, sheet: MonthSheet, acting: Acting, now: datetime, given: Given
) -> None:
    mine = _names(session, sheet, MonthLine.person_id.in_(own_and_kin(acting)))
    if mine:
        raise Hindered("check", (Obstacle("pay.own_or_kin", listed(mine)),))
    _refuse_changed(session, sheet, "check")
    left = _names(session, sheet, MonthLine.by_town & MonthLine.id.not_in(given.countersigned))
    if left:
        raise Hindered("check", (Obstacle("pay.countersign_needed", listed(left)),))
    assert acting.staff is not None
    sheet.checked_by_id, sheet.checked_at = acting.staff.id, now
    sheet.dispute_until_on = working_deadline("pay.dispute_days", business_date(now))
    if sheet.dispute_until_on is None:
        raise Hindered("check", (Obstacle("pay.calendar_missing"),))
    sheet.due_on = sheets.due_day(PAY, sheet.month_on)


def _return_to_village(
    session: Session, sheet: MonthSheet, _acting: Acting, _now: datetime, _given: Given
) -> None:
    sheet.signed_by_id = sheet.signed_at = None
    sheet.checked_by_id = sheet.checked_at = sheet.dispute_until_on = None
    sheet.due_on = sheets.due_day(LOCK, sheet.month_on)
    day_lock.let_go(session, sheet)


def _return_to_town(
    _session: Session, sheet: MonthSheet, _acting: Acting, _now: datetime, _given: Given
) -> None:
    sheet.checked_by_id = sheet.checked_at = sheet.dispute_until_on = None
    sheet.due_on = sheets.due_day(ROLL, sheet.month_on)


def _approve(
    session: Session, sheet: MonthSheet, acting: Acting, now: datetime, _given: Given
) -> None:
    if found := approving.obstacles(session, [sheet], acting, now)[sheet.id]:
        raise Hindered("approve", found)
    approving.record(session, [sheet], acting, now)


_ACTS = {
    "sign": _sign,
    "check": _check,
    "return_to_village": _return_to_village,
    "approve": _approve,
    "return_to_town": _return_to_town,
}


def _refuse_changed(session: Session, sheet: MonthSheet, act: str) -> None:
    changed = sheets.has_changed(session, [sheet])
    if changed:
        names = _names(session, sheet, MonthLine.engagement_id.in_(changed))
        raise Hindered(act, (Obstacle("pay.days_changed", listed(names or ["?"])),))


def _names(session: Session, sheet: MonthSheet, condition: Any) -> list[str]:
    return list(
        session.scalars(
            select(Person.name)
            .join(MonthLine, MonthLine.person_id == Person.id)
            .where(MonthLine.sheet_id == sheet.id, condition)
            .order_by(Person.name)
        )
    )
