"""A place's month: gathered from the days, reckoned by the rules, ready to be signed (R-3.3c).

Gathering again gives the same lines, as long as days, rates and earlier months are the same. Only
a sheet that nobody has signed is touched.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from models import MonthDispute, MonthLine, MonthSheet, new_id
from models.pay_steps import LOCK, SheetState
from rules import parameters, pay
from rules.months import add_months, end_of_month
from rules.pay import Carry, Check, Terms
from services.cross_checks import holding
from services.pay import carrying, facts
from services.pay.facts import Facts


def first_of_month(day: date) -> date:
    """The day by which a month is known."""
    return day.replace(day=1)


def due_day(parameter: str, month_on: date) -> date:
    """The day of the next month by which a step should be taken."""
    following = add_months(first_of_month(month_on), 1)
    day: int = parameters.in_force(parameter, following).value
    return following.replace(day=min(day, end_of_month(following).day))


def gather(
    session: Session, month_on: date, region_ids: Sequence[int], now: datetime
) -> list[MonthSheet]:
    """The sheets of these places for that month, made where there was none, with lines as the days
    stand now. A constant number of statements, however many workers there are."""
    terms = pay.terms_of(month_on)
    found = facts.of_places(session, month_on, region_ids)
    sheets = _sheets(session, month_on, {one.region_id for one in found}, now)
    mine = [one for one in found if sheets[one.region_id].state == SheetState.GATHERING]
    carried = carrying.of_people(session, {one.person_id for one in mine})
    rows = [row_of(one, sheets[one.region_id], terms, carried) for one in mine]
    _write_lines(session, [one for one in sheets.values()
                           if one.state == SheetState.GATHERING], rows)  # fmt: skip
    _sum_up(sheets, rows, terms, now)
    session.flush()
    holding.hold_lines(session, MonthLine.sheet_id.in_([one.id for one in sheets.values()]), now)
    return list(sheets.values())


def of_month(session: Session, region_id: int, month_on: date) -> MonthSheet | None:
    """A place's sheet."""
    return session.scalars(
        select(MonthSheet).where(MonthSheet.region_id == region_id, MonthSheet.month_on == month_on)
    ).first()


def lines_of(session: Session, sheet: MonthSheet) -> list[MonthLine]:
    """The lines in the order of the register."""
    return list(
        session.scalars(
            select(MonthLine)
            .join(MonthLine.engagement)
            .where(MonthLine.sheet_id == sheet.id)
            .order_by(MonthLine.by_town, MonthLine.engagement_id)
        )
    )


def has_changed(session: Session, sheets: Sequence[MonthSheet]) -> set[uuid.UUID]:
    """The engagements of these sheets whose days or rates are not what the lines were reckoned
    from. All sheets are of one month."""
    if not sheets:
        return set()
    month_on = sheets[0].month_on
    found = facts.of_places(session, month_on, [one.region_id for one in sheets])
    rows = session.execute(
        select(MonthLine.engagement_id, MonthLine.facts_sha256).where(
            MonthLine.sheet_id.in_([one.id for one in sheets])
        )
    )
    held = {engagement: sha256 for engagement, sha256 in rows}  # noqa: C416 - typed rows
    fresh = {one.engagement_id: _facts_sha256(one) for one in found}
    gone = held.keys() - fresh.keys()
    return gone | {key for key, sha256 in fresh.items() if held.get(key) != sha256}


def _sheets(
    session: Session, month_on: date, region_ids: Iterable[int], now: datetime
) -> dict[int, MonthSheet]:
    ids = sorted(region_ids)
    asked = select(MonthSheet).where(MonthSheet.region_id.in_(ids), MonthSheet.month_on == month_on)
    there = {one.region_id: one for one in session.scalars(asked.with_for_update())}
    due_on = due_day(LOCK, month_on)
    for region_id in ids:
        if region_id not in there:
            there[region_id] = MonthSheet(
                id=new_id(), region_id=region_id, month_on=month_on, due_on=due_on,
                state=SheetState.GATHERING, gathered_at=now,
            )  # fmt: skip
            session.add(there[region_id])
    session.flush()
    return there


def _facts_sha256(one: Facts) -> str:
    return facts.digest(one.work.as_json(), one.days)


