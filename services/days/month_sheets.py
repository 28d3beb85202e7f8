"""A month's sheet that a clerk brings as Excel: kept as it came, shown beside what stands, then
taken into the days as far as it may be.

Brought twice it is one sheet; taken twice it says nothing new the second time, for what it said
then stands already.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Region, Role, RollSheet, new_id
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.days import backfilling, month_compare, month_file, roll
from services.days.month_compare import Compared, Fate
from services.days.roll import Marks
from services.days.village_news import HEAD, TOWN
from services.guards import Obstacle
from services.procedure import Hindered
from services.telling import tell_staff
from services.terms import officers
from services.trail import note

MOST_BYTES = 2 * 1024 * 1024
SOURCE = "month_sheet"
REASONS = ("sheet", "forgot", "phone", "network", "urgent")
"""Why signs are asked for afterwards; names of `backfill.reason_…`."""


@dataclass(frozen=True)
class Taken:
    """How many marks were taken as a roll-call, and how many days were asked for."""

    called: int
    asked: int


def bring(
    session: Session, upload: Upload, month_on: date, acting: Acting, now: datetime
) -> RollSheet:
    """Keep a sheet that can be read; the same file again is the same sheet. Raises `Hindered` or
    `sheets_in.Unfit`. What this clerk brought for the month and never took is thrown away."""
    assert acting.region is not None
    assert acting.staff is not None
    if why := _why_not(upload, month_on, acting, now):
        raise Hindered("month_sheet", (why,))
    month_file.read(upload.content, month_on)
    sha256 = hashlib.sha256(upload.content).hexdigest()
    mine = (RollSheet.region_id == acting.region.id, RollSheet.month_on == month_on)
    session.execute(
        delete(RollSheet).where(
            *mine, RollSheet.taken_at.is_(None), RollSheet.sha256 != sha256,
            RollSheet.brought_by_id == acting.staff.id,
        )
    )  # fmt: skip
    same = select(RollSheet).where(*mine, RollSheet.sha256 == sha256)
    if (known := session.scalars(same).first()) is not None:
        return known
    sheet = RollSheet(
        id=new_id(), region_id=acting.region.id, month_on=month_on, sha256=sha256,
        file_name=upload.file_name[-128:], brought_by_id=acting.staff.id, brought_at=now,
    )  # fmt: skip
    sheet.content = base64.b64encode(upload.content).decode("ascii")
    try:
        with session.begin_nested():
            session.add(sheet)
    except IntegrityError:  # the button was pressed twice
        return session.scalars(same).one()
    note(session, "roll_sheet.brought", actor=acting.name, at=now, subject=("roll_sheet", sheet.id),
         month=f"{month_on:%Y-%m}", sha256=sha256)  # fmt: skip
    return sheet


def find(session: Session, key: uuid.UUID, acting: Acting) -> RollSheet | None:
    """A sheet of exactly the clerk's own place."""
    found = session.get(RollSheet, key)
    region = acting.region
    return found if found is not None and region and found.region_id == region.id else None


def of_month(session: Session, region: Region, month_on: date) -> Sequence[RollSheet]:
    """What was taken of a month, the newest first."""
    return session.scalars(
        select(RollSheet)
        .where(
            RollSheet.region_id == region.id,
            RollSheet.month_on == month_on,
            RollSheet.taken_at.is_not(None),
        )
        .order_by(RollSheet.taken_at.desc())
    ).all()


def beside(session: Session, sheet: RollSheet, acting: Acting, now: datetime) -> Compared:
    """A sheet beside what stands now."""
    assert sheet.content is not None
    filled = month_file.read(base64.b64decode(sheet.content), sheet.month_on)
    return month_compare.compare(session, filled, acting, sheet.month_on, now)


def take(
    session: Session, sheet: RollSheet, acting: Acting, *, reason: str, seconds: int, now: datetime
) -> Taken:
    """Take all that may be taken, by what stands at this moment. Raises `Hindered` where nothing
    can be, or where days are asked for without a reason."""
    if acting.role != Role.VILLAGE_CLERK:
        raise Hindered("month_sheet", (Obstacle("obstacle.not_your_role"),))
    session.refresh(sheet, with_for_update=True)
    found = beside(session, sheet, acting, now)
    called, asked = found.of(Fate.CALLED), found.of(Fate.ASKED)
    if not called and not asked:
        raise Hindered("month_sheet", (Obstacle("day_console.sheet_nothing"),))
    if asked and reason not in REASONS:
        raise Hindered("month_sheet", (Obstacle("day_console.sheet_reason"),))
    for day, marks in found.marks(Fate.CALLED).items():
        roll.call(session, acting, sheet.month_on.replace(day=day),
                  Marks(**{name: tuple(keys) for name, keys in marks.items()}),
                  source=SOURCE, seconds=seconds, now=now)  # fmt: skip
    evidence = {"seconds": seconds, "called": len(asked)}
    for day, marks in found.marks(Fate.ASKED).items():
        backfilling.ask_for(session, marks["present"], sheet.month_on.replace(day=day),
                            acting=acting, reason=reason, evidence=evidence, source=SOURCE,
                            now=now)  # fmt: skip
    if asked:
        _tell_head(session, sheet, len(asked), acting, now)
    sheet.taken_at = now
    sheet.called, sheet.asked = sheet.called + len(called), sheet.asked + len(asked)
    note(session, "roll_sheet.taken", actor=acting.name, at=now, subject=("roll_sheet", sheet.id),
         called=len(called), asked=len(asked), refused=len(found.of(Fate.REFUSED)),
         sha256=sheet.sha256)  # fmt: skip
    session.flush()
    return Taken(len(called), len(asked))


def _tell_head(
    session: Session, sheet: RollSheet, count: int, acting: Acting, now: datetime
) -> None:
    """The head hears once that days wait for a second person; without a head, the town."""
    place = acting.region
    assert place is not None
    heads = officers.of_place(session, place, HEAD, now)
    if not heads and place.parent is not None:
        heads = officers.of_place(session, place.parent, TOWN, now)
    cause = f"roll_sheet:{sheet.id}"
    for member in heads:
        tell_staff(session, kind="backfills_by_sheet", staff=member,
                   slots={"village": place.name, "count": count}, cause=cause,
                   once=f"backfills_by_sheet|{cause}|{now.isoformat()}|{member.id}"[:96],
                   now=now)  # fmt: skip


def _why_not(upload: Upload, month_on: date, acting: Acting, now: datetime) -> Obstacle | None:
    if acting.role != Role.VILLAGE_CLERK:
        return Obstacle("obstacle.not_your_role")
    if len(upload.content) > MOST_BYTES:
        return Obstacle("day_console.sheet_too_big")
    if month_on > business_date(now):
        return Obstacle("day_console.sheet_ahead")
    return None
