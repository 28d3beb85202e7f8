"""What the clock does against fraud about days: it finds signals every night and draws the week's
visits."""

from __future__ import annotations

from datetime import timedelta

from scheduler.works import Works
from services.anomalies import looking, sampling
from services.clock import business_date

LOOKED_BACK_DAYS = 7
"""So long after its end a month is looked at again: late words may still come."""


def find_anomalies(works: Works) -> int:
    """Find this month's signals anew, and last month's in its first days; how many."""
    with works.reading() as session:
        today = business_date(works.clock.now(session))
    months = {today.replace(day=1), (today - timedelta(days=LOOKED_BACK_DAYS)).replace(day=1)}
    found = 0
    for month_on in sorted(months):
        with works.sessions.begin() as session:
            found += looking.find(session, month_on, works.clock.now(session))
    return found


def draw_spot_checks(works: Works) -> int:
    """Draw this week's sample of every town that has none yet; of how many."""
    with works.reading() as session:
        towns = [town.id for town in sampling.undrawn(session, works.clock.now(session))]
    drawn = 0
    for town_id in towns:
        with works.sessions.begin() as session:
            drawn += sampling.draw_for(session, town_id, works.clock.now(session)) is not None
    return drawn
