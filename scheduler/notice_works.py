"""What the clock does for public notices: hang, close, take down. Each in its own transaction, so
that one that fails keeps no other waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from models import PublicNotice
from scheduler.works import Works
from services import notice_publishing

log = structlog.get_logger()

Which = Callable[[Session, datetime], Sequence[int]]
Verb = Callable[[Session, PublicNotice, datetime], int | bool]


def _has(works: Works, which: Which) -> bool:
    with works.reading() as session:
        return bool(which(session, works.clock.now(session)))


def _each(works: Works, which: Which, verb: Verb) -> int:
    """Do it with every notice that is due; gives how many things were done."""
    with works.reading() as session:
        due = which(session, works.clock.now(session))
    done = 0
    for key in due:
        try:
            with works.sessions.begin() as session:
                notice = session.get_one(PublicNotice, key)
                done += int(verb(session, notice, works.clock.now(session)))
        except Exception:  # a bug with one notice must not keep the others from their day
            log.exception("notices.failed", notice=key)
    return done


def has_to_publish(works: Works) -> bool:
    """Whether a notice's time has come."""
    return _has(works, notice_publishing.to_publish)


def publish_notices(works: Works) -> int:
    """Hang what was scheduled. What something stands in the way of is a draft again."""
    return _each(works, notice_publishing.to_publish, notice_publishing.publish_due)


def has_to_close(works: Works) -> bool:
    """Whether somebody's notice is over and nothing holds them."""
    return _has(works, notice_publishing.to_close)


def close_notices(works: Works) -> int:
    """Take those on whose notice is over and against whom nobody objects."""
    return _each(works, notice_publishing.to_close, notice_publishing.close_if_over)


def has_to_take_down(works: Works) -> bool:
    """Whether a notice has been readable for long enough."""
    return _has(works, notice_publishing.to_take_down)


def take_down_notices(works: Works) -> int:
    """Take the pages down; text and hash stay."""
    return _each(works, notice_publishing.to_take_down, notice_publishing.take_down)
