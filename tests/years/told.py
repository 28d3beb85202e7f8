"""What the first year of the village must have been told, out of the cast alone; and what it was
told, out of the messages: each event once, however many of an office heard it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Leave, Message, MonthLine, Payment, RecordKind, SubsidyRecord
from rules.months import add_months
from tests.years import cast
from tests.years.clocked import LAST, ClockedVillage

Told = tuple[str, str, str]
"""A kind (with the state of the day, or which turn, where a kind has several), of whom (a worker's
name, or the village), and of which day or month."""
VILLAGE = "村"
ABSENT = {
    (cast.MISSING.name, date(2022, 5, 10)), (cast.MISSING.name, date(2022, 5, 11)),
    (cast.MISSING.name, cast.FOUND_LATER), (cast.URBAN.name, date(2022, 6, 8)),
}  # fmt: skip
"""Lost, for all that anybody knew in that year."""
MENDED = {(cast.MISSING.name, cast.FORGOT_AND_BACKFILLED), (cast.MISSING.name, cast.DISPUTE_WON)}
"""Lost in the evening, and counted when the day ended."""
RULED_OUT = (cast.MISSING.name, cast.DISPUTE_LOST)
ON_LEAVE = cast.ON_LEAVE.excused | cast.ON_LEAVE.away
MONTHS = [add_months(cast.FIRST, more) for more in range(11)]
"""April to February: March is told and paid after the year."""


def due() -> Iterator[Told]:
    """Everything that had to be told."""
    yield from _of_days()
    yield from _of_the_village()
    yield from _of_months()
    for day in (cast.DISPUTE_WON, cast.DISPUTE_LOST):
        yield "day_disputed", cast.MISSING.name, f"{day}"
        yield "day_ruled", cast.MISSING.name, f"{day}"
    yield "backfill_asked", cast.MISSING.name, f"{cast.FORGOT_AND_BACKFILLED}"
    for first in (min(cast.ON_LEAVE.excused), min(cast.ON_LEAVE.away)):
        yield "leave_asked", cast.ON_LEAVE.name, f"{first}"
        yield "leave_answered", cast.ON_LEAVE.name, f"{first}"


def _of_days() -> Iterator[Told]:
    for worker in cast.ALL:
        for day in _days_of_work(worker):
            mine = (worker.name, day)
            if mine in ABSENT | MENDED | {RULED_OUT}:
                yield "day_unsigned", worker.name, f"{day}"
                yield "day_not_counted/unknown", worker.name, f"{day}"
            lost = mine in ABSENT or mine == RULED_OUT
            yield "day_not_counted/absent" if lost else "day_counted", worker.name, f"{day}"


def _of_the_village() -> Iterator[Told]:
    for day in sorted(cast.days(cast.FIRST, LAST)):
        if cast.is_work(day) and day not in cast.STORM:
            yield "confirm_due/remind", VILLAGE, f"{day}"
    for day in sorted({day for _, day in ABSENT | MENDED | {RULED_OUT}}):
        yield "unsigned_list", VILLAGE, f"{day}"
    # The head alone said that somebody came: two voices are needed, the town is asked.
    yield "confirm_overdue/late", VILLAGE, f"{cast.FORGOT_AND_BACKFILLED}"
    for month_on in MONTHS:
        yield "lists_missing_district", VILLAGE, f"{month_on}"


def _of_months() -> Iterator[Told]:
    for worker in cast.ALL:
        for month_on in MONTHS:
            if not worker.is_on(month_on):
                continue
            paid = worker.paid_days(month_on)
            if worker is cast.MISSING and month_on == cast.FOUND_LATER.replace(day=1):
                paid -= 1
            whole = paid == len(cast.work_days(month_on))
            yield "month_whole" if whole else "month_part", worker.name, f"{month_on}"
            yield from _paid(worker.name, f"{month_on}/{RecordKind.POST}")
    yield "pay_failed", cast.WRONG_ACCOUNT.name, f"2022-09-01/{RecordKind.POST}"
    yield from _paid(cast.MISSING.name, f"2023-01-01/{RecordKind.CORRECTION}")


def _paid(name: str, month: str) -> Iterator[Told]:
    yield "pay_paid", name, month
    yield "pay_received", name, month


def _days_of_work(worker: cast.Worker) -> list[date]:
    """On which they had to come: no storm, no leave."""
    excused = ON_LEAVE if worker is cast.ON_LEAVE else frozenset()
    return [
        day
        for day in sorted(cast.days(worker.from_on, min(worker.until_on, LAST)))
        if cast.is_work(day) and day not in cast.STORM and day not in excused
    ]


def told(session: Session, village: ClockedVillage) -> Iterator[Told]:
    """Every message of the year, each event once."""
    names = {key: name for name, key in village.engagements.items()}
    seen: set[tuple[str, str]] = set()
    for message in session.scalars(select(Message).order_by(Message.created_at)):
        event = str(message.once)
        if message.staff_id is not None:
            event = event.rpartition("|")[0]
        if (message.kind, event) not in seen:
            seen.add((message.kind, event))
            yield _named(session, message, event, names)


def _named(session: Session, message: Message, event: str, names: dict[uuid.UUID, str]) -> Told:
    kind, parts = message.kind, message.cause.partition("|")[0].split(":")
    if kind in {"day_not_counted", "confirm_due", "confirm_overdue"}:
        kind += "/" + event.rpartition("|")[2]
    match parts:
        case ["unsigned" | "confirm", place, day] if place.isdigit():
            return kind, VILLAGE, day
        case ["lists_missing", month]:
            return kind, VILLAGE, month
        case ["leave", key]:
            leave = session.get_one(Leave, uuid.UUID(key))
            return kind, names[leave.engagement_id], f"{leave.from_on}"
        case ["month_line", key]:
            line = session.get_one(MonthLine, uuid.UUID(key))
            return kind, names[line.engagement_id], f"{line.month_on}"
        case ["payment", number]:
            paid = session.get_one(Payment, int(number))
            record = session.get_one(SubsidyRecord, paid.record_id)
            return kind, names[record.engagement_id], f"{record.month_on}/{record.kind}"
    _, key, day = parts
    return kind, names[uuid.UUID(key)], day
