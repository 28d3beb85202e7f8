"""Public notices as anybody may read them: masked, and only while they hang (requirements 2.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models import (
    Application,
    Person,
    Post,
    PostStatus,
    PublicNotice,
    PublicNoticeItem,
    Region,
)
from services import announcements
from wording.hearing import mask_name


@dataclass(frozen=True)
class Line:
    """One person as the web may show them: `王*兰`, the village, the post, and the last four
    digits of the application number, which tell two of the same name apart."""

    item_id: int
    name: str
    village: str
    post: str
    number_tail: str


@dataclass(frozen=True)
class Shown:
    """A notice that hangs: its lines, and how many days are left after today (0: the last)."""

    notice_id: int
    title: str
    last_on: date
    days_left: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Over:
    """A notice that has come down: what it was called and its last day."""

    title: str
    last_on: date


def showing(session: Session, place: Region | None, day: date) -> tuple[Shown, ...]:
    """The notices that hang on the day for a place: its own, those of its town that name its
    people, and, for a town, those of all its villages. No place: the whole district's."""
    rows = session.execute(
        select(PublicNotice, PublicNotice.last_on)
        .join(Region, PublicNotice.region_id == Region.id)
        .where(
            *_about(place),
            *_hanging(day),
        )
        .order_by(PublicNotice.posted_on.desc(), PublicNotice.id.desc())
    )
    return tuple(_shown(notice, last_on, day) for notice, last_on in rows)


def hanging(session: Session, notice_id: int, day: date) -> Shown | None:
    """One notice as it hangs on the day; None where it does not."""
    row = session.execute(
        select(PublicNotice, PublicNotice.last_on).where(
            PublicNotice.id == notice_id, *_hanging(day)
        )
    ).first()
    return _shown(row[0], row[1], day) if row else None


def last_over(session: Session, place: Region | None, day: date) -> Over | None:
    """The place's newest notice that hangs no longer. Its names are not for showing any more."""
    newest = session.execute(
        select(PublicNotice.title, PublicNotice.last_on)
        .join(Region, PublicNotice.region_id == Region.id)
        .where(
            *_about(place),
            PublicNotice.published_at.is_not(None),
            or_(PublicNotice.last_on < day, PublicNotice.taken_down_at.is_not(None)),
        )
        .order_by(PublicNotice.last_on.desc(), PublicNotice.id.desc())
        .limit(1)
    ).first()
    return Over(*newest) if newest else None


def mine(session: Session, person: Person, day: date) -> tuple[PublicNoticeItem, ...]:
    """The person's own lines on notices that hang on the day: by application, never by name."""
    return tuple(
        session.scalars(
            select(PublicNoticeItem)
            .join(PublicNotice, PublicNoticeItem.notice_id == PublicNotice.id)
            .join(Application, PublicNoticeItem.application_id == Application.id)
            .where(
                Application.person_id == person.id,
                PublicNoticeItem.removed_at.is_(None),
                *_hanging(day),
            )
            .order_by(PublicNoticeItem.id)
        )
    )


def posts_on_offer(session: Session, place: Region | None, day: date) -> tuple[Post, ...]:
    """The posts of the open announcement in a place and under it; none when none is open."""
    posted = announcements.open_on(session, day)
    if posted is None:
        return ()
    asked = select(Post).join(Region, Post.region_id == Region.id)
    asked = asked.where(Post.announcement_id == posted.id, Post.status == PostStatus.ANNOUNCED)
    if place is not None:
        asked = asked.where(Region.path.startswith(place.path))
    return tuple(session.scalars(asked.order_by(Region.path, Post.code)))


def _hanging(day: date) -> tuple[ColumnElement[bool], ...]:
    """Published, begun, not over, not taken down. A draft or a scheduled one shows nowhere."""
    return (
        PublicNotice.published_at.is_not(None),
        PublicNotice.posted_on <= day,
        PublicNotice.last_on >= day,
        PublicNotice.taken_down_at.is_(None),
    )


def _about(place: Region | None) -> tuple[ColumnElement[bool], ...]:
    if place is None:
        return ()
    names_its_people = PublicNotice.items.any(PublicNoticeItem.village_id == place.id)
    return (or_(Region.path.startswith(place.path), names_its_people),)


def _shown(notice: PublicNotice, last_on: date, day: date) -> Shown:
    return Shown(
        notice_id=notice.id,
        title=notice.title,
        last_on=last_on,
        days_left=(last_on - day).days,
        lines=tuple(
            Line(item.id, mask_name(item.name), item.village.name, item.post_name, item.number_tail)
            for item in notice.items
            if item.removed_at is None
        ),
    )
