"""The demand of a village or department, and every change of the post that comes of it (R-1.3,
R-3.1d).

Each change is a row of `post_change`, with the day from which it holds; whoever works on the post
is told. The steps from demand to approval and back are `services.post_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from models import Engagement, EngagementStatus, Post, PostChange, PostStatus, Region, Role
from services import post_checks, post_news
from services.acting import CLOCK, Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.numbers import next_number
from services.post_checks import Sheet
from services.procedure import Hindered
from services.trail import note

TOWN = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})
APPROVER = frozenset({Role.DISTRICT_APPROVER})
DISTRICT = APPROVER | {Role.DISTRICT_CLERK}
DEMANDERS = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD, Role.DEPARTMENT, Role.TOWN_CLERK})
DOUBLE_CLICK = timedelta(minutes=10)
LIVE = frozenset({PostStatus.APPROVED, PostStatus.ANNOUNCED, PostStatus.SUSPENDED})
"""Approved, and not taken back."""

DAILY = frozenset({"duties", "worksite", "host_unit", "responsible", "hours_per_week"})
"""What the town may change on a live post; name, number and pay are the district's (R-3.4f)."""


@dataclass(frozen=True)
class Revision:
    """What a post shall be, from which day, and why."""

    sheet: Sheet
    effective_on: date
    reason: str


def demand(
    session: Session, sheet: Sheet, place: Region, reason: str, acting: Acting, now: datetime
) -> tuple[Post, tuple[Obstacle, ...]]:
    """Write down a demand; gives the post with what should be known of it. The same demand by the
    same person within minutes is a second click and gives back the first. Raises `Hindered`."""
    today, reason = business_date(now), reason.strip()
    errors = _may_demand(acting, place)
    judged = post_checks.judge(session, sheet, place, today)
    errors = errors or [*judged.errors, *([] if reason else [Obstacle("post.reason_needed")])]
    if errors:
        raise Hindered("post.demand", tuple(errors))
    if (earlier := _second_click(session, sheet, place, reason, acting, now)) is not None:
        return earlier, (Obstacle("post.there_already", {"code": earlier.code}),)
    post = Post(
        region_id=place.id,
        code=free_code(session, "D", today.year),
        status=PostStatus.DEMANDED,
        demand_reason=reason[:255],
        demanded_by_id=acting.staff.id if acting.staff else None,
        demanded_at=now,
        **sheet.values(),
    )
    session.add(post)
    session.flush()
    write_change(session, post, "demand", acting, now, after=sheet.values(), reason=reason)
    return post, judged.warnings


def change(
    session: Session, post: Post, revision: Revision, acting: Acting, now: datetime
) -> tuple[PostChange, tuple[Obstacle, ...]]:
    """Change a post from a day on, today or later; gives the change and what should be known of
    it. Whoever works on it is told now (R-3.1d). Raises `Hindered`."""
    today, effective_on = business_date(now), revision.effective_on
    new = differences(post, revision.sheet)
    judged = post_checks.judge(session, revision.sheet, post.region, max(effective_on, today))
    errors = _may_change(post, new, acting) or [
        *judged.errors,
        *_change_errors(session, post, revision, today),
    ]
    if errors:
        raise Hindered("post.change", tuple(errors))
    old = {name: getattr(post, name) for name in new}
    act = "change" if effective_on <= today else "planned"
    if act == "change":
        _carry_out(post, new)
    made = write_change(session, post, act, acting, now, before=old, after=new,
                        reason=revision.reason.strip(), effective_on=effective_on)  # fmt: skip
    if post.status in LIVE:
        post_news.tell_workers(session, post, "change", new, effective_on, now)
    return made, judged.warnings


def is_change_due(session: Session, now: datetime) -> bool:
    """Whether `carry_out_due` would find something. Cheap: asked at every tick."""
    return session.scalar(_due(now).with_only_columns(PostChange.id).limit(1)) is not None


def carry_out_due(session: Session, now: datetime) -> int:
    """Carry out the planned changes whose day has come; how many. Safe to repeat."""
    due = session.scalars(_due(now)).all()
    for planned in due:
        post = session.get_one(Post, planned.post_id, with_for_update=True)
        before = {name: getattr(post, name) for name in planned.after}
        _carry_out(post, planned.after)
        write_change(session, post, "change", CLOCK, now, before=before, after=planned.after,
                     reason=planned.reason, planned=planned)  # fmt: skip
    return len(due)


def _due(now: datetime) -> Select[tuple[PostChange]]:
    done = aliased(PostChange)
    return (
        select(PostChange)
        .where(
            PostChange.act == "planned",
            PostChange.effective_on <= business_date(now),
            ~select(done.id).where(done.planned_id == PostChange.id).exists(),
        )
        .order_by(PostChange.effective_on, PostChange.id)
    )


