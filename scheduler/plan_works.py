"""What the clock does for posts and announcements."""

from __future__ import annotations

import structlog

from scheduler.works import Works
from services import posts, recruitment_publishing

log = structlog.get_logger()


def has_announcements(works: Works) -> bool:
    """Whether a scheduled announcement's time has come."""
    with works.reading() as session:
        return recruitment_publishing.is_due(session, works.clock.now(session))


def publish_announcements(works: Works) -> int:
    """Publish what is due. What became unfit since it was scheduled waits for a person."""
    with works.sessions.begin() as session:
        now = works.clock.now(session)
        published, held_back = recruitment_publishing.publish_due(session, now)
    if held_back:
        log.warning("recruitment.held_back", announcements=held_back)
    return published + held_back


def has_post_changes(works: Works) -> bool:
    """Whether the day of a planned change of a post has come."""
    with works.reading() as session:
        return posts.is_change_due(session, works.clock.now(session))


def change_posts(works: Works) -> int:
    """Carry out the planned changes of posts whose day has come."""
    with works.sessions.begin() as session:
        return posts.carry_out_due(session, works.clock.now(session))
