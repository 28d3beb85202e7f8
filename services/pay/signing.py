"""The steps of a month sheet: the village head signs, the town checks, the workers see it, the
district approves (requirements 3.5, 3.0).

Each signature is another person's. Nobody signs for a line that is their own or a relative's: at
the village such a line goes to the town; at the town or the district somebody else takes the step.
Raises `Hindered` with every reason why not.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import MonthDispute, MonthLine, MonthSheet, MonthStep, Person, Role
from models.pay_steps import LOCK, PAY, ROLL, SIGNS_FOR_A_TOWN, SheetState, SheetStep, sheet_step
from models.places import RegionKind
from rules.months import end_of_month
from services.acting import Acting, covers
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.pay import day_lock, funds, records, sheets
from services.pay.conflicts import own_and_kin
from services.procedure import Hindered
from services.trail import note

NAMES_SHOWN = 5


@dataclass(frozen=True)
class Given:
    """What comes with a step: words, the edition and the lines that were on the screen, and the
    lines that the town signs in the head's stead."""

    reason: str = ""
    edition: int | None = None
    lines_sha256: str | None = None
    countersigned: frozenset[uuid.UUID] = frozenset()


@dataclass(frozen=True)
class Taken:
    """A step that was taken, and what should be known of it."""

    step: MonthStep
    warnings: tuple[Obstacle, ...] = ()


NOTHING_GIVEN = Given()


def take(
    session: Session,
    sheet: MonthSheet,
    act: str,
    acting: Acting,
    now: datetime,
    given: Given = NOTHING_GIVEN,
) -> Taken:
    """Take one step. Of two at the same moment one is taken; the other one finds it done."""
    session.refresh(sheet, with_for_update={"of": MonthSheet})
    step = sheet_step(SheetState(sheet.state), act)
    if step is None or given.edition not in (None, sheet.edition):
        raise Hindered(act, (Obstacle("pay.moved_on"),))
    if refused := _may_not(sheet, step, acting, given):
        raise Hindered(act, refused)
    warnings = _ACTS[act](session, sheet, acting, now, given)
    sheet.state = step.target
    made = MonthStep(
        sheet_id=sheet.id,
        at=now,
        act=act,
        staff_id=acting.staff.id if acting.staff else None,
        reason=given.reason.strip()[:255],
        lines_sha256=sheet.lines_sha256,
    )
    session.add(made)
    note(session, f"month.{act}", actor=acting.name, at=now, subject=("month_sheet", sheet.id),
         before={"state": step.source}, after={"state": step.target},
         month=sheet.month_on.isoformat(), amount_fen=sheet.amount_fen,
         lines=sheet.lines_sha256, why=given.reason)  # fmt: skip
    session.flush()
    return Taken(made, tuple(warnings))


def may_take(sheet: MonthSheet, act: str, acting: Acting) -> bool:
    """Whether the page should offer this step to somebody; the rest is said when they try."""
    step = sheet_step(SheetState(sheet.state), act)
    return step is not None and not _may_not(sheet, step, acting, Given(reason="-"))


def steps(session: Session, sheet: MonthSheet) -> Sequence[MonthStep]:
    """The history of a sheet, oldest first."""
    return session.scalars(
        select(MonthStep).where(MonthStep.sheet_id == sheet.id).order_by(MonthStep.id)
    ).all()


def approve_all(
    session: Session, chosen: Sequence[MonthSheet], acting: Acting, now: datetime
) -> tuple[int, list[tuple[MonthSheet, tuple[Obstacle, ...]]]]:
    """Approve the sheets of one month together; how many were, and why each other one was not."""
    done, refused = 0, []
    for sheet in chosen:
        try:
            with session.begin_nested():
                take(session, sheet, "approve", acting, now)
            done += 1
        except Hindered as hindered:
            refused.append((sheet, hindered.obstacles))
    return done, refused


def _may_not(
    sheet: MonthSheet, step: SheetStep, acting: Acting, given: Given
) -> tuple[Obstacle, ...]:
    roles: Collection[Role] = step.roles
    if step.act == "sign" and sheet.region.kind != RegionKind.VILLAGE:
        roles = SIGNS_FOR_A_TOWN
    if acting.role not in roles or acting.staff is None:
        return (Obstacle("obstacle.not_your_role"),)
    if not covers(acting.region, sheet.region):
        return (Obstacle("obstacle.not_your_place"),)
    if step.signs and acting.staff.id in {sheet.signed_by_id, sheet.checked_by_id}:
        return (Obstacle("obstacle.two_steps_by_one"),)
    if step.reason and not given.reason.strip():
        return (Obstacle("pay.reason_needed"),)
    return ()


