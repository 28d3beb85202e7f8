"""The district's approval: what stands in its way, for one sheet or for many in a few statements;
and many sheets approved together."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models import MonthDispute, MonthLine, MonthSheet, Person
from models.pay_steps import SheetState, sheet_step
from services.acting import Acting
from services.clock import business_date
from services.cross_checks import holding, missing
from services.guards import Obstacle
from services.pay import records, sheets
from services.pay.conflicts import own_and_kin
from services.pay.stepping import NOTHING_GIVEN, finish, listed, may_not

AT_ONCE = 50
Refused = list[tuple[MonthSheet, tuple[Obstacle, ...]]]


def approve_all(
    session: Session, chosen: Sequence[MonthSheet], acting: Acting, now: datetime
) -> tuple[int, Refused]:
    """Approve the sheets of one month together; how many were, and why each other one was not."""
    done, refused = 0, []
    ids = sorted(sheet.id for sheet in chosen)
    for first in range(0, len(ids), AT_ONCE):
        some = session.scalars(
            select(MonthSheet)
            .where(MonthSheet.id.in_(ids[first : first + AT_ONCE]))
            .order_by(MonthSheet.id)
            .options(selectinload(MonthSheet.region))
            .with_for_update(of=MonthSheet)
            .execution_options(populate_existing=True)
        ).all()
        good, bad = _sorted_out(session, some, acting, now)
        record(session, good, acting, now)
        for sheet in good:
            step = sheet_step(SheetState.ON_VIEW, "approve")
            assert step is not None
            finish(session, sheet, step, acting, now)
        session.flush()
        done += len(good)
        refused += bad
    return done, refused


def record(session: Session, approved: Sequence[MonthSheet], acting: Acting, now: datetime) -> None:
    """Lock the lines of these sheets, and write their records."""
    assert acting.staff is not None
    holding.hold_lines(session, MonthLine.sheet_id.in_([one.id for one in approved]), now)
    records.make(session, approved, acting, now)
    for sheet in approved:
        sheet.approved_by_id, sheet.approved_at, sheet.due_on = acting.staff.id, now, None


def obstacles(
    session: Session, asked: Sequence[MonthSheet], acting: Acting, now: datetime
) -> dict[uuid.UUID, tuple[Obstacle, ...]]:
    """Sheet → why its lines cannot be approved yet; empty where they can."""
    found: dict[uuid.UUID, list[Obstacle]] = {sheet.id: [] for sheet in asked}
    today = business_date(now)
    for sheet in asked:
        until_on = sheet.dispute_until_on
        if until_on is None or today <= until_on:
            slots = {"until_on": until_on.isoformat() if until_on else ""}
            found[sheet.id].append(Obstacle("pay.still_on_view", slots))
        if missing.blocks(today) and (why := missing.for_approval(session, sheet.month_on)):
            found[sheet.id].append(why)
    changed = sheets.has_changed(session, asked)
    not_held = MonthLine.held_at.is_(None)
    untold = MonthLine.told_fen.is_distinct_from(MonthLine.amount_fen)
    disputed = (
        select(MonthDispute.id)
        .where(MonthDispute.line_id == MonthLine.id, MonthDispute.answered_at.is_(None))
        .exists()
    )
    for key, condition in (
        ("pay.own_or_kin", MonthLine.person_id.in_(own_and_kin(acting))),
        ("pay.days_changed", MonthLine.engagement_id.in_(changed) if changed else None),
        ("pay.not_told", not_held & untold),
        ("pay.still_disputed", not_held & disputed),
    ):
        for sheet_id, names in _names(session, found, condition).items():
            found[sheet_id].append(Obstacle(key, listed(names)))
    return {key: tuple(ones) for key, ones in found.items()}


def _sorted_out(
    session: Session, some: Sequence[MonthSheet], acting: Acting, now: datetime
) -> tuple[list[MonthSheet], Refused]:
    good: list[MonthSheet] = []
    bad: Refused = []
    for sheet in some:
        step = sheet_step(SheetState(sheet.state), "approve")
        if step is None:
            bad.append((sheet, (Obstacle("pay.moved_on"),)))
        elif refused := may_not(sheet, step, acting, NOTHING_GIVEN):
            bad.append((sheet, refused))
        else:
            good.append(sheet)
    found = obstacles(session, good, acting, now) if good else {}
    bad += [(sheet, found[sheet.id]) for sheet in good if found[sheet.id]]
    return [sheet for sheet in good if not found[sheet.id]], bad


def _names(
    session: Session, sheet_ids: Iterable[uuid.UUID], condition: Any
) -> dict[uuid.UUID, list[str]]:
    names: dict[uuid.UUID, list[str]] = defaultdict(list)
    if condition is None:
        return names
    rows = session.execute(
        select(MonthLine.sheet_id, Person.name)
        .join(Person, MonthLine.person_id == Person.id)
        .where(MonthLine.sheet_id.in_(list(sheet_ids)), condition)
        .order_by(Person.name)
    )
    for sheet_id, name in rows:
        names[sheet_id].append(name)
    return names
