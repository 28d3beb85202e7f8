"""When and where a post is worked, on a day: its duty plan in force, or the district's default."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, func, select
from sqlalchemy.orm import Session

from models import DutyPlan, Post
from rules import calendar, parameters
from rules.errors import UnknownYear
from services.acting import Acting
from services.clock import SHANGHAI
from services.trail import note

EARTH_M = 6_371_000


@dataclass(frozen=True, slots=True)
class Fence:
    """A circle in degrees and metres."""

    latitude: float
    longitude: float
    radius_m: int

    def distance_m(self, latitude: float, longitude: float) -> int:
        """Metres from the middle, along the earth's surface."""
        north, south = math.radians(latitude), math.radians(self.latitude)
        east = math.radians(longitude - self.longitude)
        arc = (
            math.sin((north - south) / 2) ** 2
            + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
        )
        return round(2 * EARTH_M * math.asin(math.sqrt(arc)))


@dataclass(frozen=True, slots=True)
class Duty:
    """What a plan asks of a day. `weekdays` None: the days on which offices work."""

    opens: time
    closes: time
    minutes: int
    weekdays: str | None = None
    holidays_worked: bool = False
    needs_checkout: bool = False
    fence: Fence | None = None

    def kind_of_day(self, day: date) -> str:
        """`work`, `rest` or `holiday`. A year whose calendar nobody has entered has no holidays
        here: nobody loses a day by it."""
        try:
            off = calendar.odd_days(day.year).get(day) is False
            office = calendar.is_working_day(day)
        except UnknownYear:
            off, office = False, day.isoweekday() <= 5
        if self.weekdays is None:
            return "work" if office else ("holiday" if off else "rest")
        if str(day.isoweekday()) not in self.weekdays:
            return "rest"
        return "holiday" if off and not self.holidays_worked else "work"

    def lateness(self, happened_at: datetime, late_minutes: int) -> str | None:
        """`late` or `early` where a check-in lies outside the window and its grace."""
        moment = happened_at.astimezone(SHANGHAI)
        grace = timedelta(minutes=late_minutes)
        if moment > datetime.combine(moment.date(), self.closes, SHANGHAI) + grace:
            return "late"
        if moment < datetime.combine(moment.date(), self.opens, SHANGHAI) - grace:
            return "early"
        return None


def default_duty(day: date) -> Duty:
    """What holds for posts without a plan of their own (parameter `attendance.default_duty`)."""
    value = parameters.in_force_or_first("attendance.default_duty", day).value
    return Duty(
        opens=time.fromisoformat(value["opens"]),
        closes=time.fromisoformat(value["closes"]),
        minutes=value["minutes"],
    )


_PLAN = cast(Table, DutyPlan.__table__)
_POST = cast(Table, Post.__table__)
_earlier = _PLAN.alias("earlier_plan")


def in_force(day: ColumnElement[date]) -> ColumnElement[bool]:
    """The condition on which a `duty_plan` beside a `post` is the one in force on a day."""
    newest = (
        select(func.max(_earlier.c.from_on))
        .where(_earlier.c.post_id == _POST.c.id, _earlier.c.from_on <= day)
        .correlate(_POST)
        .scalar_subquery()
    )
    return and_(_PLAN.c.post_id == _POST.c.id, _PLAN.c.from_on == newest)


PLAN_COLUMNS = (
    "opens", "closes", "minutes", "weekdays", "holidays_worked", "needs_checkout",
    "fence_latitude", "fence_longitude", "fence_radius_m",
)  # fmt: skip
"""What `of_columns` takes, in this order."""


def of_columns(plan: Sequence[Any], day: date) -> Duty:
    """The duty of a plan's columns; the default of the day where they are empty."""
    opens, closes, minutes, weekdays, holidays, checkout, latitude, longitude, radius = plan
    if opens is None:
        return default_duty(day)
    fence = None if latitude is None else Fence(latitude, longitude, radius)
    return Duty(opens, closes, minutes, weekdays, bool(holidays), bool(checkout), fence)


def of_plan(plan: DutyPlan) -> Duty:
    """A stored plan as a duty."""
    return of_columns([getattr(plan, name) for name in PLAN_COLUMNS], plan.from_on)


class Duties:
    """The duties of some posts, whatever the day; read in one statement."""

    def __init__(self, session: Session, post_ids: Collection[int]) -> None:
        self._plans: dict[int, list[tuple[date, Duty]]] = defaultdict(list)
        held = (
            select(DutyPlan)
            .where(DutyPlan.post_id.in_(set(post_ids)))
            .order_by(DutyPlan.post_id, DutyPlan.from_on)
        )
        for plan in session.scalars(held):
            self._plans[plan.post_id].append((plan.from_on, of_plan(plan)))

    def on(self, post_id: int, day: date) -> Duty:
        """The plan in force on a day, or the default."""
        held = [duty for since, duty in self._plans.get(post_id, ()) if since <= day]
        return held[-1] if held else default_duty(day)


def history(session: Session, post: Post) -> Sequence[DutyPlan]:
    """All plans of a post, the newest first."""
    held = select(DutyPlan).where(DutyPlan.post_id == post.id)
    return session.scalars(held.order_by(DutyPlan.from_on.desc())).all()


def set_plan(
    session: Session, post: Post, duty: Duty, *, from_on: date, acting: Acting, now: datetime
) -> DutyPlan:
    """Enter a post's plan from a day on; one that begins that same day is replaced. `from_on` must
    not lie in a month that is locked: the caller says so."""
    plan = session.scalars(
        select(DutyPlan).where(DutyPlan.post_id == post.id, DutyPlan.from_on == from_on)
    ).first() or DutyPlan(post_id=post.id, from_on=from_on, made_at=now)
    plan.weekdays = duty.weekdays or "12345"
    plan.holidays_worked, plan.needs_checkout = duty.holidays_worked, duty.needs_checkout
    plan.opens, plan.closes, plan.minutes = duty.opens, duty.closes, duty.minutes
    fence = duty.fence
    plan.fence_latitude = fence.latitude if fence else None
    plan.fence_longitude = fence.longitude if fence else None
    plan.fence_radius_m = fence.radius_m if fence else None
    plan.made_by_id = acting.staff.id if acting.staff else None
    plan.made_at = now
    session.add(plan)
    session.flush()
    note(session, "duty_plan.set", actor=acting.name, at=now, subject=("post", post.code),
         from_on=from_on.isoformat(), weekdays=plan.weekdays)  # fmt: skip
    return plan
