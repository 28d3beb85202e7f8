"""Fill an empty database: the district's places and 2022 plan, and the demonstration's people.

Both are safe to repeat: what is there already is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Announcement,
    PlanVersion,
    Post,
    PublicNotice,
    PublicNoticeItem,
    Quota,
    Region,
    RegionAlias,
)
from models.places import RegionKind
from rules import calendar, parameters, quota
from rules.errors import QuotaNotIssued
from services import demo_staff
from services.clock import SHANGHAI, move_clock

_KINDS = {"town": RegionKind.TOWN, "street": RegionKind.STREET, "committee": RegionKind.PARK}


def seed_district(session: Session, district: Mapping[str, Any]) -> None:
    """The district, its towns with all they are called (R-A2b), and its first plan (Annex 2)."""
    code = district["code"]
    if _region(session, code) is not None:
        return
    root = Region(kind=RegionKind.DISTRICT, code=code, name=district["name"], path=f"{code}/")
    session.add(root)
    session.flush()
    plan = PlanVersion(**district["plan"])
    session.add(plan)
    session.flush()
    for town in quota.towns():
        region = _add_region(session, root, _KINDS[town.kind], town.code, town.name)
        _add_aliases(session, region, town.aliases)
        for track in quota.TRACKS:
            _add_quota(session, plan, region, track)


def _add_quota(session: Session, plan: PlanVersion, region: Region, track: quota.Track) -> None:
    try:
        number = quota.quota(plan.year, region.code, track)
    except QuotaNotIssued:
        return  # the park committee has no row in Annex 2
    session.add(Quota(plan_version_id=plan.id, region_id=region.id, track=track, number=number))


def seed_demo(session: Session, demo: Mapping[str, Any]) -> None:
    """The invented villages, the open announcement, its posts, a notice, and the clock."""
    if session.scalars(select(Announcement)).first() is not None:
        return
    for village in demo["villages"]:
        town = _region(session, village["town"])
        assert town is not None
        region = _add_region(session, town, RegionKind.VILLAGE, village["code"], village["name"])
        _add_aliases(session, region, [village["name"], *village["aliases"]])
    announcement = dict(demo["announcement"])
    published_at = datetime.fromisoformat(announcement.pop("published_at"))
    posted = Announcement(published_at=published_at, **announcement)
    session.add(posted)
    session.flush()
    for post in demo["posts"]:
        details = dict(post)
        region = _needed(session, details.pop("village"))
        session.add(Post(announcement_id=posted.id, region_id=region.id, **details))
    for notice in demo["notices"]:
        _add_notice(session, notice)
    demo_staff.seed(session, demo["staff"], published_at)
    move_clock(session, datetime.fromisoformat(demo["clock"]))


def _add_notice(session: Session, notice: Mapping[str, Any]) -> None:
    posted_on: date = notice["posted_on"]
    days = int(parameters.in_force("notice.notice_days", posted_on).value)
    region = _needed(session, notice["region"])
    public = PublicNotice(
        region_id=region.id,
        title=notice["title"],
        code=notice["code"],
        working_days=days,
        published_at=datetime.combine(posted_on, time(8), SHANGHAI),
        posted_on=posted_on,
        last_on=calendar.last_notice_day(posted_on, days),
    )
    public.items = [
        PublicNoticeItem(
            name=person["name"],
            village_id=region.id,
            post_name=person["post"],
            number_tail=person["number_tail"],
        )
        for person in notice["people"]
    ]
    session.add(public)


def _add_region(session: Session, parent: Region, kind: RegionKind, code: str, name: str) -> Region:
    region = Region(
        parent_id=parent.id, kind=kind, code=code, name=name, path=f"{parent.path}{code}/"
    )
    session.add(region)
    session.flush()
    return region


def _add_aliases(session: Session, region: Region, aliases: Any) -> None:
    for alias in dict.fromkeys(aliases):
        session.add(RegionAlias(region_id=region.id, alias=alias))


def _region(session: Session, code: str) -> Region | None:
    return session.scalars(select(Region).where(Region.code == code)).first()


def _needed(session: Session, code: str) -> Region:
    region = _region(session, code)
    if region is None:
        raise LookupError(f"no region has the code {code}")
    return region
