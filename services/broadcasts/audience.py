"""For whom a broadcast is: a condition on people, so that the database itself can count a million.

The place is a border: whoever lives elsewhere is in no audience of it, listed or not.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Broadcast,
    BroadcastRecipient,
    Contact,
    Engagement,
    EngagementStatus,
    Person,
    Region,
    Role,
    Staff,
    StaffGrant,
)
from models.procedure import FAILED
from rules.quota import TRACKS
from services.clock import business_date
from services.staff import area


class Who(StrEnum):
    """Which people of the place."""

    EVERYBODY = "everybody"
    """Everybody in the register of people."""
    SUBSCRIBED = "subscribed"
    """Who follows or writes to the service by WeChat or SMS and has not refused its news; of the
    followers those too who have not said who they are (`followers`)."""
    APPLIED = "applied"
    """Who applied and is not decided on, nor at work."""
    WAITING = "waiting"
    """Who stands on the waiting list."""
    ON_POST = "on_post"
    LISTED = "listed"
    """Whom a list names."""
    STAFF = "staff"
    """Members of staff with one of `roles`."""


BY_TRACK = frozenset({Who.APPLIED, Who.WAITING, Who.ON_POST})
"""Whom a track can be chosen of."""
STAFF_ROLES = (Role.VILLAGE_HEAD, Role.VILLAGE_CLERK, Role.TOWN_CLERK, Role.TOWN_HEAD)
AT_WORK = (EngagementStatus.STARTING, EngagementStatus.ON_POST, EngagementStatus.SUSPENDED)


@dataclass(frozen=True)
class Audience:
    """`track`: rural or urban, or both where empty; `roles` only for staff."""

    who: Who
    track: str = ""
    roles: tuple[str, ...] = ()

    @property
    def plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"who": str(self.who), "track": self.track, "roles": list(self.roles)}


def read(plain: dict[str, Any]) -> Audience:
    """An audience from its JSON."""
    return Audience(Who(plain["who"]), plain.get("track", ""), tuple(plain.get("roles", ())))


def fits(audience: Audience) -> bool:
    """Whether its parts belong together."""
    if audience.track and (audience.track not in TRACKS or audience.who not in BY_TRACK):
        return False
    roles = set(audience.roles)
    return bool(roles) == (audience.who is Who.STAFF) and roles <= {str(one) for one in STAFF_ROLES}


def people(broadcast: Broadcast) -> Select[tuple[uuid.UUID]]:
    """The keys of the people of an audience, without any order."""
    audience = read(broadcast.audience)
    found = select(Person.id).where(Person.forgotten_at.is_(None), *_place(broadcast.region))
    return found.where(*_belongs(audience, broadcast))


def lives_there(region: Region) -> ColumnElement[bool]:
    """The condition on `Person` that keeps a list inside the place."""
    return and_(Person.forgotten_at.is_(None), *_place(region))


def members(session: Session, broadcast: Broadcast, now: datetime) -> list[Staff]:
    """The staff of an audience: those whose grant holds today. A few hundred at most."""
    audience = read(broadcast.audience)
    if audience.who is not Who.STAFF:
        return []
    return list(session.scalars(_staff(broadcast.region, audience.roles, business_date(now))))


def count(session: Session, broadcast: Broadcast, now: datetime) -> int:
    """How many the audience has now."""
    if read(broadcast.audience).who is Who.STAFF:
        return len(members(session, broadcast, now))
    return session.scalar(select(func.count()).select_from(people(broadcast).subquery())) or 0


def _staff(region: Region, roles: tuple[str, ...], today: date) -> Select[tuple[Staff]]:
    theirs = (
        select(StaffGrant.staff_id)
        .join(Region, StaffGrant.region_id == Region.id)
        .where(
            StaffGrant.role.in_(roles),
            area(region),
            StaffGrant.from_on <= today,
            (StaffGrant.to_on.is_(None)) | (StaffGrant.to_on >= today),
        )
    )
    active = select(Staff).where(Staff.id.in_(theirs), Staff.disabled_at.is_(None))
    return active.order_by(Staff.login)


def _place(region: Region) -> tuple[ColumnElement[bool], ...]:
    if region.parent_id is None:
        return ()
    return (Person.village_id.in_(select(Region.id).where(area(region))),)


def _belongs(audience: Audience, broadcast: Broadcast) -> tuple[ColumnElement[bool], ...]:
    made: dict[Who, Callable[[], ColumnElement[bool]]] = {
        Who.SUBSCRIBED: _subscribed,
        Who.ON_POST: lambda: _has_engagement(audience.track),
        Who.LISTED: lambda: _is_listed(broadcast),
        Who.APPLIED: lambda: _has_application(audience.track, waiting=False),
        Who.WAITING: lambda: _has_application(audience.track, waiting=True),
        Who.STAFF: lambda: Person.id.is_(None),
    }
    return () if audience.who is Who.EVERYBODY else (made[audience.who](),)


def _subscribed() -> ColumnElement[bool]:
    return exists().where(
        Contact.person_id == Person.id,
        Contact.followed,
        Contact.opted_out_at.is_(None),
        Contact.quiet_at.is_(None),
    )


def _has_engagement(track: str) -> ColumnElement[bool]:
    at_work = exists().where(Engagement.person_id == Person.id, Engagement.status.in_(AT_WORK))
    return at_work.where(Engagement.track == track) if track else at_work


def _has_application(track: str, *, waiting: bool) -> ColumnElement[bool]:
    theirs = exists().where(Application.person_id == Person.id)
    if waiting:
        theirs = theirs.where(Application.status == ApplicationStatus.WAITING_LIST)
    else:
        over = (*FAILED, ApplicationStatus.ON_POST)
        theirs = theirs.where(Application.status.not_in(over))
    return theirs.where(Application.track == track) if track else theirs


def _is_listed(broadcast: Broadcast) -> ColumnElement[bool]:
    return exists().where(
        BroadcastRecipient.broadcast_id == broadcast.id, BroadcastRecipient.person_id == Person.id
    )
