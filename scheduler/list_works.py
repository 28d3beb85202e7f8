"""What the clock does with departments' lists: it holds everybody against them again every night,
and says which have not come."""

from __future__ import annotations

from scheduler.works import Works
from services.cross_checks import comparing, missing


def compare_lists(works: Works) -> int:
    """Find who has applied or come onto a post since the lists of the last months came; how many
    hits are new."""
    with works.sessions.begin() as session:
        return comparing.compare_again(session, works.clock.now(session))


def remind_of_lists(works: Works) -> int:
    """Tell the district which of last month's lists have not come; how many were told."""
    with works.sessions.begin() as session:
        return missing.remind(session, works.clock.now(session))
