"""Days on which the district stops work for a place and all below it: weather, an order, an outage
of the system. Whoever was ready to work is not the poorer for it (requirements 3.4, section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, Post, Region, Role, Stoppage
from rules import parameters
from services.acting import Acting, covers
from services.clock import business_date
from services.days import deriving
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

DECLARE = frozenset({Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
BACK_DAYS = 7
"""An outage is often declared a few days after it."""


def kinds(day: date) -> Mapping[str, str]:
    """Kind → paid, unpaid or outage (parameter `attendance.stoppage_kinds`)."""
    found: Mapping[str, str] = parameters.in_force_or_first("attendance.stoppage_kinds", day).value
    return found


def declare(  # noqa: PLR0913 - one row, all of it needed
    session: Session,
    place: Region,
    *,
    kind: str,
    from_on: date,
    to_on: date,
    reason: str,
    acting: Acting,
    now: datetime,
) -> Stoppage:
    """Stop work; the days that are derived already are derived anew. Raises `Hindered`."""
    if why := _why_not(place, kind, from_on, to_on, reason, acting, business_date(now)):
        raise Hindered("stoppage", (why,))
    assert acting.staff is not None
    row = Stoppage(
        region_id=place.id,
        kind=kind,
        from_on=from_on,
        to_on=to_on,
        reason=reason.strip()[:255],
        declared_by_id=acting.staff.id,
        declared_at=now,
    )
    session.add(row)
    session.flush()
    note(session, "stoppage.declared", actor=acting.name, at=now, subject=("region", place.code),
         kind=kind, from_on=from_on.isoformat(), to_on=to_on.isoformat())  # fmt: skip
    _renew(session, place, row, now)
    return row


def withdraw(session: Session, row: Stoppage, acting: Acting, now: datetime) -> None:
    """Take a stoppage back: its days are what the events say. Raises `Hindered`."""
    if acting.role not in DECLARE or not covers(acting.region, row.region):
        raise Hindered("stoppage", (Obstacle("obstacle.not_your_role"),))
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at = now
    session.flush()
    note(session, "stoppage.withdrawn", actor=acting.name, at=now,
         subject=("region", row.region.code), id=row.id)  # fmt: skip
    _renew(session, row.region, row, now)


def listed(session: Session, since: date) -> Sequence[Stoppage]:
    """Stoppages that touch a day since then, the newest first."""
    asked = select(Stoppage).where(Stoppage.to_on >= since)
    return session.scalars(asked.order_by(Stoppage.from_on.desc(), Stoppage.id.desc())).all()


def _renew(session: Session, place: Region, row: Stoppage, now: datetime) -> None:
    today = business_date(now)
    if row.from_on > today:
        return
    below = (
        select(Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(
            Region.path.startswith(place.path),
            Engagement.id.in_(deriving.asked_span(row.from_on, row.to_on)),
        )
    )
    ids = session.scalars(below).all()
    deriving.derive(session, ids, from_on=row.from_on, to_on=min(row.to_on, today), now=now)


def _why_not(  # noqa: PLR0913, PLR0917 - the parts of one row
    place: Region, kind: str, from_on: date, to_on: date, reason: str, acting: Acting, today: date
) -> Obstacle | None:
    if acting.role not in DECLARE or acting.staff is None:
        return Obstacle("obstacle.not_your_role")
    if not covers(acting.region, place):
        return Obstacle("obstacle.not_your_place")
    if kind not in kinds(from_on) or from_on > to_on:
        return Obstacle("obstacle.stoppage_wrong")
    if from_on < today - timedelta(days=BACK_DAYS):
        return Obstacle("obstacle.stoppage_too_old", {"days": BACK_DAYS})
    return None if reason.strip() else Obstacle("obstacle.day_needs_why")
