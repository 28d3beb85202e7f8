"""What the village hears about days: somebody came who has not started; something waits for it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Engagement, Role
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
    for member in told:
        tell_staff(
            session,
            kind=kind,
            staff=member,
            slots={"worker": engagement.person.name, "village": place.name, **slots},
            cause=cause,
            once=f"{kind}|{cause}|{member.id}"[:96],
            now=now,
        )
    return len(told)


def _fit(session: Session, staff: list[Any], engagement: Engagement) -> list[Any]:
    return [one for one in staff if engagement.person_id not in people.barred(session, one)]
