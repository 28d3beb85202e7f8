"""What lists and hits put on the worklists: hits to look into for the town, to decide for the
district, and lists that have not come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload

from models import DepartmentRow, Engagement, HitState, ListHit, Post
from services.acting import Acting
from services.clock import business_date
from services.cross_checks import missing
from services.cross_checks.deciding import MAY_CHECK, MAY_DECIDE
from services.cross_checks.taking import MAY_TAKE
from services.pay.conflicts import own_and_kin
from services.staff import area
from services.worklist import Item, source


@source
class Hits:
    """Hits that wait for the town's findings, or for the district's decision."""

    kind = "list_hits"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in MAY_CHECK | MAY_DECIDE | MAY_TAKE or acting.region is None:
            return ()
        asked = of_area(acting, HitState.OPEN).order_by(ListHit.due_on, ListHit.id).limit(limit)
        waits: ColumnElement[bool] = ListHit.checked_at.is_(None)
        key = "cross_check.work_check"
        if acting.role in MAY_DECIDE:
            waits, key = ListHit.checked_at.is_not(None), "cross_check.work_decide"
        elif acting.role in MAY_TAKE:
            waits, key = ListHit.due_on < business_date(now), "cross_check.work_late"
        return [
            Item(self.kind, key, {"name": hit.person.name, "place": hit.region.name}, hit.due_on,
                 "console.list_hit", {"key": hit.id})
            for hit in session.scalars(asked.where(waits))
        ]  # fmt: skip


@source
class Lists:
    """Last month's lists that have not come."""

    kind = "lists"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        today = business_date(now)
        if acting.role not in MAY_TAKE:
            return ()
        month_on = missing.last_month(today)
        if not missing.is_asked_for(session, month_on, today):
            return ()
        lacking = missing.missing(session, month_on)
        if not lacking:
            return ()
        slots = {"month": month_on.month, "count": len(lacking)}
        due_on = missing.due_on(today)
        values = {"month": f"{month_on:%Y-%m}"}
        return [Item(self.kind, "cross_check.work_missing", slots, due_on, "console.cross_checks",
                     values)]  # fmt: skip


def of_area(acting: Acting, *states: HitState) -> Select[tuple[ListHit]]:
    """The hits of somebody's area in these states, without those of themselves and relatives."""
    assert acting.region is not None
    asked = (
        select(ListHit)
        .join(ListHit.region)
        .where(area(acting.region), ListHit.state.in_(states))
        .options(
            joinedload(ListHit.person),
            joinedload(ListHit.region),
            joinedload(ListHit.engagement).joinedload(Engagement.post).joinedload(Post.region),
            joinedload(ListHit.row).joinedload(DepartmentRow.sheet),
        )
    )
    return (
        asked
        if acting.staff is None
        else asked.where(ListHit.person_id.not_in(own_and_kin(acting)))
    )
