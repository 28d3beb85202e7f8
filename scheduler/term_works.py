"""What the clock does about terms and about those who left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.works import Works
from services.terms import closing, followups, notices

AT_ONCE = 20
MOST = 500
"""Transactions of one run, short ones: check-ins go on between them. What is left stays due."""


def has_over(works: Works) -> bool:
    """Whether somebody's term, or last day, is over."""
    with works.reading() as session:
        return notices.has_over(session, works.clock.now(session))


def end_over(works: Works) -> int:
    """End the terms that are over, or say that they wait for a decision."""
    return _in_pieces(works, notices.end_over)


def has_notices(works: Works) -> bool:
    """Whether somebody is to be told of the end of their term."""
    with works.reading() as session:
        return notices.has_due(session, works.clock.now(session))


def tell_due(works: Works) -> int:
    """Tell the workers whose term ends at one of its stages, and their village."""
    return _in_pieces(works, notices.tell_due)


def redate_urban(works: Works) -> int:
    """Reckon urban terms again by the law now in force; how many pieces were looked at."""
    pieces, after = 0, None
    while True:
        with works.sessions.begin() as session:
            after = notices.redate_urban(session, works.clock.now(session), after)
        if after is None:
            return pieces
        pieces += 1


def has_silent(works: Works) -> bool:
    """Whether nobody has asked after somebody who left for too long."""
    with works.reading() as session:
        return bool(followups.silent(session, works.clock.now(session), 1))


def escalate_silent(works: Works) -> int:
    """Tell the district of follow-ups that nobody contacts."""
    return _in_pieces(works, followups.escalate_silent)


def close_accounts(works: Works) -> int:
    """Take accounts of those who left out of use, once their last pay is through."""
    return _in_pieces(works, closing.close_accounts)


def _in_pieces(works: Works, verb: Callable[[Session, datetime, int], int]) -> int:
    done = 0
    for _ in range(MOST):
        if works.stopping.is_set():
            break
        with works.sessions.begin() as session:
            some = verb(session, works.clock.now(session), AT_ONCE)
        done += some
        if some < AT_ONCE:
            break
    return done
