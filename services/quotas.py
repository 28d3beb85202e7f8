"""Places under the plan: how many are left, taking one, beginning on it, giving it back (R-2.4).

Whoever counts locks the quota's row first, so that of fifty approvals for the last place exactly
one goes through. An approval counts against the version of the plan in force on its day.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Engagement,
    EngagementStatus,
    IntegratedBatch,
    PlanVersion,
    Post,
    Quota,
    Region,
    new_id,
)
from services.clock import business_date
from services.numbers import next_number
from services.terms import reckoning

PLACED = frozenset(
    {
        ApplicationStatus.APPROVED,
        ApplicationStatus.TO_TRAIN,
        ApplicationStatus.TO_INSURE,
        ApplicationStatus.ON_POST,
    }
)
"""States that hold a place of the year's plan."""


class NoPlace(Exception):
    """A place was to be taken that is not there: the guards were not asked first."""


def version_in_force(session: Session, year: int, on: date) -> PlanVersion | None:
    """The newest version of the year's plan that is effective on the day."""
    return session.scalars(
        select(PlanVersion)
        .where(PlanVersion.year == year, PlanVersion.effective_on <= on)
        .order_by(PlanVersion.version.desc())
        .limit(1)
    ).first()


def room(session: Session, application: Application, on: date) -> int | None:
    """Places left for the application's town and track; None where the year is not issued. Locks
    the quota's row until the transaction ends."""
    quota = _locked_quota(session, application, on)
    if quota is None:
        return None
    return quota.number - taken(
        session, application.announcement.year, town_of(application.village), application.track
    )


def room_seen(session: Session, application: Application, on: date) -> int | None:
    """`room` for a page: locks nothing, so it may be out of date the next moment."""
    year, track = application.announcement.year, application.track
    town = town_of(application.village)
    version = (
        select(PlanVersion.id)
        .where(PlanVersion.year == year, PlanVersion.effective_on <= on)
        .order_by(PlanVersion.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    held = _taken(year, town, track).scalar_subquery()
    row = session.execute(
        select(Quota.number - held).where(
            Quota.plan_version_id == version, Quota.region_id == town.id, Quota.track == track
        )
    ).first()
    return row[0] if row else None


def taken(session: Session, year: int, town: Region, track: str) -> int:
    """Places of the year that the town's people hold, by any version of the year's plan."""
    return session.scalar(_taken(year, town, track)) or 0


def _taken(year: int, town: Region, track: str) -> Select[tuple[int]]:
    recruited, taken_over = _recruited(year, town, track), _taken_over(year, town, track)
    return select(recruited.scalar_subquery() + taken_over.scalar_subquery())


def _taken_over(year: int, town: Region, track: str) -> Select[tuple[int]]:
    """People from before 2022 whose list was said to count in the year's plan (R-3.1e)."""
    return (
        select(func.count())
        .select_from(Engagement)
        .join(IntegratedBatch, Engagement.batch_id == IntegratedBatch.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(
            IntegratedBatch.plan_year == year,
            Engagement.status != EngagementStatus.ENDED,
            Engagement.track == track,
            Region.path.startswith(town.path, autoescape=True),
        )
    )


def _recruited(year: int, town: Region, track: str) -> Select[tuple[int]]:
    return (
        select(func.count())
        .select_from(Application)
        .join(PlanVersion, Application.plan_version_id == PlanVersion.id)
        .join(Region, Application.village_id == Region.id)
        .where(
            PlanVersion.year == year,
            Application.track == track,
            Application.status.in_(PLACED),
            Region.path.startswith(town.path, autoescape=True),
            ~_has_left(),
        )
    )


def _has_left() -> ColumnElement[bool]:
    """Whoever left a post holds no place of the year any more: somebody else may have it."""
    left = select(Engagement.id).where(
        Engagement.application_id == Application.id,
        Engagement.ended_on.is_not(None),
        Engagement.status == EngagementStatus.ENDED,
    )
    return left.exists()


def take_place(session: Session, application: Application, now: datetime) -> Engagement:
    """Count the approval against the plan in force, and open the engagement that will begin."""
    today = business_date(now)
    version = version_in_force(session, application.announcement.year, today)
    if version is None or application.post_id is None:
        raise NoPlace(application.number)
    application.plan_version_id = version.id
    serial = next_number(session, f"worker-{today.year}")
    engagement = Engagement(
        id=new_id(),
        application_id=application.id,
        person_id=application.person_id,
        post_id=application.post_id,
        worker_code=f"W{today.year}{serial:05d}",
        track=application.track,
        status=EngagementStatus.STARTING,
        first_approved_on=_first_approval(session, application) or today,
        retire_category=application.claims.get("retire_category"),
        created_at=now,
    )
    session.add(engagement)
    session.flush()
    return engagement


def begin(session: Session, application: Application, now: datetime) -> None:
    """The first day on the post: dates by the term's rules (R-3.3d to R-3.3h)."""
    engagement = session.scalars(
        select(Engagement).where(Engagement.application_id == application.id)
    ).one()
    reckoning.begin(session, engagement, "clock", now)
    engagement.status = EngagementStatus.ON_POST


def give_back(session: Session, application: Application) -> None:
    """The place is free again: the engagement never began."""
    engagement = session.scalars(
        select(Engagement).where(Engagement.application_id == application.id)
    ).first()
    if engagement is not None:
        engagement.status = EngagementStatus.ENDED


def waiting_rank(session: Session, application: Application) -> int | None:
    """The place in the line of the town and track, from 1; None when not waiting. Who was put on
    the list earlier stands before; equal times by number."""
    if application.status != ApplicationStatus.WAITING_LIST:
        return None
    town = town_of(application.village)
    before = session.scalar(
        select(func.count())
        .select_from(Application)
        .join(Region, Application.village_id == Region.id)
        .where(
            Application.status == ApplicationStatus.WAITING_LIST,
            Application.track == application.track,
            Region.path.startswith(town.path, autoescape=True),
            (Application.status_at < application.status_at)
            | (
                (Application.status_at == application.status_at)
                & (Application.number < application.number)
            ),
        )
    )
    return (before or 0) + 1


def town_of(village: Region) -> Region:
    """The town or street above a village; a town is its own."""
    return village.parent if village.kind == "village" and village.parent else village


def _locked_quota(session: Session, application: Application, on: date) -> Quota | None:
    """The row to count against, locked. A version that was entered while we waited for the lock
    counts from then on: whoever saw the old one and whoever saw the new one meet at one row."""
    quota: Quota | None = None
    version, locked = version_in_force(session, application.announcement.year, on), None
    while version is not None and version is not locked:
        quota = session.scalars(
            select(Quota)
            .where(
                Quota.plan_version_id == version.id,
                Quota.region_id == town_of(application.village).id,
                Quota.track == application.track,
            )
            .with_for_update()
        ).first()
        locked, version = version, version_in_force(session, application.announcement.year, on)
    return quota


def _first_approval(session: Session, application: Application) -> date | None:
    """The day of the person's first approval over all engagements; it never changes (R-3.3g)."""
    return session.scalar(
        select(func.min(Engagement.first_approved_on)).where(
            Engagement.person_id == application.person_id
        )
    )
