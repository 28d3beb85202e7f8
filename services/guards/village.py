"""The village's steps: papers, time limits, the democratic review, what may exclude."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ExclusionCheck,
    Material,
    Review,
    ReviewResult,
)
from rules import parameters
from services.clock import business_date
from services.guards.applicant import known
from services.guards.scene import Obstacle, Scene, guard, obstacle_unless


@guard
def papers_complete(scene: Scene) -> tuple[Obstacle, ...]:
    """An ID card and a household page have come, as photos or on paper at the village."""
    held = set(
        scene.session.scalars(
            select(Material.kind).where(
                Material.application_id == scene.application.id, Material.state != "lost"
            )
        )
    )
    lacking = [kind for kind in ("id_card", "household") if kind not in held]
    return tuple(Obstacle("obstacle.paper_lacking", {"kind": kind}) for kind in lacking)


@guard
def is_overdue(scene: Scene) -> tuple[Obstacle, ...]:
    due_on = scene.application.due_on
    return obstacle_unless(due_on and due_on < business_date(scene.now), "not_due_yet")


@guard
def review_held(scene: Scene) -> tuple[Obstacle, ...]:
    """A closed review holds a vote on this application (no stage skipped, R-3.4c)."""
    return obstacle_unless(_result(scene), "no_review")


@guard
def review_passed(scene: Scene) -> tuple[Obstacle, ...]:
    result = _result(scene)
    passed = result is not None and result.votes_for > result.votes_against + result.abstained
    return obstacle_unless(passed, "review_not_passed")


@guard
def review_failed(scene: Scene) -> tuple[Obstacle, ...]:
    return obstacle_unless(bool(review_passed(scene)), "review_was_passed")


def _result(scene: Scene) -> ReviewResult | None:
    return scene.once("result", lambda: _find_result(scene))


def _find_result(scene: Scene) -> ReviewResult | None:
    return scene.session.scalars(
        select(ReviewResult)
        .join(Review)
        .where(ReviewResult.application_id == scene.application.id, Review.closed_at.is_not(None))
        .order_by(ReviewResult.id.desc())
        .limit(1)
    ).first()


@guard
def cross_checked(scene: Scene) -> tuple[Obstacle, ...]:
    """Every circumstance that may exclude has been looked into (requirements 2.4)."""
    found = scene.once(
        "exclusions", lambda: exclusions(scene.session, scene.application, scene.now)
    )
    open_ones = tuple(name for name, outcome in found.items() if outcome is None)
    return tuple(Obstacle("obstacle.not_checked", {"circumstance": name}) for name in open_ones)


@guard
def not_excluded(scene: Scene) -> tuple[Obstacle, ...]:
    found = scene.once(
        "exclusions", lambda: exclusions(scene.session, scene.application, scene.now)
    )
    hits = tuple(name for name, outcome in found.items() if outcome == "hit")
    found_out = tuple(Obstacle("obstacle.excluded", {"circumstance": name}) for name in hits)
    listed = (Obstacle("cross_check.applicant"),) if known(scene).is_listed else ()
    return (*found_out, *listed)


def exclusions(session: Session, application: Application, now: datetime) -> dict[str, str | None]:
    """Each circumstance that the parameter names, with the latest finding: clear, hit or None."""
    names = parameters.in_force("eligibility.exclusions", business_date(now)).value
    found: dict[str, str | None] = dict.fromkeys(names)
    checks = session.scalars(
        select(ExclusionCheck)
        .where(ExclusionCheck.application_id == application.id)
        .order_by(ExclusionCheck.id)
    )
    for made in checks:
        if made.circumstance in found:
            found[made.circumstance] = made.outcome
    return found