def _sign(
    session: Session, sheet: MonthSheet, acting: Acting, now: datetime, given: Given
) -> list[Obstacle]:
    if business_date(now) <= end_of_month(sheet.month_on):
        raise Hindered("sign", (Obstacle("pay.month_not_over"),))
    day_lock.settle(session, sheet.region_id, sheet.month_on, now)
    day_lock.lock(session, sheet)
    sheets.gather(session, sheet.month_on, [sheet.region_id], now)
    if given.lines_sha256 not in (None, sheet.lines_sha256):
        raise Hindered("sign", (Obstacle("pay.changed_meanwhile"),))
    if names := _names(session, sheet, MonthLine.open_days > 0):
        raise Hindered("sign", (Obstacle("pay.days_open", _listed(names)),))
    if not sheet.workers:
        raise Hindered("sign", (Obstacle("pay.nobody"),))
    _give_to_town(session, sheet, acting)
    assert acting.staff is not None
    sheet.signed_by_id, sheet.signed_at = acting.staff.id, now
    sheet.due_on = sheets.due_day(ROLL, sheet.month_on)
    return []


def _give_to_town(session: Session, sheet: MonthSheet, acting: Acting) -> None:
    mine = own_and_kin(acting)
    session.execute(
        update(MonthLine)
        .where(MonthLine.sheet_id == sheet.id)
        .values(by_town=MonthLine.person_id.in_(mine))
    )


def _check(
    session: Session, sheet: MonthSheet, acting: Acting, now: datetime, given: Given
) -> list[Obstacle]:
    _refuse_own(session, sheet, acting, "check")
    _refuse_changed(session, sheet, "check")
    left = _names(session, sheet, MonthLine.by_town & MonthLine.id.not_in(given.countersigned))
    if left:
        raise Hindered("check", (Obstacle("pay.countersign_needed", _listed(left)),))
    assert acting.staff is not None
    sheet.checked_by_id, sheet.checked_at = acting.staff.id, now
    sheet.dispute_until_on = working_deadline("pay.dispute_days", business_date(now))
    if sheet.dispute_until_on is None:
        raise Hindered("check", (Obstacle("pay.calendar_missing"),))
    sheet.due_on = sheets.due_day(PAY, sheet.month_on)
    return []


def _return_to_village(
    session: Session, sheet: MonthSheet, _acting: Acting, _now: datetime, _given: Given
) -> list[Obstacle]:
    sheet.signed_by_id = sheet.signed_at = None
    sheet.due_on = sheets.due_day(LOCK, sheet.month_on)
    day_lock.let_go(session, sheet)
    return []


def _approve(
    session: Session, sheet: MonthSheet, acting: Acting, now: datetime, _given: Given
) -> list[Obstacle]:
    if sheet.dispute_until_on is None or business_date(now) <= sheet.dispute_until_on:
        raise Hindered("approve", (Obstacle("pay.still_on_view", {
            "until_on": sheet.dispute_until_on.isoformat() if sheet.dispute_until_on else ""}),)
        )  # fmt: skip
    _refuse_own(session, sheet, acting, "approve")
    _refuse_changed(session, sheet, "approve")
    not_held = MonthLine.held_at.is_(None)
    untold = MonthLine.told_fen.is_distinct_from(MonthLine.amount_fen)
    if names := _names(session, sheet, not_held & untold):
        raise Hindered("approve", (Obstacle("pay.not_told", _listed(names)),))
    if names := _names(session, sheet, not_held & _is_disputed()):
        raise Hindered("approve", (Obstacle("pay.still_disputed", _listed(names)),))
    records.make(session, [sheet], acting, now)
    assert acting.staff is not None
    sheet.approved_by_id, sheet.approved_at, sheet.due_on = acting.staff.id, now, None
    return funds.warnings(session, sheet.month_on.year)


def _return_to_town(
    _session: Session, sheet: MonthSheet, _acting: Acting, _now: datetime, _given: Given
) -> list[Obstacle]:
    sheet.checked_by_id = sheet.checked_at = sheet.dispute_until_on = None
    sheet.due_on = sheets.due_day(ROLL, sheet.month_on)
    return []


_ACTS = {
    "sign": _sign,
    "check": _check,
    "return_to_village": _return_to_village,
    "approve": _approve,
    "return_to_town": _return_to_town,
}


def _refuse_own(session: Session, sheet: MonthSheet, acting: Acting, act: str) -> None:
    mine = _names(session, sheet, MonthLine.person_id.in_(own_and_kin(acting)))
    if mine:
        raise Hindered(act, (Obstacle("pay.own_or_kin", _listed(mine)),))


def _refuse_changed(session: Session, sheet: MonthSheet, act: str) -> None:
    changed = sheets.has_changed(session, [sheet])
    if changed:
        names = _names(session, sheet, MonthLine.engagement_id.in_(changed))
        raise Hindered(act, (Obstacle("pay.days_changed", _listed(names or ["?"])),))


def _is_disputed() -> Any:
    return (
        select(MonthDispute.id)
        .where(MonthDispute.line_id == MonthLine.id, MonthDispute.answered_at.is_(None))
        .exists()
    )


def _names(session: Session, sheet: MonthSheet, condition: Any) -> list[str]:
    return list(
        session.scalars(
            select(Person.name)
            .join(MonthLine, MonthLine.person_id == Person.id)
            .where(MonthLine.sheet_id == sheet.id, condition)
            .order_by(Person.name)
        )
    )


def _listed(names: Sequence[str]) -> dict[str, Any]:
    return {"names": list(names[:NAMES_SHOWN]), "count": len(names)}
