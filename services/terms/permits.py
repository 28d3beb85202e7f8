"""Who may act on somebody's time on a post: the role, the place, and never one's own or a
relative's record (requirements 3.0)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, Role, StaffKin
from models.procedure import Actor
from services.acting import Acting, covers
from services.guards import Obstacle
from services.procedure import Hindered


def refusal(
    session: Session, acting: Acting, engagement: Engagement, roles: Collection[Role | Actor]
) -> Obstacle | None:
    """Why this actor may not act on the engagement; None when they may. The worker acts on nobody's
    record but their own."""
    if acting.role not in roles:
        return Obstacle("obstacle.not_your_role")
    if acting.role is Actor.APPLICANT:
        own = acting.contact is not None and acting.contact.person_id == engagement.person_id
        return None if own else Obstacle("obstacle.not_your_role")
    if acting.role in set(Actor):
        return None
    if not covers(acting.region, engagement.post.region):
        return Obstacle("obstacle.not_your_place")
    return _conflict(session, acting, engagement)


def require(
    session: Session,
    acting: Acting,
    engagement: Engagement,
    *,
    roles: Collection[Role | Actor],
    act: str,
) -> None:
    """Raise `Hindered` where `refusal` finds something."""
    if (why := refusal(session, acting, engagement, roles)) is not None:
        raise Hindered(act, (why,))


def _conflict(session: Session, acting: Acting, engagement: Engagement) -> Obstacle | None:
    staff = acting.staff
    if staff is None:
        return None
    if staff.person_id is not None and staff.person_id == engagement.person_id:
        return Obstacle("obstacle.conflict_own")
    kin = select(StaffKin.id).where(
        StaffKin.staff_id == staff.id, StaffKin.person_id == engagement.person_id
    )
    if session.scalars(kin.limit(1)).first() is not None:
        return Obstacle("obstacle.conflict_kin")
    return None
