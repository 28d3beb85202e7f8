"""The plan as it stands: a year's numbers by town and track, who has filled what (R-2.*, R-A2*).

A year without a version is "not issued", which is neither zero nor another year's number. Entering
a version is the business of `services.plan_versions`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Application,
    Engagement,
    EngagementStatus,
    IntegratedBatch,
    PlanVersion,
    Post,
    Quota,
    Region,
)
from models.places import RegionKind
from rules import quota as law
from rules.errors import QuotaNotIssued
from rules.quota import TRACKS, Track
from services import quotas


@dataclass(frozen=True)
class Line:
    """One town and track under the version in force: posts planned, filled, left. `number` is None
    where the version has no row for it."""

    town: Region
    track: Track
    number: int | None
    filled: int

    @property
    def left(self) -> int | None:
        """Never below zero: who is over stays on, nobody new comes."""
        return None if self.number is None else max(self.number - self.filled, 0)

    @property
    def is_over(self) -> bool:
        return self.number is not None and self.filled > self.number


@dataclass(frozen=True)
class Overview:
    """A year on a day; without a version the year is "not issued", which is not zero (R-2.5)."""

    year: int
    version: PlanVersion | None
    lines: tuple[Line, ...]
    planned: int | None = None
    totals: Mapping[Track, tuple[int, int]] = field(default_factory=dict)
    """Track → (number, filled)."""


def overview(session: Session, year: int, on: date, area: Region) -> Overview:
    """The numbers of the towns in an area, or of the town that it lies in."""
    version = quotas.version_in_force(session, year, on)
    numbers = numbers_of(session, version) if version else {}
    filled = filled_places(session, year)
    lines = tuple(
        Line(town, track, numbers.get(town.code, {}).get(track), filled[town.id, track])
        for town in towns(session, area)
        for track in TRACKS
    )
    totals: dict[Track, tuple[int, int]] = {
        track: (
            sum(line.number or 0 for line in lines if line.track == track),
            sum(line.filled for line in lines if line.track == track),
        )
        for track in TRACKS
    }
    return Overview(year, version, lines if version else (), planned(year), totals)


def towns(session: Session, area: Region) -> list[Region]:
    """Towns, streets and the committee in an area, in the plan's order; for a village its town."""
    if area.kind == RegionKind.VILLAGE and area.parent is not None:
        return [area.parent]
    found = session.scalars(
        select(Region).where(
            Region.kind.in_((RegionKind.TOWN, RegionKind.STREET, RegionKind.PARK)),
            Region.path.startswith(area.path, autoescape=True),
        )
    )
    order = {town.code: place for place, town in enumerate(law.towns())}
    return sorted(found, key=lambda town: (order.get(town.code, len(order)), town.code))


def filled_places(session: Session, year: int) -> Counter[tuple[int, str]]:
    """(town, track) → places of the year's plan that are held: by whom it was approved for, and by
    people taken over whose list counts in it (R-3.1e)."""
    town = case((Region.kind == RegionKind.VILLAGE, Region.parent_id), else_=Region.id)
    rows = session.execute(
        select(town, Application.track, func.count())
        .select_from(Application)
        .join(PlanVersion, Application.plan_version_id == PlanVersion.id)
        .join(Region, Application.village_id == Region.id)
        .where(PlanVersion.year == year, Application.status.in_(quotas.PLACED))
        .group_by(town, Application.track)
    )
    taken_over = session.execute(
        select(town, Engagement.track, func.count())
        .select_from(Engagement)
        .join(IntegratedBatch, Engagement.batch_id == IntegratedBatch.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(IntegratedBatch.plan_year == year, Engagement.status != EngagementStatus.ENDED)
        .group_by(town, Engagement.track)
    )
    found: Counter[tuple[int, str]] = Counter()
    for place, track, number in [*rows, *taken_over]:
        found[place, track] += number
    return found


def numbers_of(session: Session, version: PlanVersion) -> dict[str, dict[Track, int]]:
    """Town code → track → posts of a version."""
    rows = session.execute(
        select(Region.code, Quota.track, Quota.number)
        .join(Region, Quota.region_id == Region.id)
        .where(Quota.plan_version_id == version.id)
    )
    numbers: dict[str, dict[Track, int]] = {}
    for code, track, number in rows:
        numbers.setdefault(code, {})[track] = number
    return numbers


def history(session: Session, year: int) -> list[PlanVersion]:
    """Every version of a year, the newest first."""
    return list(
        session.scalars(
            select(PlanVersion)
            .where(PlanVersion.year == year)
            .order_by(PlanVersion.version.desc())
            .options(joinedload(PlanVersion.entered_by))
        )
    )


def years(session: Session) -> list[int]:
    """The years of the plan and every other year that has a version."""
    entered = session.scalars(select(PlanVersion.year).distinct())
    return sorted({*law.planned_years(), *entered})


def planned(year: int) -> int | None:
    """The year's posts as the plan itself writes them (R-2.2); None for a year outside it."""
    try:
        return law.planned_posts(year)
    except QuotaNotIssued:
        return None


def latest(session: Session, year: int) -> PlanVersion | None:
    """The version of the year that was entered last, in force or not yet."""
    return next(iter(history(session, year)), None)


def targets_of(session: Session, version: PlanVersion) -> dict[Track, int]:
    """The year's totals as the version's document gives them; else what its rows come to."""
    numbers = numbers_of(session, version)
    written = {"rural": version.rural_target, "urban": version.urban_target}
    return {
        track: target
        if (target := written[track]) is not None
        else sum(row.get(track, 0) for row in numbers.values())
        for track in TRACKS
    }
