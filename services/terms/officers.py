"""The people in charge of a place, to be told what becomes of a term there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, Region, Role, Staff, StaffGrant
from models.procedure import TOWN_CLERK, TOWN_HEAD
from services.clock import business_date
from services.procedure import holder
from services.telling import tell, tell_staff

HEAD = frozenset({Role.VILLAGE_HEAD})
TOWN = TOWN_CLERK | TOWN_HEAD
DISTRICT = frozenset({Role.DISTRICT_CLERK})


def of_place(
    session: Session, place: Region, roles: Collection[Role], now: datetime
) -> list[Staff]:
    """Who holds one of the roles for exactly this place today."""
    today = business_date(now)
    return list(
        session.scalars(
            select(Staff)
            .join(StaffGrant, StaffGrant.staff_id == Staff.id)
            .where(
                StaffGrant.region_id == place.id,
                StaffGrant.role.in_(roles),
                StaffGrant.from_on <= today,
                StaffGrant.to_on.is_(None) | (StaffGrant.to_on >= today),
                Staff.disabled_at.is_(None),
            )
            .distinct()
            .order_by(Staff.id)
        )
    )


def office(engagement: Engagement, level: str) -> Region:
    """The village, town or district that is responsible for an engagement."""
    return holder(engagement.post.region, level)


def tell_worker(
    session: Session,
    engagement: Engagement,
    kind: str,
    now: datetime,
    *,
    cause: str,
    **slots: Any,
) -> None:
    """One message to the worker, once per cause."""
    tell(
        session,
        kind=kind,
        person=engagement.person,
        slots={"post": engagement.post.name, **slots},
        cause=cause,
        once=f"{kind}|{cause}",
        now=now,
    )


def tell_office(
    session: Session,
    engagement: Engagement,
    kind: str,
    now: datetime,
    *,
    cause: str,
    slots: Mapping[str, Any],
) -> None:
    """The village's heads, the town or the district, by the kind's name (`…_head`, `…_town`,
    `…_district`): each member of staff once per cause."""
    level, roles = _LEVELS[kind.rpartition("_")[2]]
    named = {
        "worker": engagement.person.name,
        "village": engagement.post.region.name,
        "post": engagement.post.name,
        **slots,
    }
    for member in of_place(session, office(engagement, level), roles, now):
        tell_staff(
            session,
            kind=kind,
            staff=member,
            slots=named,
            cause=cause,
            once=f"{kind}|{cause}|{member.id}",
            now=now,
        )


_LEVELS: Mapping[str, tuple[str, Collection[Role]]] = {
    "head": ("village", HEAD),
    "town": ("town", TOWN),
    "district": ("district", DISTRICT),
}
