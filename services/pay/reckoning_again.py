"""One held line of a signed month, reckoned again from its days: what two people have decided about
somebody (a death that was true, a list that was not) changed which of them count. The other lines,
and the signatures on them, stay as they are; the trail keeps what this one said before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import AttendanceDay, MonthLine
from models.pay_steps import SheetState
from rules import pay
from rules.months import end_of_month
from services.acting import Acting
from services.days import deriving
from services.pay import carrying, day_lock, facts, sheets
from services.trail import note

KEPT = frozenset({"sheet_id", "engagement_id", "person_id", "month_on", "track"})
NOTHING = {
    "paid_days": 0, "open_days": 0, "minutes": 0, "amount_fen": 0, "shared_fen": 0, "other_fen": 0,
    "reasons": ["nothing"], "days": {},
}  # fmt: skip
"""The line of somebody who was not on the post in that month after all."""


def reckon_again(session: Session, line: MonthLine, acting: Acting, now: datetime) -> bool:
    """Bring a line that is held and not locked up to its days; whether that changed it. A sheet
    that nobody has signed is gathered anew by itself."""
    if line.sheet.state == SheetState.GATHERING or line.locked_at is not None:
        return False
    _derive(session, line, now)
    found = facts.of_places(session, line.month_on, [line.sheet.region_id])
    mine = next((one for one in found if one.engagement_id == line.engagement_id), None)
    values = dict(NOTHING)
    if mine is not None:
        carried = carrying.of_people(session, {line.person_id})
        row = sheets.row_of(mine, line.sheet, pay.terms_of(line.month_on), carried)
        values = {name: value for name, value in row.items() if name not in KEPT}
    before = {"paid_days": line.paid_days, "amount_fen": line.amount_fen}
    for name, value in values.items():
        setattr(line, name, value)
    after = {"paid_days": line.paid_days, "amount_fen": line.amount_fen}
    if before != after:
        note(session, "month_line.reckoned_again", actor=acting.name, at=now,
             subject=("month_line", line.id), before=before, after=after)  # fmt: skip
    session.flush()
    return before != after


def _derive(session: Session, line: MonthLine, now: datetime) -> None:
    """The line's days let go, derived, and locked again with their sheet."""
    until_on = end_of_month(line.month_on)
    session.execute(
        update(AttendanceDay)
        .where(
            AttendanceDay.engagement_id == line.engagement_id,
            AttendanceDay.day_on.between(line.month_on, until_on),
            AttendanceDay.month_sheet_id == line.sheet_id,
        )
        .values(month_sheet_id=None)
        .execution_options(synchronize_session=False)
    )
    deriving.derive(session, [line.engagement_id], from_on=line.month_on, to_on=until_on, now=now)
    day_lock.lock(session, line.sheet)
