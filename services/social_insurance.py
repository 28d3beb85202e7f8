"""An urban worker's contract, and the social insurance that the subsidy follows (R-3.6e)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import Application, SocialInsurance
from models.procedure import TOWN_CLERK
from rules import parameters
from services import agreements, permits
from services.acting import Acting
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note


def kinds_on(today: date) -> tuple[str, ...]:
    """The insurances that a subsidy may follow; names of `insurance.social_kinds`."""
    return tuple(parameters.in_force("insurance.social_kinds", today).value)


def record(  # noqa: PLR0913 - the columns of one record
    session: Session,
    application: Application,
    *,
    contract_number: str,
    kinds: Sequence[str],
    from_on: date,
    acting: Acting,
    now: datetime,
) -> SocialInsurance:
    """Keep an urban worker's contract and which insurances the subsidy follows; it stops at the
    same end as the post (R-3.6e)."""
    permits.require(session, acting, application, roles=TOWN_CLERK, act="record_social")
    today = business_date(now)
    if application.track != "urban":
        raise Hindered("record_social", (Obstacle("insurance.urban_only"),))
    if not contract_number.strip():
        raise Hindered("record_social", (Obstacle("insurance.no_contract_number"),))
    chosen = [kind for kind in kinds_on(today) if kind in kinds]
    if not chosen:
        raise Hindered("record_social", (Obstacle("insurance.no_kinds"),))
    engagement = agreements.starting(session, application)
    assert acting.staff is not None
    record = SocialInsurance(
        engagement_id=engagement.id,
        contract_number=contract_number.strip()[:64],
        kinds=",".join(chosen),
        share_percent=int(parameters.in_force("insurance.social_share_percent", today).value),
        from_on=from_on,
        to_on=agreements.last_day(session, engagement, max(from_on, today), today),
        recorded_by_id=acting.staff.id,
        recorded_at=now,
    )
    session.add(record)
    note(
        session,
        "insurance.social",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        contract=record.contract_number,
        kinds=record.kinds,
    )
    session.flush()
    return record
