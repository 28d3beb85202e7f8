"""A list that was not the right one is taken back: as if it had never come, but for the trail. Only
while nobody has looked into anybody on it; then each one is decided on (`deciding`).

Rows and hits go, so that the right list finds the same people again. Whoever stands on another list
with the same fact stays found.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session, joinedload

from models import (
    Delivery,
    DepartmentList,
    DepartmentRow,
    HitState,
    ListHit,
    Message,
    MessageState,
    MonthLine,
)
from models.pay_steps import SheetState
from services import telling
from services.acting import Acting, covers
from services.cross_checks import asking, holding
from services.cross_checks.comparing import TRACKS
from services.cross_checks.taking import MAY_TAKE
from services.guards import Obstacle
from services.numbers import next_number
from services.pay import holding as pay_holding
from services.pay.conflicts import own_and_kin
from services.pay.reckoning_again import reckon_again
from services.procedure import Hindered
from services.terms import leaving
from services.trail import note
from wording import load_book


def take_back(session: Session, key: uuid.UUID, acting: Acting, now: datetime) -> int:
    """Take a list back, with the hits that no other list brings: their money is let go, days count
    as before, and whoever was asked hears that it was nothing. How many hits that were. Raises
    `Hindered`, and nothing is done."""
    for track in TRACKS:  # nobody compares or makes a batch meanwhile
        next_number(session, f"batch-lock-{track}")
    sheet = session.get(DepartmentList, key, with_for_update=True, populate_existing=True)
    if sheet is None:
        raise Hindered("take_back", (Obstacle("obstacle.state_moved_on"),))
    hits = _hits_of(session, sheet)
    _require(session, sheet, hits, acting)
    gone = [hit for hit in hits if not _stands_elsewhere(session, hit, sheet)]
    note(session, "department_list.taken_back", actor=acting.name, at=now,
         subject=("department_list", sheet.id), kind=sheet.kind, sha256=sheet.sha256,
         month=sheet.month_on.isoformat(), source=sheet.source, rows=sheet.rows_count,
         hits=len(gone), stay=len(hits) - len(gone))  # fmt: skip
    for hit in gone:
        _withdraw(session, hit, acting, now)
    session.flush()
    session.execute(delete(DepartmentRow).where(DepartmentRow.list_id == sheet.id))
    session.delete(sheet)
    session.flush()
    return len(gone)


def looked_into(session: Session, list_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Those of these lists of which somebody on them was looked into or decided on."""
    asked = (
        select(DepartmentRow.list_id)
        .join(ListHit, ListHit.row_id == DepartmentRow.id)
        .where(DepartmentRow.list_id.in_(list_ids), _is_looked_into())
    )
    return frozenset(session.scalars(asked.distinct()))


def _hits_of(session: Session, sheet: DepartmentList) -> Sequence[ListHit]:
    asked = (
        select(ListHit)
        .join(ListHit.row)
        .where(DepartmentRow.list_id == sheet.id)
        .order_by(ListHit.id)
        .options(joinedload(ListHit.person), joinedload(ListHit.engagement),
                 joinedload(ListHit.region))
        .with_for_update(of=ListHit)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return session.scalars(asked).all()


def _require(
    session: Session, sheet: DepartmentList, hits: Sequence[ListHit], acting: Acting
) -> None:
    of_list = select(ListHit.id).join(ListHit.row).where(DepartmentRow.list_id == sheet.id)
    found = []
    if acting.role not in MAY_TAKE or acting.staff is None:
        found.append(Obstacle("obstacle.not_your_role"))
    elif not all(covers(acting.region, hit.region) for hit in hits):
        found.append(Obstacle("obstacle.not_your_place"))
    elif session.scalars(of_list.where(ListHit.person_id.in_(own_and_kin(acting)))).first():
        found.append(Obstacle("cross_check.own_or_kin"))
    if count := len(session.scalars(of_list.where(_is_looked_into())).all()):
        found.append(Obstacle("cross_check.looked_into", {"count": count}))
    if found:
        raise Hindered("take_back", tuple(found))


def _is_looked_into() -> ColumnElement[bool]:
    return (ListHit.state != HitState.OPEN) | ListHit.checked_by_id.is_not(None)


def _stands_elsewhere(session: Session, hit: ListHit, sheet: DepartmentList) -> bool:
    """Whether another list says the same of them; the hit is by its row from now on."""
    other = session.scalars(
        select(DepartmentRow.id)
        .join(DepartmentRow.sheet)
        .where(
            DepartmentList.kind == hit.kind,
            DepartmentList.id != sheet.id,
            DepartmentRow.id_number_index == hit.person.id_number_index,
            DepartmentRow.since_on == hit.since_on,
        )
        .order_by(DepartmentList.taken_at)
        .limit(1)
    ).first()
    if other is not None:
        hit.row_id = other
    return other is not None


def _withdraw(session: Session, hit: ListHit, acting: Acting, now: datetime) -> None:
    lines = holding.lines_of(session, hit)
    engagement, from_on = hit.engagement, hit.since_on + holding.ONE_DAY
    _tell(session, hit, now)
    note(session, "list_hit.withdrawn", actor=acting.name, at=now, subject=("list_hit", hit.id),
         kind=hit.kind, person=str(hit.person_id), since_on=hit.since_on.isoformat(),
         explained=hit.explained_at is not None)  # fmt: skip
    session.execute(
        update(MonthLine).where(MonthLine.held_hit_id == hit.id).values(held_hit_id=None)
    )
    session.delete(hit)
    session.flush()
    if hit.stops_days and engagement is not None:
        leaving.judge_days_again(session, engagement, from_on, now)
    for line in lines:
        _let_go(session, line, acting, now)


def _tell(session: Session, hit: ListHit, now: datetime) -> None:
    """What has not left does not leave; whoever was asked hears that it was nothing."""
    cause = f"list_hit:{hit.id}"
    asked = select(Message.id).where(Message.person_id == hit.person_id, Message.cause == cause)
    said = asked.where(Message.state.in_((MessageState.TOLD, MessageState.READ)))
    left = asked.join(Delivery, Delivery.message_id == Message.id).where(
        Delivery.state.not_in(asking.NOT_LEFT)
    )
    was_asked = bool(session.scalars(said).first() or session.scalars(left).first())
    for prefix in (cause, f"list_hits:{hit.id}"):  # the offices' message is about all of them
        telling.withdraw(session, person_id=hit.person_id, cause_prefix=prefix, now=now,
                         reason="list_taken_back")  # fmt: skip
    asking.tell_over(session, hit, now, worker=was_asked)


def _let_go(session: Session, line: MonthLine, acting: Acting, now: datetime) -> None:
    """The line goes on as it would have. One whose month was approved meanwhile stays held, by
    hand: only the district's approver makes records."""
    if holding.has_open(session, line):
        line.held_at = None
        session.flush()
        holding.hold_lines(session, MonthLine.id == line.id, now)
        return
    reckon_again(session, line, acting, now)
    if line.sheet.state != SheetState.APPROVED:
        pay_holding.release(session, line, acting, now)
        return
    line.held_reason = load_book().text("cross_check.list_gone")
    note(session, "month_line.held", actor=acting.name, at=now, subject=("month_line", line.id),
         why=line.held_reason)  # fmt: skip
    session.flush()
