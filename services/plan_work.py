"""What waits of posts and announcements, for the first page of the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Post, PostStatus, Region, Role
from services import post_register, recruitment
from services.acting import Acting
from services.clock import business_date
from services.staff import area
from services.worklist import Item, source

WAITS_FOR = {
    Role.TOWN_CLERK: PostStatus.DEMANDED,
    Role.TOWN_HEAD: PostStatus.DEMANDED,
    Role.DISTRICT_CLERK: PostStatus.TOWN_CHECKED,
    Role.DISTRICT_APPROVER: PostStatus.TOWN_CHECKED,
}


@source
class PostsWork:
    """Demands that wait for the town's check or the district's approval; before them the year's
    recruitment announcement, until one is out (R-3.4a)."""

    kind = "posts"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        return [
            *_missing(session, acting, now),
            *_underpaid(session, acting, now),
            *_demands(session, acting, limit),
        ]


def _missing(session: Session, acting: Acting, now: datetime) -> list[Item]:
    if acting.role not in recruitment.MAKERS:
        return []
    today = business_date(now)
    due_on = recruitment.is_missing(session, today)
    if due_on is None:
        return []
    slots = {"year": today.year}
    return [Item("posts", "announcement.missing", slots, due_on, "console.announcements")]


def _underpaid(session: Session, acting: Acting, now: datetime) -> list[Item]:
    """Posts that a rise of the minimum wage left behind, for those who may change pay."""
    if acting.role not in recruitment.MAKERS:
        return []
    number = len(post_register.underpaid(session, acting, business_date(now)))
    if not number:
        return []
    return [Item("posts", "post.underpaid", {"number": number}, None, "console.posts_underpaid")]


def _demands(session: Session, acting: Acting, limit: int) -> list[Item]:
    status = WAITS_FOR.get(acting.role) if isinstance(acting.role, Role) else None
    if status is None or acting.region is None:
        return []
    rows = session.execute(
        select(Post.code, Post.name, Region.name, Post.headcount)
        .join(Region, Post.region_id == Region.id)
        .where(Post.status == status, area(acting.region))
        .order_by(Post.demanded_at, Post.id)
        .limit(limit)
    )
    return [
        Item(
            "posts",
            "post.waits",
            {"post": name, "place": place, "number": number},
            None,
            "console.post_page",
            {"code": code},
        )
        for code, name, place, number in rows
    ]
