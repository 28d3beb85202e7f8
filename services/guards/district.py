"""The district's approval: the rules asked again, duplicates, room, quota, the waiting list."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import func, select

from models import (
    Engagement,
    EngagementStatus,
    Person,
    Post,
    PostStatus,
)
from rules import parameters
from services import quotas, screening
from services.clock import business_date
from services.guards.applicant import known
from services.guards.scene import HOLDS, Obstacle, Scene, guard, obstacle_unless

DECIDED_OUTSIDE_THE_LIST = "outside_list_decided"
"""The reason code by which a person decides for somebody outside the listed groups (R-3.2h)."""


@guard
def age_holds(scene: Scene) -> tuple[Obstacle, ...]:
    """The rules, asked again on this day with the facts as they stand (R-3.4e). Somebody outside
    the list passes only by a person's written decision (R-3.2h)."""
    today = business_date(scene.now)
    decision = screening.decide_application(scene.application, today)
    if decision.outcome == "eligible" or scene.reason_code == DECIDED_OUTSIDE_THE_LIST:
        return HOLDS
    return (Obstacle("obstacle.rules_say", {"outcome": decision.outcome}),)


@guard
def no_duplicate(scene: Scene) -> tuple[Obstacle, ...]:
    """The person holds no other post (R-3.5c, F-06). Their row is locked, so that of two approvals
    at once the second one sees the first."""
    if not scene.only_looking:
        mine = select(Person.id).where(Person.id == scene.application.person_id)
        scene.session.execute(mine.with_for_update())
    return obstacle_unless(not known(scene).has_post, "has_a_post")


@guard
def post_has_room(scene: Scene) -> tuple[Obstacle, ...]:
    """A post has been assigned, and fewer people are on it than its headcount."""
    key, locks = scene.application.post_id or 0, not scene.only_looking
    post = scene.session.get(Post, key, with_for_update=locks)
    if post is None or post.status not in (PostStatus.APPROVED, PostStatus.ANNOUNCED):
        return (Obstacle("obstacle.no_post"),)
    taken = scene.session.scalar(
        select(func.count()).where(
            Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED
        )
    )
    return obstacle_unless((taken or 0) < post.headcount, "post_full", post=post.name)


@guard
def quota_has_room(scene: Scene) -> tuple[Obstacle, ...]:
    """The plan version in force today leaves room; the quota's row is locked until the end."""
    room = _room(scene)
    if room is None:
        return (Obstacle("obstacle.quota_not_issued"),)
    return obstacle_unless(room > 0, "quota_full")


def _room(scene: Scene) -> int | None:
    today, seen = business_date(scene.now), scene.application
    ask = quotas.room_seen if scene.only_looking else quotas.room
    return scene.once("room", lambda: ask(scene.session, seen, today))


@guard
def quota_is_full(scene: Scene) -> tuple[Obstacle, ...]:
    room = _room(scene)
    return obstacle_unless(room is not None and room <= 0, "quota_has_room")


@guard
def first_in_line(scene: Scene) -> tuple[Obstacle, ...]:
    rank = quotas.waiting_rank(scene.session, scene.application)
    return obstacle_unless(rank == 1, "others_before", rank=rank or 0)


def longest_wait(today: date) -> timedelta:
    """How long a place on the waiting list holds."""
    months = int(parameters.in_force("application.waiting_list_months", today).value)
    return timedelta(days=months * 365 / 12)


@guard
def waited_too_long(scene: Scene) -> tuple[Obstacle, ...]:
    waited = scene.now - scene.application.status_at
    return obstacle_unless(waited > longest_wait(business_date(scene.now)), "may_still_wait")
