"""What is kept about somebody besides name and applications, as they may see it: lent phones,
consents, other departments' lists, help after a post (personal information law, art. 45).

An inquiry under way is not shown where telling would defeat it (art. 45 with art. 18 and 35): that
is a list whose person is not asked (deaths, F-07), until it is decided. What merely looks odd
(`services.anomalies`) is no record of a person but a question to the village, and is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import CheckInHelper, Consent, Engagement, FollowUpCase, HitState, ListHit, Person
from services.cross_checks.kinds import kinds


@dataclass(frozen=True)
class LentPhone:
    """A phone that may sign for the person: whose, and by which last four digits."""

    name: str
    tail: str


@dataclass(frozen=True)
class OwnRecords:
    """`hits`: kinds of lists with where each stands, oldest first; `followed`: whether somebody
    still asks after them since they left a post."""

    phones: Sequence[LentPhone]
    consents: int
    hits: Sequence[tuple[str, HitState]]
    followed: bool


def of_person(session: Session, person: Person) -> OwnRecords:
    """All of it that may be shown today."""
    return OwnRecords(
        phones=_phones(session, person),
        consents=len(session.scalars(_consents(person)).all()),
        hits=_hits(session, person),
        followed=session.scalars(_follow_ups(person)).first() is not None,
    )


def _consents(person: Person) -> Select[Any]:
    return select(Consent.id).where(Consent.person_id == person.id, Consent.withdrawn_at.is_(None))


def _follow_ups(person: Person) -> Select[Any]:
    return select(FollowUpCase.id).where(
        FollowUpCase.person_id == person.id, FollowUpCase.closed_at.is_(None)
    )


def _phones(session: Session, person: Person) -> tuple[LentPhone, ...]:
    lent = session.scalars(
        select(CheckInHelper)
        .join(Engagement, Engagement.id == CheckInHelper.engagement_id)
        .where(Engagement.person_id == person.id, CheckInHelper.ended_at.is_(None))
        .order_by(CheckInHelper.declared_at)
    )
    return tuple(LentPhone(one.name, (one.phone or "")[-4:]) for one in lent)


def _hits(session: Session, person: Person) -> tuple[tuple[str, HitState], ...]:
    found = session.scalars(
        select(ListHit).where(ListHit.person_id == person.id).order_by(ListHit.found_at)
    )
    asked = {kind.name for kind in kinds().values() if kind.asks_worker}
    shown = (hit for hit in found if hit.kind in asked or hit.state != HitState.OPEN)
    return tuple((hit.kind, HitState(hit.state)) for hit in shown)