def row_of(
    one: Facts, sheet: MonthSheet, terms: Terms, carried: Mapping[uuid.UUID, Carry]
) -> dict[str, Any]:
    """What a worker's line says: all its columns but those of its own life."""
    carry = carried.get(one.person_id, pay.NOTHING_CARRIED)
    if one.work.track == "urban":
        carry = pay.NOTHING_CARRIED
    reckoned = pay.month_pay(one.work, terms, carry)
    return {
        "sheet_id": sheet.id,
        "engagement_id": one.engagement_id,
        "person_id": one.person_id,
        "month_on": sheet.month_on,
        "track": one.work.track,
        "planned_days": one.work.planned,
        "paid_days": one.work.paid,
        "open_days": one.open_days,
        "minutes": one.work.minutes or 0,
        "rate_fen": one.work.rate_fen,
        "whole_fen": reckoned.whole_fen,
        "amount_fen": reckoned.amount_fen,
        "shared_fen": reckoned.shared_fen,
        "other_fen": reckoned.other_fen,
        "reasons": list(reckoned.reasons),
        "days": dict(one.days),
        "basis": {"work": one.work.as_json(), "carried": carry.as_json()},
        "floor": floor_json(reckoned.check),
        "facts_sha256": _facts_sha256(one),
    }


def floor_json(check: Check | None) -> dict[str, Any]:
    """What the pay was held against, as a line keeps it."""
    if check is None:
        return {}
    return {
        **asdict(check.floor),
        "basis": check.basis,
        "hours": check.hours,
        "pay_fen": check.pay_fen,
        "is_enough": check.is_enough,
    }


def _write_lines(
    session: Session, sheets: Sequence[MonthSheet], rows: Sequence[dict[str, Any]]
) -> None:
    ids = [one.id for one in sheets]
    there = {
        engagement: (key, sha256, amount, open_days)
        for key, engagement, sha256, amount, open_days in session.execute(
            select(MonthLine.id, MonthLine.engagement_id, MonthLine.facts_sha256,
                   MonthLine.amount_fen, MonthLine.open_days)
            .where(MonthLine.sheet_id.in_(ids))
        )
    }  # fmt: skip
    new = [
        {"id": new_id(), "by_town": False, "held_reason": "", **row}
        for row in rows
        if row["engagement_id"] not in there
    ]
    changed = [
        {"id": there[row["engagement_id"]][0], **row}
        for row in rows
        if (known := there.get(row["engagement_id"])) is not None
        and known[1:] != (row["facts_sha256"], row["amount_fen"], row["open_days"])
    ]
    gone = there.keys() - {row["engagement_id"] for row in rows}
    if new:
        session.execute(insert(MonthLine), new)
    if changed:
        session.execute(update(MonthLine), changed)
    if gone:
        _take_off(session, [there[key][0] for key in gone])


def _take_off(session: Session, line_ids: Sequence[uuid.UUID]) -> None:
    """Who was not on the post in that month after all. A line that was disputed stays, at nothing:
    the dispute and its answer are kept with it."""
    disputed = select(MonthDispute.line_id)
    session.execute(
        delete(MonthLine).where(MonthLine.id.in_(line_ids), MonthLine.id.not_in(disputed))
    )
    session.execute(
        update(MonthLine)
        .where(MonthLine.id.in_(line_ids))
        .values(paid_days=0, open_days=0, amount_fen=0, shared_fen=0, other_fen=0,
                reasons=["nothing"])
    )  # fmt: skip


def _sum_up(
    sheets: Mapping[int, MonthSheet],
    rows: Sequence[dict[str, Any]],
    terms: Terms,
    now: datetime,
) -> None:
    of_sheet: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        of_sheet[row["sheet_id"]].append(row)
    written = terms.as_json()
    for sheet in sheets.values():
        if sheet.state != SheetState.GATHERING:
            continue
        mine = of_sheet[sheet.id]
        sheet.lines_sha256 = lines_sha256(
            (row["engagement_id"], row["facts_sha256"], row["amount_fen"]) for row in mine
        )
        sheet.workers = len(mine)
        sheet.amount_fen = sum(row["amount_fen"] for row in mine)
        sheet.certified = all(
            row["floor"] and row["floor"]["is_certain"] and row["floor"]["is_enough"]
            for row in mine
        )
        sheet.terms = written
        sheet.gathered_at = now


def lines_sha256(lines: Iterable[tuple[uuid.UUID, str, int]]) -> str:
    """Of what a sheet's lines say, in whatever order."""
    return facts.digest(sorted([str(key), sha256, amount] for key, sha256, amount in lines))


def totals(session: Session, sheet: MonthSheet) -> tuple[int, int]:
    """Open days and lines that the town must sign, of a sheet."""
    found = session.execute(
        select(
            func.coalesce(func.sum(MonthLine.open_days), 0),
            func.count().filter(MonthLine.by_town),
        ).where(MonthLine.sheet_id == sheet.id)
    ).one()
    return int(found[0]), int(found[1])