def differences(post: Post, sheet: Sheet) -> dict[str, Any]:
    """Column → new value, where a sheet differs from the post."""
    return {name: new for name, new in sheet.values().items() if new != getattr(post, name)}


def people_on(session: Session, post: Post) -> int:
    """People whose engagement on the post has not ended."""
    held = select(func.count()).where(
        Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED
    )
    return session.scalar(held) or 0


def history(session: Session, post: Post) -> list[PostChange]:
    """Every change of a post, the newest first."""
    rows = select(PostChange).where(PostChange.post_id == post.id).order_by(PostChange.id.desc())
    return list(session.scalars(rows))


def write_change(  # noqa: PLR0913 - one row, all of it needed
    session: Session,
    post: Post,
    act: str,
    acting: Acting,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    effective_on: date | None = None,
    planned: PostChange | None = None,
) -> PostChange:
    """Add one row to the post's history and to the audit trail."""
    made = PostChange(
        post_id=post.id,
        at=now,
        effective_on=effective_on or business_date(now),
        staff_id=acting.staff.id if acting.staff else None,
        act=act,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason[:255],
        planned_id=planned.id if planned else None,
    )
    session.add(made)
    note(session, f"post.{act}", actor=acting.name, at=now, subject=("post", post.id),
         before=made.before, after=made.after, why=reason)  # fmt: skip
    session.flush()
    return made


def free_code(session: Session, letter: str, year: int) -> str:
    """The next code of a year that no post has: `P2022-0007` for posts, `D…` for demands."""
    while True:
        code = f"{letter}{year}-{next_number(session, f'post-{letter}-{year}'):04d}"
        if session.scalars(select(Post.id).where(Post.code == code)).first() is None:
            return code


def _may_demand(acting: Acting, place: Region) -> list[Obstacle]:
    if acting.role not in DEMANDERS:
        return [Obstacle("obstacle.not_your_role")]
    if not covers(acting.region, place):
        return [Obstacle("obstacle.not_your_place")]
    if not post_checks.is_place_for_posts(place):
        return [Obstacle("post.place_needed")]
    return []


def _may_change(post: Post, new: Mapping[str, Any], acting: Acting) -> list[Obstacle]:
    """A demand is its author's and the town's; a checked one the town's and district's; a live post
    is the town's in daily things, the district's in all."""
    if not covers(acting.region, post.region):
        return [Obstacle("obstacle.not_your_place")]
    allowed = {
        PostStatus.DEMANDED: DEMANDERS | TOWN,
        PostStatus.TOWN_CHECKED: TOWN | DISTRICT,
    }.get(PostStatus(post.status), TOWN | DISTRICT if post.status in LIVE else frozenset())
    if acting.role not in allowed:
        return [Obstacle("obstacle.not_your_role")]
    if acting.role == Role.DEPARTMENT and not _is_own(post, acting):
        return [Obstacle("obstacle.not_your_place")]
    if post.status in LIVE and acting.role not in APPROVER and new.keys() - DAILY:
        return [Obstacle("post.district_only")]
    return [] if new else [Obstacle("post.nothing_changed")]


def _is_own(post: Post, acting: Acting) -> bool:
    return acting.staff is not None and post.demanded_by_id == acting.staff.id


def _change_errors(session: Session, post: Post, revision: Revision, today: date) -> list[Obstacle]:
    found, sheet = [], revision.sheet
    if not revision.reason.strip():
        found.append(Obstacle("post.change_reason_needed"))
    if revision.effective_on < today:
        found.append(Obstacle("post.not_backwards"))
    if sheet.track != post.track:
        found.append(Obstacle("post.track_stays"))
    held = people_on(session, post)
    if sheet.headcount < held:
        found.append(Obstacle("post.headcount_below", {"number": held}))
    if post.status in LIVE and sheet.headcount > post.headcount:
        more = sheet.headcount - post.headcount
        found.extend(post_checks.plan_room(session, post, more, today))
    return found


def _carry_out(post: Post, new: Mapping[str, Any]) -> None:
    for name, value in new.items():
        setattr(post, name, value)


def _second_click(
    session: Session, sheet: Sheet, place: Region, reason: str, acting: Acting, now: datetime
) -> Post | None:
    if acting.staff is None:
        return None
    alike = session.scalars(
        select(Post).where(
            Post.demanded_by_id == acting.staff.id,
            Post.region_id == place.id,
            Post.name == sheet.name,
            Post.demand_reason == reason,
            Post.demanded_at >= now - DOUBLE_CLICK,
        )
    )
    return next((post for post in alike if not differences(post, sheet)), None)
