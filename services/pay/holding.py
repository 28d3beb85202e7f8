"""Holding one worker's money back without stopping the others (requirements 3.5, 暂缓): while a
list hit or a dispute is looked into. Released, it is recorded and paid like any other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from models import MonthLine, MonthSheet, Role
from models.pay_steps import SheetState
from services.acting import Acting, covers
from services.cross_checks.holding import has_open
from services.guards import Obstacle
from services.pay import records
from services.pay.conflicts import is_own_or_kin
from services.procedure import Hindered
from services.trail import note

MAY_HOLD = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD, Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
MAY_RELEASE_APPROVED = frozenset({Role.DISTRICT_APPROVER})


def hold(session: Session, line: MonthLine, reason: str, acting: Acting, now: datetime) -> None:
    """Keep a line out of the approval, with a reason."""
    _require(session, line, acting, "hold")
    if not reason.strip():
        raise Hindered("hold", (Obstacle("pay.reason_needed"),))
    line.held_at, line.held_reason = now, reason.strip()[:255]
    _note(session, line, "held", acting, now, reason)


def release(session: Session, line: MonthLine, acting: Acting, now: datetime) -> None:
    """Let it go on; where its month is approved already, the district's approver makes its record
    now."""
    _require(session, line, acting, "release")
    if has_open(session, line):
        raise Hindered("release", (Obstacle("cross_check.still_open"),))
    approved = line.sheet.state == SheetState.APPROVED
    if approved and acting.role not in MAY_RELEASE_APPROVED:
        raise Hindered("release", (Obstacle("obstacle.not_your_role"),))
    line.held_at, line.held_reason, line.held_hit_id = None, "", None
    session.flush()
    if approved:
        records.write(session, [line], {line.sheet_id: line.sheet}, acting, now)
    _note(session, line, "released", acting, now, "")


def _require(session: Session, line: MonthLine, acting: Acting, act: str) -> None:
    session.refresh(line.sheet, with_for_update={"of": MonthSheet})
    session.refresh(line, ["held_at", "locked_at"])
    if acting.role not in MAY_HOLD or acting.staff is None:
        raise Hindered(act, (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, line.sheet.region):
        raise Hindered(act, (Obstacle("obstacle.not_your_place"),))
    if is_own_or_kin(session, acting, line.person_id):
        who = {"names": [line.person.name], "count": 1}
        raise Hindered(act, (Obstacle("pay.own_or_kin", who),))
    if line.locked_at is not None or (act == "release") == (line.held_at is None):
        raise Hindered(act, (Obstacle("pay.moved_on"),))


def _note(
    session: Session, line: MonthLine, act: str, acting: Acting, now: datetime, why: str
) -> None:
    note(session, f"month_line.{act}", actor=acting.name, at=now, subject=("month_line", line.id),
         why=why)  # fmt: skip
    session.flush()
