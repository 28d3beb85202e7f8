"""What is said about a sign: kept, late, on a rest day, or nothing to check in to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dialog import Say
from handlers.counter import Outcome
from handlers.desk import Desk
from models import EngagementStatus
from rules import parameters
from services.clock import SHANGHAI
from services.days import village_news
from services.days.signing import Standing


def kept(
    desk: Desk, standing: Standing, given_at: datetime, *, leaving: bool = False
) -> Iterator[Say]:
    """That a sign was kept, and what stands in the way of the day, a sentence each."""
    moment = given_at.astimezone(SHANGHAI)
    yield Say("check_in.kept_out" if leaving else "check_in.kept", {"time": f"{moment:%H:%M}"})
    day = standing.duty.kind_of_day(standing.day)
    late_minutes = int(parameters.in_force_or_first("attendance.late_minutes", desk.today).value)
    lateness = standing.duty.lateness(given_at, late_minutes)
    if standing.status == EngagementStatus.SUSPENDED:
        yield Say("check_in.suspended")
    elif day == "rest":
        yield Say("check_in.rest")
    elif day == "holiday":
        yield Say("check_in.holiday")
    elif standing.on_leave:
        yield Say("check_in.on_leave")
    elif not leaving and lateness == "late":
        yield Say("check_in.late", _window(standing))
    elif not leaving and lateness == "early":
        yield Say("check_in.early", {"day_on": standing.day.isoformat(), **_window(standing)})
    else:
        yield Say("check_in.village_next")


def window(desk: Desk, standing: Standing) -> Say:
    """When a check-in is in time, and what happens to one that is not."""
    minutes = parameters.in_force_or_first("attendance.late_minutes", desk.today).value
    return Say("check_in.window", {**_window(standing), "minutes": minutes})


def refuse(desk: Desk, standing: Standing) -> Outcome:
    """There is nothing to check in to; the village hears of somebody who came before their time."""
    if standing.obstacle == "over":
        assert standing.ends_on is not None
        ends = {"ends_on": standing.ends_on.isoformat()}
        return Outcome((Say("check_in.term_over", ends),), offers=("human",))
    village_news.came_too_early(desk.session, standing.engagement_id, desk.now)
    if standing.obstacle == "before_start":
        assert standing.starts_on is not None
        starts = {"starts_on": standing.starts_on.isoformat()}
        return Outcome((Say("check_in.before_start", starts),), offers=("human",))
    return Outcome((Say("check_in.starting"),), offers=("human",))


def _window(standing: Standing) -> dict[str, str]:
    duty = standing.duty
    return {"opens": f"{duty.opens:%H:%M}", "closes": f"{duty.closes:%H:%M}"}
