"""What the village hears about days: somebody came who has not started; something waits for it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Engagement, Role, Staff
from models.procedure import Actor
from services.clock import business_date
from services.days import people
from services.telling import tell_staff
from services.terms import officers

VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
HEAD = frozenset({Role.VILLAGE_HEAD})
TOWN = frozenset({Role.TOWN_CLERK})
WORKER = Actor.APPLICANT
"""Who writes about their own days."""


def came_too_early(session: Session, engagement_id: uuid.UUID, now: datetime) -> None:
    """Somebody who is approved, but neither trained nor started, wanted to check in: once a day."""
    engagement = session.get_one(Engagement, engagement_id)
    tell_office(session, engagement, "came_too_early", VILLAGE, now,
                cause=f"came_too_early:{engagement.id}:{business_date(now)}")  # fmt: skip


def tell_office(
    session: Session,
    engagement: Engagement,
    kind: str,
    roles: Collection[Role],
    now: datetime,
    *,
    cause: str,
    **slots: Any,
) -> int:
    """Tell the place's people in these roles about a worker, except whom it concerns and their
    relatives; where nobody is left, the town. Gives how many were told."""
    place = engagement.post.region
    told = _fit(session, officers.of_place(session, place, roles, now), engagement)
    if not told and place.parent is not None:
        told = _fit(session, officers.of_place(session, place.parent, TOWN, now), engagement)
    return _tell(session, told, engagement, kind, now, cause=cause, slots=slots)


def tell_town(
    session: Session, engagement: Engagement, kind: str, now: datetime, *, cause: str, **slots: Any
) -> int:
    """Tell the town's clerks about a worker; gives how many were told."""
    place = engagement.post.region
    office = place.parent or place
    told = _fit(session, officers.of_place(session, office, TOWN, now), engagement)
    return _tell(session, told, engagement, kind, now, cause=cause, slots=slots)


def _tell(  # noqa: PLR0913 - as above
    session: Session,
    staff: Sequence[Staff],
    engagement: Engagement,
    kind: str,
    now: datetime,
    *,
    cause: str,
    slots: Mapping[str, Any],
) -> int:
    for member in staff:
        tell_staff(
            session,
            kind=kind,
            staff=member,
            slots={
                "worker": engagement.person.name,
                "village": engagement.post.region.name,
                **slots,
            },
            cause=cause,
            once=f"{kind}|{cause}|{member.id}"[:96],
            now=now,
        )
    return len(staff)


def _fit(session: Session, staff: Sequence[Staff], engagement: Engagement) -> list[Staff]:
    return [one for one in staff if engagement.person_id not in people.barred(session, one)]
