"""What is known of an applicant beside the case: another post, an open hit on a list."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from models import Engagement, EngagementStatus, HitState, ListHit
from services.guards.scene import Scene


@dataclass(frozen=True)
class Known:
    """`has_post`: they are on one, or starting on it. `is_listed`: they stand on a department's
    list, and nobody has decided what that means."""

    has_post: bool
    is_listed: bool


def known(scene: Scene) -> Known:
    """Asked once for a page. Whoever takes a step asks anew: there may be a lock in between."""
    return scene.once("applicant", lambda: _ask(scene)) if scene.only_looking else _ask(scene)


def _ask(scene: Scene) -> Known:
    person = scene.application.person_id
    on_post = select(Engagement.id).where(
        Engagement.person_id == person, Engagement.status != EngagementStatus.ENDED
    )
    hit = select(ListHit.id).where(ListHit.person_id == person, ListHit.state == HitState.OPEN)
    asked = scene.session.execute(select(on_post.exists(), hit.exists())).one()
    return Known(has_post=bool(asked[0]), is_listed=bool(asked[1]))
