"""Who may write on a case outside the steps of its procedure: the same law as for a step."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from models import Application, Role
from models.procedure import Actor
from services.acting import Acting, conflict, covers
from services.guards import Obstacle
from services.procedure import Hindered


def require(
    session: Session,
    acting: Acting,
    application: Application,
    *,
    roles: Collection[Role | Actor],
    act: str,
) -> None:
    """Raise `Hindered` for another role, another place, or one's own or a relative's record."""
    if acting.role not in roles:
        raise Hindered(act, (Obstacle("obstacle.not_your_role"),))
    if acting.role in set(Actor):
        return
    if not covers(acting.region, application.village):
        raise Hindered(act, (Obstacle("obstacle.not_your_place"),))
    if (why := conflict(session, acting, application)) is not None:
        raise Hindered(act, (Obstacle(f"obstacle.conflict_{why}"),))
