"""The register of posts: found by filters, a page at a time, with who is on them (R-3.5c)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from models import Engagement, EngagementStatus, Post, PostStatus, Region, Role, Staff
from rules import posts as law
from rules import wage
from rules.errors import NotInForce
from services import post_checks
from services.acting import Acting
from services.post_checks import PayCheck
from services.staff import area

PAGE = 50
EXPORT_ROWS = 20_000


@dataclass(frozen=True)
class Filters:
    """What a register is narrowed by; empty: everything. `words`: part of a name or code."""

    words: str = ""
    status: str = ""
    track: str = ""
    category: str = ""
    place: str = ""


@dataclass(frozen=True)
class Row:
    """A post with the number of people on it."""

    post: Post
    people: int

    @property
    def free(self) -> int:
        return max(self.post.headcount - self.people, 0)


@dataclass(frozen=True)
class Found:
    """One page; `next` is the id behind which the next one begins."""

    rows: tuple[Row, ...]
    next: int | None


def find(session: Session, acting: Acting, filters: Filters, after: int = 0) -> Found:
    """A page of the posts that this role may see, newest first."""
    query = _query(acting, filters).order_by(Post.id.desc()).limit(PAGE + 1)
    if after:
        query = query.where(Post.id < after)
    posts = list(session.scalars(query))
    return Found(_with_people(session, posts[:PAGE]), posts[PAGE - 1].id if posts[PAGE:] else None)


def export(session: Session, acting: Acting, filters: Filters) -> tuple[Row, ...]:
    """Everything that the filters leave, by place and code; at most `EXPORT_ROWS`."""
    query = _query(acting, filters).order_by(Region.path, Post.code).limit(EXPORT_ROWS)
    return _with_people(session, list(session.scalars(query)))


@dataclass(frozen=True)
class Underpaid:
    """A post in use whose pay lies below the floor of a day, with the arithmetic."""

    post: Post
    pay: PayCheck


def underpaid(session: Session, acting: Acting, day: date) -> list[Underpaid]:
    """The posts in use that are paid less than the minimum wage in force on a day: after a rise,
    those that have to be raised too (R-3.3b)."""
    try:
        month, hour = wage.monthly_floor(day).fen, wage.hourly_floor(day, paid_hours=1).fen
    except NotInForce:
        return []
    low = or_(
        (Post.pay_kind == "month") & (Post.pay_fen < month),
        (Post.pay_kind == "hour") & (Post.pay_fen < Post.hours_per_month * hour),
    )
    query = _query(acting, Filters()).where(Post.status.in_(post_checks.COUNTED), low)
    checked = (
        (post, post_checks.pay_check(post_checks.sheet_of(post), day))
        for post in session.scalars(query.order_by(Region.path, Post.code))
    )
    return [Underpaid(post, pay) for post, pay in checked if pay is not None]


def one(session: Session, acting: Acting, code: str) -> Post | None:
    """The post of a code, where this role may see it."""
    return session.scalars(_query(acting, Filters()).where(Post.code == code)).first()


def people_on(session: Session, post: Post) -> Sequence[Engagement]:
    """Who is on the post, or was approved for it: the person's side of the double real name."""
    return session.scalars(
        select(Engagement)
        .where(Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED)
        .options(joinedload(Engagement.person), joinedload(Engagement.application))
        .order_by(Engagement.worker_code)
    ).all()


def _query(acting: Acting, filters: Filters) -> Select[tuple[Post]]:
    assert acting.region is not None
    query = (
        select(Post)
        .join(Region, Post.region_id == Region.id)
        .where(area(acting.region))
        .options(joinedload(Post.region))
    )
    if acting.role == Role.DEPARTMENT:
        query = query.where(Post.demanded_by_id.in_(_colleagues(acting)))
    if filters.words:
        words = filters.words
        query = query.where(
            or_(
                Post.name.contains(words, autoescape=True),
                Post.code.contains(words, autoescape=True),
                Region.name.contains(words, autoescape=True),
            )
        )
    if filters.status in set(PostStatus):
        query = query.where(Post.status == filters.status)
    if filters.track:
        query = query.where(Post.track == filters.track)
    if filters.category in law.categories():
        query = query.where(Post.category == filters.category)
    if filters.place:
        query = query.where(Region.path.in_(_under(filters.place)))
    return query


def _under(code: str) -> Select[tuple[str]]:
    """The paths of a place and everything under it."""
    whole = select(Region.path).where(Region.code == code).scalar_subquery()
    return select(Region.path).where(Region.path.startswith(whole))


def _colleagues(acting: Acting) -> Select[tuple[object]]:
    """A department sees the posts that its own people demanded."""
    unit = acting.staff.unit if acting.staff else ""
    return select(Staff.id).where(Staff.unit == unit)  # type: ignore[return-value] # a column of ids


def _with_people(session: Session, posts: Sequence[Post]) -> tuple[Row, ...]:
    held = session.execute(
        select(Engagement.post_id, func.count())
        .where(
            Engagement.post_id.in_([post.id for post in posts]),
            Engagement.status != EngagementStatus.ENDED,
        )
        .group_by(Engagement.post_id)
    )
    counts = {key: number for key, number in held}  # noqa: C416 - rows are not pairs to mypy
    return tuple(Row(post, counts.get(post.id, 0)) for post in posts)
