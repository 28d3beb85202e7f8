"""How today stands so far, and whether a day ahead is one of work: “今天算不算”, “明天歇着不”."""

from __future__ import annotations

from datetime import date

from dialog import Say
from handlers.counter import Asked, Counter, Outcome
from handlers.desk import Desk
from models import DayState, EngagementStatus, Post
from services.clock import SHANGHAI
from services.days import month, signing, stoppages
from services.days.signing import Standing
from wording.hearing.days import hear_day

TODAY, AHEAD = "day_today", "day_ahead"
LOST = frozenset({DayState.ABSENT, DayState.UNKNOWN})
OUTAGE = "outage"


def open_duty_day(desk: Desk, asked: Asked) -> Outcome:
    """Answer from the plan, the calendar, the leave and what was said of the day; signs nothing."""
    held = signing.standing_of(desk.session, desk.contact_id, desk.now)
    if held is None:
        says = (Say("my_month.no_record"), Say("check_in.what_next"))
        return Outcome(says, offers=("apply", "human"))
    day = hear_day(asked.heard.text, desk.today) or desk.today
    standing = signing.standing_in(desk.session, held.engagement_id, day)
    if (hindrance := _hindrance(standing)) is not None:
        return Outcome((hindrance,), offers=("human",))
    if asked.intent == TODAY:
        return _today(desk, standing)
    return Outcome((_kind_of_day(desk, standing),))


def _hindrance(standing: Standing) -> Say | None:
    """Why there is no work on the day at all."""
    match standing.obstacle:
        case "starting":
            return Say("duty_day.starting")
        case "before_start":
            assert standing.starts_on is not None
            return Say("duty_day.before_start", {"starts_on": standing.starts_on.isoformat()})
        case "over":
            assert standing.ends_on is not None
            return Say("duty_day.over", {"ends_on": standing.ends_on.isoformat()})
    return Say("duty_day.suspended") if standing.status == EngagementStatus.SUSPENDED else None


def _today(desk: Desk, standing: Standing) -> Outcome:
    """While the day is open: whether the sign is there. Then: how it was judged, and why."""
    days = month.of_worker(desk.session, standing.engagement_id, desk.today, desk.now)
    found = next((one for one in days if one.day_on == desk.today), None)
    if found is None or found.reasons[0] == "open":
        if standing.first_at is None:
            return Outcome((Say("check_in.not_yet_today"),), offers=("checkin_yes",))
        time = f"{standing.first_at.astimezone(SHANGHAI):%H:%M}"
        return Outcome((Say("check_in.came_today", {"time": time}),))
    says = (Say("duty_day.today", {"why": Say(f"day_reason.{found.reasons[0]}")}),)
    if found.planned and found.state in LOST:
        return Outcome((*says, Say("duty_day.disagree")), offers=("dispute_day",))
    return Outcome(says)


def _kind_of_day(desk: Desk, standing: Standing) -> Say:
    slots = {"day_on": standing.day.isoformat()}
    kind = standing.duty.kind_of_day(standing.day)
    if kind != "work":
        return Say("duty_day.rest" if kind == "rest" else "duty_day.holiday", slots)
    if _is_stopped(desk, standing.post_id, standing.day):
        return Say("duty_day.stopped", slots)
    if standing.on_leave:
        return Say("duty_day.on_leave", slots)
    opens, closes = f"{standing.duty.opens:%H:%M}", f"{standing.duty.closes:%H:%M}"
    return Say("duty_day.work", {**slots, "opens": opens, "closes": closes})


def _is_stopped(desk: Desk, post_id: int, day: date) -> bool:
    """Whether the district has stopped work there; an outage of the system stops none."""
    path = desk.session.get_one(Post, post_id).region.path
    kinds = stoppages.kinds(day)
    return any(
        row.from_on <= day
        and row.withdrawn_at is None
        and path.startswith(row.region.path)
        and kinds.get(row.kind) != OUTAGE
        for row in stoppages.listed(desk.session, day)
    )


COUNTER = Counter(
    name="duty_day",
    intents=frozenset({TODAY, AHEAD}),
    open=open_duty_day,
)
