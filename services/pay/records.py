"""What the district approved: one record a worker and month, frozen with all that it came from.

`reckon_again` takes the snapshot alone and must come to the same fen; `is_intact` says whether the
snapshot is still what was hashed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from models import MonthLine, MonthSheet, RecordKind, SubsidyRecord
from rules import pay
from rules.money import Split
from rules.pay import Carry, Terms, Work
from services.acting import Acting
from services.pay import carrying
from services.pay.facts import digest

_AT_ONCE = 1000


def make(session: Session, sheets: Sequence[MonthSheet], acting: Acting, now: datetime) -> int:
    """Lock the lines of these sheets and write their records; how many. Lines that are held back
    stay open, lines without a day that counts are locked and have no record (F-02)."""
    by_id = {one.id: one for one in sheets}
    lines = session.scalars(
        select(MonthLine)
        .where(
            MonthLine.sheet_id.in_(by_id),
            MonthLine.held_at.is_(None),
            MonthLine.locked_at.is_(None),
        )
        .order_by(MonthLine.engagement_id)
    ).all()
    return write(session, lines, by_id, acting, now)


def write(
    session: Session,
    lines: Sequence[MonthLine],
    sheets: Mapping[uuid.UUID, MonthSheet],
    acting: Acting,
    now: datetime,
) -> int:
    """The records of these lines; the lines are locked with them."""
    assert acting.staff is not None
    people = {line.person_id for line in lines if line.track == "rural"}
    carrying.lock_people(session, people)
    carried = carrying.of_people(session, people)
    terms = {key: Terms.read(sheet.terms) for key, sheet in sheets.items()}
    hashes = {key: digest(sheet.terms) for key, sheet in sheets.items()}
    rows = []
    for line in lines:
        if line.paid_days:
            row = _row(line, sheets[line.sheet_id], terms[line.sheet_id], carried)
            row["snapshot"]["terms_sha256"] = hashes[line.sheet_id]
            row["sha256"] = digest(row["snapshot"])
            rows.append(row | {"approved_by_id": acting.staff.id, "approved_at": now})
    for first in range(0, len(rows), _AT_ONCE):
        session.execute(insert(SubsidyRecord), rows[first : first + _AT_ONCE])
    _lock(session, lines, now)
    return len(rows)


def _lock(session: Session, lines: Sequence[MonthLine], now: datetime) -> None:
    for first in range(0, len(lines), _AT_ONCE):
        some = lines[first : first + _AT_ONCE]
        session.execute(
            update(MonthLine)
            .where(MonthLine.id.in_([line.id for line in some]))
            .values(locked_at=now)
            .execution_options(synchronize_session=False)  # else each id is held against each line
        )
    for line in lines:
        set_committed_value(line, "locked_at", now)


def _row(
    line: MonthLine, sheet: MonthSheet, terms: Terms, carried: dict[uuid.UUID, Carry]
) -> dict[str, Any]:
    before = carried.get(line.person_id, pay.NOTHING_CARRIED)
    parts, after = Split(0, 0, 0), pay.NOTHING_CARRIED
    if line.track == "rural":
        parts, after = _share(line.basis, line.shared_fen, terms, before)
        carried[line.person_id] = after
    result = _result(line.amount_fen, line.shared_fen, line.other_fen, parts)
    snapshot = {
        "month_on": line.month_on.isoformat(),
        "engagement": str(line.engagement_id),
        "sheet": {"id": str(sheet.id), "lines_sha256": sheet.lines_sha256},
        "basis": line.basis,
        "days": line.days,
        "floor": line.floor,
        "carried_at_approval": before.as_json(),
        "result": result,
    }
    return {
        "kind": RecordKind.POST,
        "engagement_id": line.engagement_id,
        "person_id": line.person_id,
        "region_id": sheet.region_id,
        "line_id": line.id,
        "month_on": line.month_on,
        "turn": 0,
        "track": line.track,
        "carry": after.as_json(),
        "snapshot": snapshot,
        **result,
    }


def _share(
    basis: Mapping[str, Any], shared_fen: int, terms: Terms, before: Carry
) -> tuple[Split, Carry]:
    """The levels' parts, and what is carried on. The amount was told to the worker as it was
    reckoned and stays so; what another record has moved meanwhile is made even next month."""
    reckoned_with = Carry.read(basis["carried"])
    reckoned = pay.month_pay(Work(**basis["work"]), terms, reckoned_with)
    earned = reckoned.carry.amount + reckoned.shared_fen - reckoned_with.amount
    parts, after = pay.split_in_turn(shared_fen, terms.shares, before)
    return parts, replace(after, amount=before.amount + earned - shared_fen)


def _result(amount: int, shared: int, other: int, parts: Split) -> dict[str, int]:
    return {
        "amount_fen": amount,
        "shared_fen": shared,
        "other_fen": other,
        "province_fen": parts.province_fen,
        "city_fen": parts.city_fen,
        "district_fen": parts.district_fen,
    }


def reckon_again(snapshot: Mapping[str, Any], terms: Mapping[str, Any]) -> dict[str, int]:
    """The result of a snapshot, from its numbers and its sheet's terms, by the rules."""
    read, basis = Terms.read(terms), snapshot["basis"]
    work = Work(**basis["work"])
    found = pay.month_pay(work, read, Carry.read(basis["carried"]))
    before = Carry.read(snapshot["carried_at_approval"])
    parts = Split(0, 0, 0)
    if work.track == "rural":
        parts, _ = pay.split_in_turn(found.shared_fen, read.shares, before)
    return _result(found.amount_fen, found.shared_fen, found.other_fen, parts)


def is_intact(record: SubsidyRecord, sheet: MonthSheet | None) -> bool:
    """Whether record, snapshot, its hash and the sheet's terms still belong together."""
    told = {name: getattr(record, name) for name in record.snapshot["result"]}
    whole = digest(record.snapshot) == record.sha256 and told == record.snapshot["result"]
    return whole and (sheet is None or digest(sheet.terms) == record.snapshot.get("terms_sha256"))


def last_of(session: Session, engagement_id: uuid.UUID, month_on: Any) -> list[SubsidyRecord]:
    """The records of one worker's month, in the order in which they were made."""
    return list(
        session.scalars(
            select(SubsidyRecord)
            .where(SubsidyRecord.engagement_id == engagement_id, SubsidyRecord.month_on == month_on)
            .order_by(SubsidyRecord.id)
        )
    )
