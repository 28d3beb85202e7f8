"""From the offer to the first day: agreement, training, cover, account, the person seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Agreement,
    Application,
    BankAccount,
    Engagement,
    EngagementStatus,
    InsuranceCover,
    SocialInsurance,
    Training,
)
from rules import parameters
from services.clock import business_date
from services.guards.scene import HOLDS, Obstacle, Scene, exists, guard, obstacle_unless


@guard
def offer_accepted(scene: Scene) -> tuple[Obstacle, ...]:
    return obstacle_unless(scene.application.offer_accepted_at, "offer_not_accepted")


def engagement_of(session: Session, application: Application) -> Engagement | None:
    """The engagement that the approval made."""
    return session.scalars(
        select(Engagement).where(Engagement.application_id == application.id)
    ).first()


def _engagement(scene: Scene) -> Engagement | None:
    return scene.once("engagement", lambda: engagement_of(scene.session, scene.application))


def _of_engagement(scene: Scene, table: Any) -> Any:
    engagement = _engagement(scene)
    return select(table.id).where(table.engagement_id == (engagement.id if engagement else None))


@guard
def agreement_signed(scene: Scene) -> tuple[Obstacle, ...]:
    """An agreement with its signed copy (R-3.6a)."""
    signed = _of_engagement(scene, Agreement).where(
        Agreement.signed_on.is_not(None), Agreement.signed_copy_id.is_not(None)
    )
    return obstacle_unless(exists(scene, signed), "not_signed")


@guard
def training_passed(scene: Scene) -> tuple[Obstacle, ...]:
    """A new hire has been trained and passed; whether somebody must again who was on a post before
    is a parameter (R-3.4h)."""
    passed = exists(scene, _of_engagement(scene, Training).where(Training.passed))
    return obstacle_unless(passed or _is_spared_training(scene), "not_trained")


def _is_spared_training(scene: Scene) -> bool:
    if parameters.in_force("application.rehire_trains", business_date(scene.now)).value:
        return False
    earlier = select(Engagement.id).where(
        Engagement.person_id == scene.application.person_id,
        Engagement.application_id.is_distinct_from(scene.application.id),
        Engagement.starts_on.is_not(None),
        Engagement.ends_on.is_not(None),
    )
    return exists(scene, earlier)


@guard
def start_day_ahead(scene: Scene) -> tuple[Obstacle, ...]:
    """Nobody is paid for days before the papers were complete: the first day is not in the past."""
    engagement = _engagement(scene)
    starts_on = engagement.starts_on if engagement else None
    return obstacle_unless(
        starts_on is None or starts_on >= business_date(scene.now), "start_day_past"
    )


@guard
def insured(scene: Scene) -> tuple[Obstacle, ...]:
    """A rural worker is covered from the first day; an urban one is insured by law (R-3.6c, e)."""
    if scene.application.track != "rural":
        return HOLDS
    engagement = _engagement(scene)
    starts_on = engagement.starts_on if engagement else None
    if starts_on is None:
        return (Obstacle("obstacle.no_start_day"),)
    cover = _of_engagement(scene, InsuranceCover).where(
        InsuranceCover.from_on <= starts_on,
        (InsuranceCover.to_on.is_(None)) | (InsuranceCover.to_on >= starts_on),
    )
    return obstacle_unless(exists(scene, cover), "not_insured")


@guard
def socially_insured(scene: Scene) -> tuple[Obstacle, ...]:
    """An urban worker has a contract, and the social insurance that the subsidy follows, from the
    first day (R-3.6a, e); a rural one has the village's agreement and needs neither."""
    if scene.application.track != "urban":
        return HOLDS
    engagement = _engagement(scene)
    starts_on = engagement.starts_on if engagement else None
    if starts_on is None:
        return (Obstacle("obstacle.no_start_day"),)
    recorded = _of_engagement(scene, SocialInsurance).where(
        SocialInsurance.from_on <= starts_on,
        (SocialInsurance.to_on.is_(None)) | (SocialInsurance.to_on >= starts_on),
    )
    return obstacle_unless(exists(scene, recorded), "no_contract")


@guard
def own_account(scene: Scene) -> tuple[Obstacle, ...]:
    """The wage account is the worker's own (R-3.3a)."""
    account = select(BankAccount.id).where(
        BankAccount.person_id == scene.application.person_id,
        BankAccount.holder == scene.application.person.name,
        BankAccount.replaced_at.is_(None),
    )
    return obstacle_unless(exists(scene, account), "no_own_account")


@guard
def identity_verified(scene: Scene) -> tuple[Obstacle, ...]:
    """Somebody has seen the person and the ID card together (F-01)."""
    return obstacle_unless(scene.application.person.seen_in_person_at, "not_seen_in_person")


@guard
def one_engagement(scene: Scene) -> tuple[Obstacle, ...]:
    other = select(Engagement.id).where(
        Engagement.person_id == scene.application.person_id,
        Engagement.status != EngagementStatus.ENDED,
        Engagement.application_id != scene.application.id,
    )
    return obstacle_unless(not exists(scene, other), "has_a_post")
