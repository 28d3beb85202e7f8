"""The subsidy of an urban worker's social insurance: which kinds, which share, from the receipt
(R-3.6e, plan 三(六)). Urban money: it never comes into the 40/20/40 report (R-4.3c)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    Engagement,
    RecordKind,
    Role,
    SocialClaim,
    SocialInsurance,
    SubsidyRecord,
    new_id,
)
from rules import pay
from rules.months import end_of_month
from services.acting import Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.pay.conflicts import is_own_or_kin
from services.pay.facts import digest
from services.procedure import Hindered
from services.trail import note

ENTERS = frozenset({Role.TOWN_CLERK})
DECIDES = frozenset({Role.DISTRICT_APPROVER})


@dataclass(frozen=True)
class PaidIn:
    """What was paid in for a month, by the number of its receipt."""

    month_on: date
    amount_fen: int
    voucher: str


def enter(
    session: Session, engagement: Engagement, paid_in: PaidIn, acting: Acting, now: datetime
) -> SocialClaim:
    """Write down what was paid in; kinds and share are those of the worker's contract in that
    month. Raises `Hindered`."""
    held = insurance_of(session, engagement, paid_in.month_on)
    found = _may_not(session, engagement, acting, ENTERS)
    if engagement.track != "urban" or held is None:
        found.append(Obstacle("payments.social_none"))
    if paid_in.amount_fen <= 0 or not paid_in.voucher.strip():
        found.append(Obstacle("pay.receipt_incomplete"))
    if paid_in.month_on > business_date(now):
        found.append(Obstacle("pay.month_not_over"))
    if of_month(session, engagement, paid_in.month_on) is not None:
        found.append(Obstacle("payments.social_there"))
    if found or held is None:
        raise Hindered("enter_social", tuple(found))
    assert acting.staff is not None
    claim = SocialClaim(
        id=new_id(),
        engagement_id=engagement.id,
        month_on=paid_in.month_on.replace(day=1),
        kinds=held.kinds,
        share_percent=held.share_percent,
        paid_in_fen=paid_in.amount_fen,
        voucher=paid_in.voucher.strip()[:64],
        entered_by_id=acting.staff.id,
        entered_at=now,
    )
    session.add(claim)
    note(session, "social.entered", actor=acting.name, at=now,
         subject=("engagement", engagement.id), month=claim.month_on.isoformat(),
         paid_in_fen=claim.paid_in_fen, subsidy_fen=claim.subsidy_fen)  # fmt: skip
    session.flush()
    return claim


def decide(
    session: Session, claim: SocialClaim, *, agreed: bool, acting: Acting, now: datetime
) -> SubsidyRecord | None:
    """The district agrees, which makes the record that is paid with the next urban batch, or not:
    then the claim is off, and may be entered anew."""
    session.refresh(claim, with_for_update={"of": SocialClaim})
    found = _may_not(session, claim.engagement, acting, DECIDES)
    if acting.staff is not None and acting.staff.id == claim.entered_by_id:
        found.append(Obstacle("obstacle.two_steps_by_one"))
    if claim.decided_at is not None:
        found.append(Obstacle("pay.moved_on"))
    if found:
        raise Hindered("decide_social", tuple(found))
    assert acting.staff is not None
    note(session, "social.decided", actor=acting.name, at=now,
         subject=("engagement", claim.engagement_id), agreed=agreed,
         subsidy_fen=claim.subsidy_fen)  # fmt: skip
    if not agreed:
        session.delete(claim)
        session.flush()
        return None
    claim.decided_at, claim.decided_by_id, claim.agreed = now, acting.staff.id, True
    made = _record(claim, acting, now)
    session.add(made)
    session.flush()
    claim.record_id = made.id
    session.flush()
    return made


def insurance_of(
    session: Session, engagement: Engagement, month_on: date
) -> SocialInsurance | None:
    """The worker's contract and insurance in a month; the newest where there are several."""
    return session.scalars(
        select(SocialInsurance)
        .where(
            SocialInsurance.engagement_id == engagement.id,
            SocialInsurance.from_on <= end_of_month(month_on),
            SocialInsurance.to_on.is_(None) | (SocialInsurance.to_on >= month_on.replace(day=1)),
        )
        .order_by(SocialInsurance.id.desc())
        .limit(1)
    ).first()


def of_month(session: Session, engagement: Engagement, month_on: date) -> SocialClaim | None:
    """What was entered for a worker's month."""
    return session.scalars(
        select(SocialClaim).where(
            SocialClaim.engagement_id == engagement.id,
            SocialClaim.month_on == month_on.replace(day=1),
        )
    ).first()


def waiting(session: Session) -> list[SocialClaim]:
    """The claims that nobody has decided, the oldest first."""
    return list(
        session.scalars(
            select(SocialClaim)
            .where(SocialClaim.decided_at.is_(None))
            .options(joinedload(SocialClaim.engagement).joinedload(Engagement.person))
            .order_by(SocialClaim.entered_at)
        )
    )


def _record(claim: SocialClaim, acting: Acting, now: datetime) -> SubsidyRecord:
    assert acting.staff is not None
    engagement, fen = claim.engagement, claim.subsidy_fen
    result = {"amount_fen": fen, "shared_fen": 0, "other_fen": fen, "province_fen": 0,
              "city_fen": 0, "district_fen": 0}  # fmt: skip
    snapshot = {
        "month_on": claim.month_on.isoformat(),
        "engagement": str(engagement.id),
        "kinds": claim.kinds,
        "share_percent": claim.share_percent,
        "paid_in_fen": claim.paid_in_fen,
        "voucher": claim.voucher,
        "result": result,
    }
    return SubsidyRecord(
        kind=RecordKind.SOCIAL,
        engagement_id=engagement.id,
        person_id=engagement.person_id,
        region_id=engagement.post.region_id,
        month_on=claim.month_on,
        track="urban",
        carry=pay.NOTHING_CARRIED.as_json(),
        snapshot=snapshot,
        sha256=digest(snapshot),
        approved_by_id=acting.staff.id,
        approved_at=now,
        **result,
    )


def _may_not(
    session: Session, engagement: Engagement, acting: Acting, roles: frozenset[Role]
) -> list[Obstacle]:
    if acting.role not in roles or acting.staff is None:
        return [Obstacle("obstacle.not_your_role")]
    if not covers(acting.region, engagement.post.region):
        return [Obstacle("obstacle.not_your_place")]
    if is_own_or_kin(session, acting, engagement.person_id):
        return [Obstacle("pay.own_or_kin", {"names": [engagement.person.name], "count": 1})]
    return []
