"""Which monthly lists have not come: said to the district before pay, and to whoever approves a
month without its list of deaths (R-3.5b, F-07)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DepartmentList, Engagement, Region, Role
from models.places import RegionKind
from rules import parameters
from services.clock import business_date
from services.cross_checks.kinds import kinds
from services.guards import Obstacle
from services.telling import tell_staff
from services.terms import officers

DEATHS = "deaths"
TOLD = frozenset({Role.DISTRICT_CLERK})


def missing(session: Session, month_on: date) -> list[str]:
    """The kinds that are wanted every month and have not come for this one."""
    came = set(
        session.scalars(
            select(DepartmentList.kind).where(DepartmentList.month_on == month_on).distinct()
        )
    )
    return [kind.name for kind in kinds().values() if kind.monthly and kind.name not in came]


def last_month(today: date) -> date:
    """The first day of the month before."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)


def due_on(today: date) -> date:
    """The day of this month by which last month's lists should be there."""
    day: int = parameters.in_force_or_first("cross_check.remind_day", today).value
    return today.replace(day=min(day, 28))


def remind(session: Session, now: datetime) -> int:
    """Tell the district, once a month, which lists of last month have not come; how many were
    told."""
    today = business_date(now)
    month_on = last_month(today)
    if today < due_on(today) or not (lacking := missing(session, month_on)):
        return 0
    if not is_asked_for(session, month_on, today):
        return 0
    told = 0
    for place in session.scalars(select(Region).where(Region.kind == RegionKind.DISTRICT)):
        for member in officers.of_place(session, place, TOLD, now):
            cause = f"lists_missing:{month_on}"
            tell_staff(session, kind="lists_missing_district", staff=member,
                       slots={"month": month_on.month, "count": len(lacking)}, cause=cause,
                       once=f"{cause}|{member.id}", now=now)  # fmt: skip
            told += 1
    return told


def for_approval(session: Session, month_on: date) -> Obstacle | None:
    """What whoever approves a month should know: its list of deaths has not come."""
    if DEATHS not in missing(session, month_on):
        return None
    return Obstacle("cross_check.no_deaths", {"year": month_on.year, "month": month_on.month})


def blocks(today: date) -> bool:
    """Whether that hinders the approval."""
    found: bool = parameters.in_force_or_first("cross_check.missing_blocks", today).value
    return found


def is_asked_for(session: Session, month_on: date, today: date) -> bool:
    """Whether a month's lists matter: somebody was on a post."""
    asked = select(Engagement.id).where(
        Engagement.starts_on < today.replace(day=1),
        Engagement.ended_on.is_(None) | (Engagement.ended_on >= month_on),
    )
    return session.scalars(asked.limit(1)).first() is not None
