"""Whose death was reported, or stands on a list that nobody has looked into: nothing is written to
their phone by itself, an office speaks with the family (requirements 3.3, 3.9)."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus, Exit, HitState, ListHit
from models.term_steps import ExitCause, TermState

LIST_OF_DEATHS = "deaths"
TAKEN_BACK = (TermState.REFUSED, TermState.WITHDRAWN, TermState.LAPSED, TermState.UNDONE)


def dead_among(session: Session, person_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these people whose exit by death was reported and not taken back, or whom a list of
    deaths names that is not decided; one statement."""
    reported = (
        select(Engagement.person_id)
        .join(Exit, Exit.engagement_id == Engagement.id)
        .where(
            Engagement.person_id.in_(person_ids),
            Exit.cause == ExitCause.DIED,
            Exit.state.not_in(TAKEN_BACK),
        )
    )
    undone = (ListHit.state == HitState.UPHELD) & (Engagement.status != EngagementStatus.ENDED)
    named = (
        select(ListHit.person_id)
        .outerjoin(Engagement, ListHit.engagement_id == Engagement.id)
        .where(
            ListHit.person_id.in_(person_ids),
            ListHit.kind == LIST_OF_DEATHS,
            ListHit.state != HitState.CLEARED,
            Engagement.id.is_(None) | ~undone,
        )
    )
    return set(session.scalars(reported.union(named)))
