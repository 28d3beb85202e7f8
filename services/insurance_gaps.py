"""Days on a rural post without accident cover: found by the clock every day, listed until somebody
has dealt with them, and after (R-3.6c)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Engagement, EngagementStatus, InsuranceCover, InsuranceGap, Post, Region
from services import alarms
from services.clock import business_date
from services.staff import area
from services.trail import note

ONE_DAY = timedelta(days=1)
AT_ONCE = 500


@dataclass(frozen=True)
class Days:
    """Days in a row without cover, both ends included; they go on while `to_on` is None."""

    from_on: date
    to_on: date | None

    def count(self, today: date) -> int:
        return ((self.to_on or today) - self.from_on).days + 1


def uncovered(
    engagement: Engagement, covers: Iterable[InsuranceCover], today: date
) -> tuple[Days, ...]:
    """The days up to today that an engagement was on the post without cover."""
    if engagement.starts_on is None:
        return ()
    ended = engagement.status == EngagementStatus.ENDED
    last = min(engagement.ends_on, today) if ended and engagement.ends_on else today
    day, found = engagement.starts_on, []
    for cover in sorted(covers, key=lambda one: one.from_on):
        if cover.from_on > day:
            found.append((day, cover.from_on - ONE_DAY))
        day = max(day, cover.to_on + ONE_DAY if cover.to_on else date.max)
    found.append((day, last))
    within = [(first, min(until, last)) for first, until in found if first <= last]
    return tuple(
        Days(first, None if until == today and not ended else until) for first, until in within
    )


def holds(cover: InsuranceCover, day: date) -> bool:
    """Whether a cover holds on a day."""
    return cover.from_on <= day and (cover.to_on is None or day <= cover.to_on)


def look(session: Session, now: datetime) -> int:
    """Bring the list of gaps up to today; gives how many go on. A gap that an insurer covered
    afterwards leaves the list, and the audit trail keeps that it was there."""
    today, going_on = business_date(now), 0
    new: list[Engagement] = []
    for ids in _pieces(_looked_at(session)):
        engagements = session.scalars(select(Engagement).where(Engagement.id.in_(ids))).all()
        covers, listed = covers_of(session, ids), _listed(session, ids)
        for engagement in engagements:
            found = uncovered(engagement, covers.get(engagement.id, ()), today)
            known = listed.get(engagement.id, {})
            _write(session, engagement, found, known, now)
            if any(days.to_on is None and days.from_on not in known for days in found):
                new.append(engagement)
            going_on += sum(days.to_on is None for days in found)
    session.flush()
    alarms.insurance_gaps(session, new, now)
    return going_on


def _looked_at(session: Session) -> Sequence[uuid.UUID]:
    """Who is on a rural post, and whose gap is still open."""
    on_post = select(Engagement.id).where(
        Engagement.track == "rural",
        Engagement.status.in_((EngagementStatus.ON_POST, EngagementStatus.SUSPENDED)),
    )
    is_open = select(InsuranceGap.engagement_id).where(InsuranceGap.to_on.is_(None))
    return session.scalars(on_post.union(is_open)).all()


def _write(
    session: Session,
    engagement: Engagement,
    found: Sequence[Days],
    listed: Mapping[date, InsuranceGap],
    now: datetime,
) -> None:
    for days in found:
        gap = listed.get(days.from_on)
        if gap is None:
            gap = InsuranceGap(engagement_id=engagement.id, from_on=days.from_on, found_at=now)
            session.add(gap)
            _note(session, "insurance.gap_found", engagement, days.from_on, now)
        gap.to_on = days.to_on
    for from_on in listed.keys() - {days.from_on for days in found}:
        session.delete(listed[from_on])
        _note(session, "insurance.gap_covered", engagement, from_on, now)


def _note(session: Session, act: str, engagement: Engagement, from_on: date, now: datetime) -> None:
    note(
        session,
        act,
        actor="clock",
        at=now,
        subject=("engagement", engagement.id),
        from_on=from_on.isoformat(),
    )


def open_gaps(session: Session, region: Region, limit: int) -> Sequence[InsuranceGap]:
    """The gaps of an area that go on, the longest first."""
    return _gaps(session, region, limit, is_open=True)


def past_gaps(session: Session, region: Region, limit: int) -> Sequence[InsuranceGap]:
    """The gaps of an area that are over, the latest first: their days were not insured."""
    return _gaps(session, region, limit, is_open=False)


def _gaps(session: Session, region: Region, limit: int, *, is_open: bool) -> Sequence[InsuranceGap]:
    ended = InsuranceGap.to_on
    return session.scalars(
        select(InsuranceGap)
        .join(InsuranceGap.engagement)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(region), ended.is_(None) if is_open else ended.is_not(None))
        .order_by(InsuranceGap.from_on if is_open else ended.desc(), InsuranceGap.id)
        .limit(limit)
        .options(
            joinedload(InsuranceGap.engagement).joinedload(Engagement.person),
            joinedload(InsuranceGap.engagement).joinedload(Engagement.post).joinedload(Post.region),
        )
    ).all()


def covers_of(
    session: Session, engagement_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, list[InsuranceCover]]:
    """The covers of these engagements, by engagement."""
    found: dict[uuid.UUID, list[InsuranceCover]] = {}
    for ids in _pieces(tuple(engagement_ids)):
        for cover in session.scalars(
            select(InsuranceCover).where(InsuranceCover.engagement_id.in_(ids))
        ):
            found.setdefault(cover.engagement_id, []).append(cover)
    return found


def _listed(
    session: Session, ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID, dict[date, InsuranceGap]]:
    found: dict[uuid.UUID, dict[date, InsuranceGap]] = {}
    for gap in session.scalars(select(InsuranceGap).where(InsuranceGap.engagement_id.in_(ids))):
        found.setdefault(gap.engagement_id, {})[gap.from_on] = gap
    return found


def _pieces(ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    return (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))
