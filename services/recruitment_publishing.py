"""Publishing the recruitment announcement, at once or by the clock (R-3.4a).

What was published stays readable, word for word, in the announcement's snapshot, whatever becomes
of its posts or is corrected later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Announcement, Post, PostStatus, Role
from rules import posts as law
from rules import rulesets
from services import posts
from services.acting import CLOCK, Acting
from services.broadcasts import by_itself
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.recruitment import form_errors, may, of_year, plain, posts_of, text_of, write

PUBLISHERS = frozenset({Role.DISTRICT_APPROVER})


def obstacles(session: Session, announcement: Announcement, now: datetime) -> tuple[Obstacle, ...]:
    """What is still missing before it may be published."""
    found = list(form_errors(text_of(announcement)))
    if announcement.published_at is not None:
        return (Obstacle("announcement.published_already"),)
    if announcement.version > 1 and not announcement.correction_reason.strip():
        found.append(Obstacle("announcement.correction_reason_needed"))
    if announcement.closes_on < business_date(now):
        found.append(Obstacle("announcement.closed_before"))
    if not announcement.post_ids:
        found.append(Obstacle("announcement.posts_needed"))
    found.extend(_post_obstacles(session, announcement))
    return tuple(found)


def schedule(
    session: Session, announcement: Announcement, at: datetime, acting: Acting, now: datetime
) -> None:
    """Have the clock publish it at a time; a time that has come publishes at once."""
    may(acting, PUBLISHERS)
    if found := obstacles(session, announcement, max(at, now)):
        raise Hindered("announcement.schedule", found)
    announcement.scheduled_at = at
    write(session, "announcement.schedule", announcement, acting, now, scheduled_at=at.isoformat())
    session.flush()
    if at <= now:
        publish(session, announcement, now, acting)


def unschedule(session: Session, announcement: Announcement, acting: Acting, now: datetime) -> None:
    """Take back the time; a draft again. Repeating changes nothing."""
    may(acting, PUBLISHERS)
    if announcement.scheduled_at is not None and announcement.published_at is None:
        announcement.scheduled_at = None
        write(session, "announcement.unschedule", announcement, acting, now)
        session.flush()


def is_due(session: Session, now: datetime) -> bool:
    """Whether a scheduled announcement's time has come. Cheap: asked at every tick."""
    return session.scalar(_due(now).with_only_columns(Announcement.id).limit(1)) is not None


def publish_due(session: Session, now: datetime) -> tuple[int, int]:
    """Publish what is due: (published, held back). What has become unfit meanwhile - a post was
    revoked - loses its time and waits for a person."""
    published = held_back = 0
    for announcement in session.scalars(_due(now).with_for_update()).all():
        found = obstacles(session, announcement, now)
        if found:
            announcement.scheduled_at = None
            write(session, "announcement.held_back", announcement, CLOCK, now,
                  obstacles=[one.key for one in found])  # fmt: skip
            held_back += 1
        else:
            publish(session, announcement, now, CLOCK)
            published += 1
    session.flush()
    return published, held_back


def publish(session: Session, announcement: Announcement, now: datetime, acting: Acting) -> None:
    """Publish: keep what it says, take its posts over, count from now. A corrected version's posts
    that it no longer names go back to the approved ones."""
    chosen = set(announcement.post_ids)
    for earlier in of_year(session, announcement.year):
        if earlier.published_at is not None:
            earlier.snapshot = shown(session, earlier)
            _let_go(session, earlier, chosen, acting, now)
    for post in session.scalars(select(Post).where(Post.id.in_(chosen)).order_by(Post.id)):
        post.announcement_id, post.status = announcement.id, PostStatus.ANNOUNCED
        posts.write_change(session, post, "announce", acting, now, after=_named(announcement))
    announcement.published_at = now
    session.flush()
    announcement.snapshot = snapshot(session, announcement)
    write(session, "announcement.publish", announcement, acting, now)
    session.flush()
    by_itself.spread(session, announcement, announcement.snapshot, acting, now)


def snapshot(session: Session, announcement: Announcement) -> dict[str, Any]:
    """Everything that the announcement says, as plain JSON: texts, groups, posts."""
    groups = rulesets.load(announcement.ruleset)
    lines = [_line(post) for post in posts_of(session, announcement)]
    return {
        **plain(text_of(announcement)),
        "version": announcement.version,
        "groups": {
            track: [rule.official for rule in rules] for track, rules in groups.tracks.items()
        },
        "rules": groups.title,
        "posts": lines,
        "headcount": {
            track: sum(line["headcount"] for line in lines if line["track"] == track)
            for track in groups.tracks
        },
    }


def shown(session: Session, announcement: Announcement) -> dict[str, Any]:
    """What to show of an announcement: what was published, or what a draft would say now."""
    return announcement.snapshot or snapshot(session, announcement)


def _let_go(
    session: Session, earlier: Announcement, kept: set[int], acting: Acting, now: datetime
) -> None:
    """The posts that the corrected version no longer names are approved posts again."""
    for post in posts_of(session, earlier):
        if post.id not in kept:
            post.announcement_id = None
            if post.status == PostStatus.ANNOUNCED:
                post.status = PostStatus.APPROVED
            before = _named(earlier)
            posts.write_change(session, post, "unannounce", acting, now, before=before)


def _due(now: datetime) -> Select[tuple[Announcement]]:
    return (
        select(Announcement)
        .where(Announcement.published_at.is_(None), Announcement.scheduled_at <= now)
        .order_by(Announcement.scheduled_at)
    )


def _post_obstacles(session: Session, announcement: Announcement) -> Iterable[Obstacle]:
    """Every post is approved and has its demand (R-1.3); one that an earlier version of the year
    announced may stay as it is."""
    years = {one.id for one in of_year(session, announcement.year)}
    unfit = []
    for post in posts_of(session, announcement):
        announced = post.status == PostStatus.ANNOUNCED and post.announcement_id in years
        approved = post.status == PostStatus.APPROVED and post.demand_reason
        if not (announced or approved):
            unfit.append(f"{post.name} {post.code}")
    if unfit:
        yield Obstacle("announcement.post_not_ready", {"posts": unfit})


def _named(announcement: Announcement) -> dict[str, Any]:
    return {"announcement": f"{announcement.year}-{announcement.version}"}


def _line(post: Post) -> dict[str, Any]:
    """A post as the announcement shows it: what, where, how many, for how much. Nobody's name."""
    town = post.region.parent if post.region.kind == "village" else None
    return {
        "code": post.code,
        "name": post.name,
        "track": post.track,
        "category": law.categories().get(post.category, post.category),
        "place": f"{town.name if town else ''}{post.region.name}",
        "town": town.name if town else post.region.name,
        "worksite": post.worksite,
        "duties": list(post.duties),
        "headcount": post.headcount,
        "host_unit": post.host_unit,
        "hours_per_week": post.hours_per_week,
        "pay_fen": post.pay_fen,
    }
