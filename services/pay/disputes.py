"""A worker does not agree with their month: within the time on view by chat or through staff, and
answered by the town before the district can approve (R-3.3c, requirements 3.5, R-3.4f).

An upheld dispute changes no number here: the days are put right (`services.days`) and the sheet is
reckoned again from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from models import Contact, MonthDispute, MonthLine, MonthSheet, Region, Role, new_id
from models.pay_steps import SheetState
from services.acting import Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.pay.conflicts import is_own_or_kin
from services.procedure import Hindered
from services.staff import area
from services.trail import note

ANSWERS = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})
WRITES = ANSWERS | {Role.VILLAGE_CLERK, Role.VILLAGE_HEAD}


def is_open_to(sheet: MonthSheet, today: date) -> bool:
    """Whether the workers of a sheet may dispute it today: from the town's check to the last day on
    view; before that they are not told yet, after it only the district corrects."""
    until_on = sheet.dispute_until_on
    return sheet.state == SheetState.ON_VIEW and until_on is not None and today <= until_on


def raise_dispute(
    session: Session, line: MonthLine, words: str, contact: Contact, now: datetime
) -> MonthDispute:
    """Keep a worker's words. While one of theirs is open, more words join it."""
    return _raise(session, line, words, now, contact=contact)


def write_down(
    session: Session, line: MonthLine, words: str, acting: Acting, now: datetime
) -> MonthDispute:
    """The same, said to staff by somebody who does not write."""
    if acting.role not in WRITES or acting.staff is None:
        raise Hindered("dispute", (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, line.sheet.region):
        raise Hindered("dispute", (Obstacle("obstacle.not_your_place"),))
    return _raise(session, line, words, now, acting=acting)


def answer(
    session: Session,
    dispute: MonthDispute,
    *,
    upheld: bool,
    words: str,
    acting: Acting,
    now: datetime,
) -> None:
    """The town's answer, with its reason. Whoever checked the sheet may answer; whose own or kin's
    line it is may not."""
    session.refresh(dispute, with_for_update={"of": MonthDispute})
    found = []
    if acting.role not in ANSWERS or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    elif not covers(acting.region, dispute.line.sheet.region):
        found.append(Obstacle("obstacle.not_your_place"))
    elif is_own_or_kin(session, acting, dispute.line.person_id):
        found.append(Obstacle("pay.own_or_kin", {"names": [dispute.line.person.name], "count": 1}))
    if dispute.answered_at is not None:
        found.append(Obstacle("pay.answered_already"))
    if not words.strip():
        found.append(Obstacle("pay.reason_needed"))
    if found:
        raise Hindered("answer_dispute", tuple(found))
    assert acting.staff is not None
    dispute.answered_at, dispute.answered_by_id = now, acting.staff.id
    dispute.upheld, dispute.answer = upheld, words.strip()[:255]
    note(session, "dispute.answered", actor=acting.name, at=now,
         subject=("month_dispute", dispute.id), after={"upheld": upheld}, why=words)  # fmt: skip
    session.flush()


def open_ones(session: Session, region: Region, limit: int = 100) -> Sequence[MonthDispute]:
    """The disputes of an area that wait for an answer, the oldest first."""
    return session.scalars(
        _asked()
        .where(area(region), MonthDispute.answered_at.is_(None))
        .order_by(MonthDispute.raised_at)
        .limit(limit)
    ).all()


def of_sheet(session: Session, sheet: MonthSheet) -> Sequence[MonthDispute]:
    """All disputes of a sheet, the newest first."""
    return session.scalars(
        _asked().where(MonthLine.sheet_id == sheet.id).order_by(MonthDispute.raised_at.desc())
    ).all()


def _asked() -> Select[tuple[MonthDispute]]:
    return (
        select(MonthDispute)
        .join(MonthDispute.line)
        .join(MonthLine.sheet)
        .join(MonthSheet.region)
        .options(
            joinedload(MonthDispute.line).joinedload(MonthLine.person),
            joinedload(MonthDispute.line).joinedload(MonthLine.sheet).joinedload(MonthSheet.region),
        )
    )


def _raise(
    session: Session,
    line: MonthLine,
    words: str,
    now: datetime,
    *,
    contact: Contact | None = None,
    acting: Acting | None = None,
) -> MonthDispute:
    session.refresh(line.sheet, with_for_update={"of": MonthSheet})
    if not is_open_to(line.sheet, business_date(now)):
        raise Hindered("dispute", (Obstacle("pay.not_on_view"),))
    known = session.scalars(
        select(MonthDispute).where(
            MonthDispute.line_id == line.id, MonthDispute.answered_at.is_(None)
        )
    ).first()
    if known is not None:
        if words.strip() not in (known.words or ""):
            known.words = f"{known.words}\n{words.strip()}"[:2000]
        session.flush()
        return known
    dispute = MonthDispute(
        id=new_id(),
        line_id=line.id,
        raised_at=now,
        contact_id=contact.id if contact else None,
        raised_by_id=acting.staff.id if acting and acting.staff else None,
    )
    dispute.words = words.strip()[:2000]
    session.add(dispute)
    actor = acting.name if acting else f"contact:{contact.id}" if contact else "?"
    note(session, "dispute.raised", actor=actor, at=now, subject=("month_line", line.id))
    session.flush()
    return dispute
