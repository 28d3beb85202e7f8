"""Who of the programme stands on a list: on a post, starting on one, applying or waiting. One
statement finds them, each fact becomes one hit, however often it is looked for."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from models import (
    Application,
    DepartmentList,
    DepartmentRow,
    Engagement,
    EngagementStatus,
    HitState,
    ListHit,
    MonthLine,
    Person,
    Post,
    new_id,
)
from models.procedure import ApplicationStatus
from rules import parameters
from rules.months import add_months
from services.clock import business_date
from services.cross_checks import asking, holding
from services.cross_checks.kinds import kinds
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.numbers import next_number
from services.procedure import Hindered
from services.terms import leaving
from services.trail import note

OVER = frozenset(
    {
        ApplicationStatus.REFUSED,
        ApplicationStatus.LAPSED,
        ApplicationStatus.WITHDRAWN,
        ApplicationStatus.DECLINED,
        ApplicationStatus.ON_POST,
    }
)
TRACKS = ("rural", "urban")
_AT_ONCE = 500


def compare(
    session: Session,
    list_ids: Collection[uuid.UUID],
    now: datetime,
    *,
    most: int | None = None,
) -> list[ListHit]:
    """Find who stands on these lists and was not found before; what is new, with everything that
    comes of it: money held, days judged again, people told. `Hindered`, and nothing done, where
    that are more than `most`."""
    found = _first_of_each(session.execute(_matches(list_ids)).all())
    if most is not None and len(found) > most:
        slots = {"count": len(found), "most": most}
        raise Hindered("compare", (Obstacle("cross_check.too_many", slots),))
    if not found:
        return []
    for track in TRACKS:  # whoever makes a batch at this moment waits, and leaves these people out
        next_number(session, f"batch-lock-{track}")
    made = _write(session, found, now)
    for hit in made:
        _hold(session, hit, now)
    asking.tell_found(session, made, now)
    return made


def compare_again(session: Session, now: datetime) -> int:
    """Hold everybody against the lists of the last months again: who has applied or come since.
    How many hits are new. Rows of older lists that named nobody are of no use any more, and go."""
    today = business_date(now)
    back: int = parameters.in_force_or_first("cross_check.look_back_months", today).value
    since_on = add_months(today.replace(day=1), -back)
    older = select(DepartmentList.id).where(DepartmentList.month_on < since_on)
    session.execute(
        delete(DepartmentRow).where(
            DepartmentRow.list_id.in_(older), DepartmentRow.id.not_in(select(ListHit.row_id))
        )
    )
    ids = session.scalars(select(DepartmentList.id).where(DepartmentList.month_on >= since_on))
    return len(compare(session, ids.all(), now))


def _matches(list_ids: Collection[uuid.UUID]) -> Select[Any]:
    whenever = [kind.name for kind in kinds().values() if kind.any_time]
    known = select(ListHit.id).where(
        ListHit.person_id == Person.id,
        ListHit.kind == DepartmentList.kind,
        ListHit.since_on == DepartmentRow.since_on,
    )
    there = (Engagement.status != EngagementStatus.ENDED) | (
        Engagement.ended_on > DepartmentRow.since_on
    )
    at_the_time = (
        DepartmentList.kind.in_(whenever)
        | DepartmentRow.until_on.is_(None)
        | Engagement.starts_on.is_(None)
        | (DepartmentRow.until_on >= Engagement.starts_on)
    )
    return (
        select(
            DepartmentRow.id, DepartmentRow.since_on, DepartmentList.kind,
            Person.id.label("person_id"), Engagement.id.label("engagement_id"),
            Application.id.label("application_id"), Post.region_id, Application.village_id,
        )
        .join(DepartmentList, DepartmentRow.list_id == DepartmentList.id)
        .join(Person, Person.id_number_index == DepartmentRow.id_number_index)
        .outerjoin(Engagement, (Engagement.person_id == Person.id) & there & at_the_time)
        .outerjoin(Post, Engagement.post_id == Post.id)
        .outerjoin(
            Application,
            (Application.person_id == Person.id) & Application.status.not_in(OVER)
            & Engagement.id.is_(None) & DepartmentRow.until_on.is_(None),
        )
        .where(
            DepartmentRow.list_id.in_(list_ids),
            Engagement.id.is_not(None) | Application.id.is_not(None),
            ~known.exists(),
        )
        .order_by(
            DepartmentRow.number, DepartmentRow.id,
            Engagement.ended_on.is_not(None), Engagement.ended_on.desc(), Application.id.desc(),
        )
    )  # fmt: skip


def _first_of_each(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """One match of each fact: the post held now before one that is over."""
    found: dict[tuple[Any, ...], Row[Any]] = {}
    for row in rows:
        found.setdefault((row.person_id, row.kind, row.since_on), row)
    return list(found.values())


def _write(session: Session, rows: Sequence[Row[Any]], now: datetime) -> list[ListHit]:
    """The hits that nobody else has written meanwhile."""
    due_on = working_deadline("cross_check.check_days", business_date(now))
    dialect = session.get_bind().dialect.name
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    made: list[ListHit] = []
    for first in range(0, len(rows), _AT_ONCE):
        values = [
            {
                "id": new_id(), "row_id": row.id, "kind": row.kind, "person_id": row.person_id,
                "engagement_id": row.engagement_id, "application_id": row.application_id,
                "region_id": row.region_id or row.village_id, "since_on": row.since_on,
                "held_from_on": row.since_on.replace(day=1),
                "stops_days": kinds()[row.kind].stops_days, "state": HitState.OPEN,
                "found_at": now, "due_on": due_on, "findings": "", "decision": "", "version": 1,
            }
            for row in rows[first : first + _AT_ONCE]
        ]  # fmt: skip
        said = insert(ListHit).values(values).on_conflict_do_nothing().returning(ListHit.id)
        ids = session.scalars(said).all()
        made += session.scalars(
            select(ListHit)
            .where(ListHit.id.in_(ids))
            .options(joinedload(ListHit.person), joinedload(ListHit.engagement),
                     joinedload(ListHit.region))
            .order_by(ListHit.id)
        )  # fmt: skip
    return made


def _hold(session: Session, hit: ListHit, now: datetime) -> None:
    holding.hold_lines(session, MonthLine.person_id == hit.person_id, now)
    if hit.stops_days and hit.engagement is not None:
        leaving.judge_days_again(session, hit.engagement, hit.since_on + holding.ONE_DAY, now)
    note(session, "list_hit.found", actor="clock", at=now, subject=("list_hit", hit.id),
         kind=hit.kind, person=str(hit.person_id), since_on=hit.since_on.isoformat())  # fmt: skip
