"""What changes a last day besides an extension: a record of other support, and how a woman retires
(R-3.3d, requirements 2.2). Each dates the term anew, with history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, OtherSupport, Role
from models.procedure import TOWN_CLERK
from rules import parameters
from services.acting import Acting
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.terms import notices, permits
from services.trail import note

MAY_CORRECT = TOWN_CLERK | {Role.DISTRICT_CLERK}
CATEGORIES = ("F50", "F55")


@dataclass(frozen=True)
class Support:
    """Another employment subsidy: which, from when to when, and what proves it."""

    kind: str
    from_on: date
    to_on: date
    source: str


def record_support(
    session: Session, engagement: Engagement, support: Support, acting: Acting, now: datetime
) -> OtherSupport:
    """Keep a record of what the person drew elsewhere, and date the term anew. The same record
    again changes nothing."""
    permits.require(session, acting, engagement, roles=MAY_CORRECT, act="support")
    _check(support, business_date(now))
    same = session.scalars(
        select(OtherSupport).where(
            OtherSupport.person_id == engagement.person_id,
            OtherSupport.kind == support.kind,
            OtherSupport.from_on == support.from_on,
            OtherSupport.to_on == support.to_on,
        )
    ).first()
    if same is not None:
        return same
    assert acting.staff is not None
    made = OtherSupport(
        person_id=engagement.person_id,
        kind=support.kind,
        from_on=support.from_on,
        to_on=support.to_on,
        source=support.source.strip()[:128],
        recorded_by_id=acting.staff.id,
        recorded_at=now,
    )
    session.add(made)
    note(session, "term.support", actor=acting.name, at=now,
         subject=("engagement", engagement.id), kind=support.kind)  # fmt: skip
    session.flush()
    notices.redate(session, engagement, cause="support", actor=acting.name, now=now)
    return made


def set_category(
    session: Session, engagement: Engagement, category: str, acting: Acting, now: datetime
) -> bool:
    """Correct how an urban woman retires; whether the last day moved. A wrong category moves it by
    years, so it is never inferred."""
    permits.require(session, acting, engagement, roles=MAY_CORRECT, act="category")
    fits = engagement.track == "urban" and engagement.person.sex == "female"
    if not fits or category not in CATEGORIES:
        raise Hindered("category", (Obstacle("term.not_urban_woman"),))
    before, engagement.retire_category = engagement.retire_category, category
    note(session, "term.category", actor=acting.name, at=now,
         subject=("engagement", engagement.id), before=before, after=category)  # fmt: skip
    session.flush()
    return notices.redate(session, engagement, cause="correction", actor=acting.name, now=now)


def _check(support: Support, today: date) -> None:
    found = []
    if support.kind not in parameters.in_force_or_first("term.other_support", today).value:
        found.append(Obstacle("term.no_such_support"))
    if not support.from_on <= support.to_on <= today:
        found.append(Obstacle("term.support_dates"))
    if not support.source.strip():
        found.append(Obstacle("obstacle.reason_needed"))
    if found:
        raise Hindered("support", tuple(found))
