"""The life of a post: town check, district approval, suspension, revocation (requirements 3.2).

`take` does one step or raises `Hindered` with every reason why not; `offers` says which steps a
role has and what stands in the way of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Post, PostChange, PostStatus, Role
from rules import parameters
from rules import posts as law
from services import post_checks, post_news, posts
from services.acting import Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.posts import APPROVER, DISTRICT, TOWN
from services.procedure import Hindered

S = PostStatus


@dataclass(frozen=True)
class PostStep:
    """One edge of a post's life. `reason`: words must be given; `approval` steps may not be taken
    two running by one person, nor by the one who demanded the post."""

    act: str
    sources: frozenset[PostStatus]
    target: PostStatus
    roles: frozenset[Role]
    reason: bool = False
    approval: bool = False


_USED = frozenset({S.APPROVED, S.ANNOUNCED})
STEPS: tuple[PostStep, ...] = (
    PostStep("check", frozenset({S.DEMANDED}), S.TOWN_CHECKED, TOWN, approval=True),
    PostStep("decline", frozenset({S.DEMANDED}), S.REFUSED, TOWN, reason=True),
    PostStep("approve", frozenset({S.TOWN_CHECKED}), S.APPROVED, APPROVER, approval=True),
    PostStep("send_back", frozenset({S.TOWN_CHECKED}), S.DEMANDED, DISTRICT, reason=True),
    PostStep("refuse", frozenset({S.TOWN_CHECKED}), S.REFUSED, APPROVER, reason=True),
    PostStep("suspend", _USED, S.SUSPENDED, DISTRICT | {Role.TOWN_HEAD}, reason=True),
    PostStep("resume", frozenset({S.SUSPENDED}), S.APPROVED, DISTRICT, reason=True),
    PostStep("revoke", _USED | {S.SUSPENDED}, S.REVOKED, APPROVER, reason=True),
)


@dataclass(frozen=True)
class Why:
    """What comes with a step. The two marks are the approver's checklist (R-3.1f): the post has
    real work and public use; it is no office's management and no technical post. `override` says
    why it may be all the same."""

    reason: str = ""
    has_substance: bool = False
    is_no_office_post: bool = False
    override: str = ""

    def facts(self) -> dict[str, Any]:
        return {
            "has_substance": self.has_substance,
            "is_no_office_post": self.is_no_office_post,
            "override": self.override,
        }


@dataclass(frozen=True)
class Offer:
    """A step that this role knows from here, and what hinders it."""

    step: PostStep
    obstacles: tuple[Obstacle, ...] = field(default=())


def offers(session: Session, post: Post, acting: Acting, now: datetime) -> tuple[Offer, ...]:
    """The steps that this role may take from here, each with what hinders it, as far as it can be
    known before anything is typed."""
    return tuple(
        Offer(step, _obstacles(session, post, step, acting, now, None))
        for step in STEPS
        if post.status in step.sources and acting.role in step.roles
    )


def take(
    session: Session, post: Post, act: str, acting: Acting, now: datetime, why: Why | None = None
) -> PostChange:
    """Take a step, or raise `Hindered` with every reason why not."""
    why = why or Why()
    step = next((one for one in STEPS if one.act == act and post.status in one.sources), None)
    if step is None:
        raise Hindered(f"post.{act}", (Obstacle("obstacle.state_moved_on"),))
    if obstacles := _obstacles(session, post, step, acting, now, why):
        raise Hindered(f"post.{act}", obstacles)
    before = {"status": str(post.status), "code": post.code}
    post.status = step.target
    if act == "approve":
        post.plan_year = business_date(now).year
        post.code = posts.free_code(session, "P", post.plan_year)
    if act == "resume" and post.announcement_id is not None:
        post.status = S.ANNOUNCED
    after = {"status": str(post.status), "code": post.code}
    if act == "approve":
        after |= why.facts()
    made = posts.write_change(session, post, act, acting, now, before=before, after=after,
                        reason=why.reason or why.override)  # fmt: skip
    if act in ("suspend", "resume", "revoke"):
        post_news.tell_workers(session, post, act, {}, business_date(now), now)
    return made


def _obstacles(
    session: Session, post: Post, step: PostStep, acting: Acting, now: datetime, why: Why | None
) -> tuple[Obstacle, ...]:
    if acting.role not in step.roles:
        return (Obstacle("obstacle.not_your_role"),)
    if not covers(acting.region, post.region):
        return (Obstacle("obstacle.not_your_place"),)
    if step.approval and _acted_before(session, post, acting):
        return (Obstacle("post.two_steps_by_one"),)
    found = list(_content(session, post, step, now))
    if why is not None:
        found.extend(_typed(post, step, why))
    return tuple(found)


def _acted_before(session: Session, post: Post, acting: Acting) -> bool:
    """Whether this person demanded the post, or took the step before this one."""
    if acting.staff is None:
        return False
    if post.demanded_by_id == acting.staff.id:
        return True
    approvals = [step.act for step in STEPS if step.approval]
    last = session.scalars(
        select(PostChange.staff_id)
        .where(PostChange.post_id == post.id, PostChange.act.in_(approvals))
        .order_by(PostChange.id.desc())
        .limit(1)
    ).first()
    return last == acting.staff.id


def _content(session: Session, post: Post, step: PostStep, now: datetime) -> tuple[Obstacle, ...]:
    """What the record itself must hold."""
    today = business_date(now)
    if step.act == "check":
        return post_checks.judge(session, post_checks.sheet_of(post), post.region, today).errors
    if step.act == "approve":
        return _approvable(session, post, now)
    if step.act == "revoke" and (number := posts.people_on(session, post)):
        days = parameters.in_force("post.revoke_notice_days", today).value
        return (Obstacle("post.people_on_it", {"number": number, "days": days}),)
    return ()


def _approvable(session: Session, post: Post, now: datetime) -> tuple[Obstacle, ...]:
    """Description, demand, pay and a place in the plan, all as of this day."""
    today, sheet = business_date(now), post_checks.sheet_of(post)
    judged = post_checks.judge(session, sheet, post.region, today)
    found = list(judged.errors)
    if not post.demand_reason or post.demanded_by_id is None:
        found.append(Obstacle("post.no_demand"))
    if post_checks.pay_check(sheet, today) is None:
        found.append(Obstacle("post.pay_not_set"))
    found.extend(post_checks.plan_room(session, post, post.headcount, today))
    return tuple({obstacle.key: obstacle for obstacle in found}.values())


def _typed(post: Post, step: PostStep, why: Why) -> list[Obstacle]:
    """What the person must have typed or ticked."""
    found = []
    if step.reason and not why.reason.strip():
        found.append(Obstacle("post.step_reason_needed"))
    if step.act == "approve" and not why.override.strip():
        if words := law.doubtful_words(post.name, *post.duties):
            found.append(Obstacle("post.override_needed", {"words": list(words)}))
        elif not (why.has_substance and why.is_no_office_post):
            found.append(Obstacle("post.checklist_open"))
    return found
