"""The yearly recruitment announcement as a draft, and its corrections (R-3.4a).

A published announcement is never changed: a correction is the year's next version. Posts join an
announcement at the moment it is published (`services.recruitment_publishing`); until then a draft
only names them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Announcement, PlanVersion, Post, PostStatus, Region, Role
from rules import parameters, rulesets
from services.acting import Acting
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

MAKERS = frozenset({Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
DAYS = ("opens_on", "closes_on", "reference_on")
PHONE = re.compile(r"(0[0-9]{2,3}-?)?[0-9]{7,8}|1[3-9][0-9]{9}|12333|12345")


@dataclass(frozen=True)
class Text:
    """What an announcement says, as a form gives it. `reference_on`: the day on which ages are
    reckoned."""

    year: int
    title: str
    ruleset: str
    opens_on: date
    closes_on: date
    reference_on: date
    contact_phone: str
    remark: str = ""
    post_ids: tuple[int, ...] = ()
    correction_reason: str = ""


def text_of(announcement: Announcement) -> Text:
    """What an announcement says now."""
    values = {name: getattr(announcement, name) for name in Text.__dataclass_fields__}
    return Text(**{**values, "post_ids": tuple(announcement.post_ids or ())})


def draft(session: Session, text: Text, acting: Acting, now: datetime) -> Announcement:
    """The year's next version as a draft. Where the year has an unpublished one already, that is
    worked on instead (`Hindered` names it)."""
    may(acting, MAKERS)
    versions = of_year(session, text.year)
    if versions and versions[0].published_at is None:
        raise Hindered(
            "announcement.draft",
            (Obstacle("announcement.draft_there", {"version": versions[0].version}),),
        )
    made = Announcement(
        version=versions[0].version + 1 if versions else 1,
        made_by_id=acting.staff.id if acting.staff else None,
        **_columns(text),
    )
    if errors := form_errors(text):
        raise Hindered("announcement.draft", errors)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # somebody wrote one at the same moment
        there = Obstacle("announcement.draft_there", {"version": made.version})
        raise Hindered("announcement.draft", (there,)) from None
    write(session, "announcement.draft", made, acting, now, after=plain(text))
    return made


def edit(
    session: Session, announcement: Announcement, text: Text, acting: Acting, now: datetime
) -> None:
    """Put a draft into other words. A scheduled one loses its time: somebody looks at it again."""
    may(acting, MAKERS)
    if announcement.published_at is not None:
        raise Hindered("announcement.edit", (Obstacle("announcement.published_already"),))
    if errors := form_errors(text):
        raise Hindered("announcement.edit", errors)
    before = plain(text_of(announcement))
    for name, value in _columns(text).items():
        setattr(announcement, name, value)
    announcement.scheduled_at = None
    write(session, "announcement.edit", announcement, acting, now, before=before,
          after=plain(text))  # fmt: skip
    session.flush()


def correct(
    session: Session, published: Announcement, acting: Acting, now: datetime
) -> Announcement:
    """A draft of the next version that says what the published one says; its author then changes
    what was wrong and says why."""
    if published.published_at is None:
        raise Hindered("announcement.correct", (Obstacle("announcement.not_published"),))
    text = text_of(published)
    held = [post.id for post in posts_of(session, published)]
    return draft(session, Text(**{**asdict(text), "post_ids": tuple(held)}), acting, now)


def posts_of(session: Session, announcement: Announcement) -> list[Post]:
    """The posts of a published announcement; those that a draft names."""
    mine = Post.announcement_id == announcement.id
    if announcement.published_at is None:
        mine = Post.id.in_(announcement.post_ids or ())
    found = select(Post).join(Region, Post.region_id == Region.id).where(mine)
    return list(session.scalars(found.order_by(Region.path, Post.code)))


def choosable(session: Session, announcement: Announcement | None) -> list[Post]:
    """The posts that a draft may name: approved ones, and those of the year's earlier versions."""
    year = announcement.year if announcement else None
    earlier = select(Announcement.id).where(Announcement.year == year)
    fits = or_(
        Post.status == PostStatus.APPROVED,
        (Post.status == PostStatus.ANNOUNCED) & Post.announcement_id.in_(earlier),
    )
    found = select(Post).join(Region, Post.region_id == Region.id).where(fits)
    return list(session.scalars(found.order_by(Region.path, Post.code)))


def of_year(session: Session, year: int) -> list[Announcement]:
    """The year's versions, the newest first."""
    found = select(Announcement).where(Announcement.year == year)
    return list(session.scalars(found.order_by(Announcement.version.desc())))


def every(session: Session) -> Sequence[Announcement]:
    """All announcements, the newest first."""
    order = (Announcement.year.desc(), Announcement.version.desc())
    return session.scalars(select(Announcement).order_by(*order)).all()


def is_missing(session: Session, today: date) -> date | None:
    """The day by which this plan year's announcement should be out, where none is (R-3.4a)."""
    issued = session.scalar(select(func.count()).where(PlanVersion.year == today.year))
    out = session.scalar(
        select(func.count()).where(
            Announcement.year == today.year, Announcement.published_at.is_not(None)
        )
    )
    if not issued or out:
        return None
    due = parameters.in_force_or_first("plan.announcement_due", today).value
    return date(today.year, due["month"], due["day"])


def form_errors(text: Text) -> tuple[Obstacle, ...]:
    """What a form has to say before it is a draft."""
    found = []
    if not text.title.strip():
        found.append(Obstacle("announcement.title_needed"))
    if text.ruleset not in rulesets.names():
        found.append(Obstacle("announcement.ruleset_needed"))
    if text.opens_on > text.closes_on:
        found.append(Obstacle("announcement.window_backwards"))
    if text.opens_on.year != text.year:
        found.append(Obstacle("announcement.other_year", {"year": text.year}))
    if not PHONE.fullmatch(text.contact_phone.strip()):
        found.append(Obstacle("announcement.phone_needed"))
    return tuple(found)


def may(acting: Acting, roles: frozenset[Role]) -> None:
    """Raise `Hindered` where the role has no part in announcements, or not for the district."""
    if acting.role not in roles:
        raise Hindered("announcement", (Obstacle("obstacle.not_your_role"),))


def plain(text: Text) -> dict[str, Any]:
    """A text as plain JSON."""
    values = asdict(text)
    days = {name: day.isoformat() for name, day in values.items() if isinstance(day, date)}
    return {**values, **days, "post_ids": list(text.post_ids)}


def write(
    session: Session,
    act: str,
    announcement: Announcement,
    acting: Acting,
    now: datetime,
    **details: Any,
) -> None:
    """One entry of the audit trail about an announcement."""
    note(session, act, actor=acting.name, at=now, subject=("announcement", announcement.id),
         version=f"{announcement.year}-{announcement.version}", **details)  # fmt: skip


def _columns(text: Text) -> dict[str, Any]:
    stripped = {
        name: value.strip() if isinstance(value, str) else value
        for name, value in asdict(text).items()
    }
    return {**stripped, "post_ids": list(text.post_ids)}
