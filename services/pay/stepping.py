"""What every step of a month sheet has in common: who may take it, what comes with it, how it is
written down."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import MonthSheet, MonthStep, Role
from models.pay_steps import SIGNS_FOR_A_TOWN, SheetStep
from models.places import RegionKind
from services.acting import Acting, covers
from services.guards import Obstacle
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


NOTHING_GIVEN = Given()


def may_not(
    sheet: MonthSheet, step: SheetStep, acting: Acting, given: Given
) -> tuple[Obstacle, ...]:
    """Why this person may not take this step of this sheet, whatever its lines say."""
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


def finish(
    session: Session,
    sheet: MonthSheet,
    step: SheetStep,
    acting: Acting,
    now: datetime,
    given: Given = NOTHING_GIVEN,
) -> MonthStep:
    """Move the sheet on, and write down who did it. Whoever moves many flushes once."""
    sheet.state = step.target
    made = MonthStep(
        sheet_id=sheet.id,
        at=now,
        act=step.act,
        staff_id=acting.staff.id if acting.staff else None,
        reason=given.reason.strip()[:255],
        lines_sha256=sheet.lines_sha256,
    )
    session.add(made)
    note(session, f"month.{step.act}", actor=acting.name, at=now,
         subject=("month_sheet", sheet.id),
         before={"state": step.source}, after={"state": step.target},
         month=sheet.month_on.isoformat(), amount_fen=sheet.amount_fen,
         lines=sheet.lines_sha256, why=given.reason)  # fmt: skip
    return made


def listed(names: Sequence[str]) -> dict[str, Any]:
    """Some names, and how many there are."""
    return {"names": list(names[:NAMES_SHOWN]), "count": len(names)}
