"""What holds for places: days on which the district stopped work, and when, where and by which code
a post is worked (requirements 3.4, F-16)."""

from __future__ import annotations

from datetime import date, time, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, needs, page, say, tell
from console.days import DISTRICT, SEES, TOWN
from console.words import obstacle_words
from models import Post, Region, Stoppage
from rules import parameters
from services.acting import covers
from services.clock import SHANGHAI
from services.days import codes, duty, stoppages
from services.days.duty import Duty, Fence
from services.guards import Obstacle
from services.procedure import Hindered
from services.staff import area

SHOWN_DAYS = 120
WIDEST_FENCE_M = 5_000

NAV.append(
    NavItem(
        "console.days_stoppages", "day_console.nav_stoppages", DISTRICT, order=57, group="at_work"
    )
)


@door.get("/days/stoppages")
@needs(*SEES)
def days_stoppages() -> str:
    """Days on which work was stopped, and the form for the district."""
    return _stoppages_page()


def _stoppages_page(words: tuple[str, ...] = ()) -> str:
    seat = current()
    places = seat.session.scalars(select(Region).where(area(seat.region)).order_by(Region.path))
    rows = stoppages.listed(seat.session, seat.today - timedelta(days=SHOWN_DAYS))
    may = seat.role in stoppages.DECLARE
    return page(
        "days_stoppages.html",
        rows=[row for row in rows if covers(seat.region, row.region)
              or covers(row.region, seat.region)],
        may=may,
        places=[(one.code, one.name) for one in places] if may else [],
        kinds=[(kind, say(f"stoppage_kind.{kind}")) for kind in stoppages.kinds(seat.today)],
        typed=request.form,
        words=words,
    )  # fmt: skip


@door.post("/days/stoppages", endpoint="days_stoppage_declared")
@needs(*stoppages.DECLARE)
def stoppage_declared() -> ResponseReturnValue:
    """Stop work for a place and all below it."""
    seat = current()
    code = forms.text("place", 64)
    place = seat.session.scalars(select(Region).where(Region.code == code)).first()
    from_on, to_on = forms.day("from_on"), forms.day("to_on")
    try:
        if place is None or from_on is None or to_on is None:
            raise Hindered("stoppage", (Obstacle("obstacle.stoppage_wrong"),))
        with seat.session.begin_nested():
            stoppages.declare(seat.session, place, kind=forms.text("kind", 16), from_on=from_on,
                              to_on=to_on, reason=forms.text("reason", 255), acting=seat.acting,
                              now=seat.now)  # fmt: skip
    except Hindered as hindered:
        return _stoppages_page(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.stopped", place=place.name)
    return redirect(url_for("console.days_stoppages"))


@door.post("/days/stoppages/<int:number>/withdraw", endpoint="days_stoppage_withdrawn")
@needs(*stoppages.DECLARE)
def stoppage_withdrawn(number: int) -> ResponseReturnValue:
    """Take a stoppage back."""
    seat = current()
    row = seat.session.get(Stoppage, number)
    if row is None or not covers(seat.region, row.region):
        raise Elsewhere("stoppage", number)
    stoppages.withdraw(seat.session, row, seat.acting, seat.now)
    tell("day_console.stoppage_withdrawn")
    return redirect(url_for("console.days_stoppages"))


@door.get("/days/posts/<code>", endpoint="days_post")
@needs(*SEES)
def post_duty(code: str) -> str:
    """When and where a post is worked, and the code of now, to be shown or printed."""
    return _duty_page(_post(code))


def _post(code: str) -> Post:
    seat = current()
    found = seat.session.scalars(select(Post).where(Post.code == code)).first()
    if found is None or not covers(seat.region, found.region):
        raise Elsewhere("post", code)
    return found


def _duty_page(post: Post, words: tuple[str, ...] = ()) -> str:
    seat = current()
    return page(
        "days_post.html",
        post=post,
        plans=duty.history(seat.session, post),
        default=duty.default_duty(seat.today),
        code=codes.code_at(post.id, seat.now),
        until=codes.holds_until(seat.now).astimezone(SHANGHAI),
        may=seat.role in TOWN,
        typed=request.form,
        words=words,
    )


@door.post("/days/posts/<code>", endpoint="days_post_set")
@needs(*TOWN)
def duty_set(code: str) -> ResponseReturnValue:
    """Enter a plan from a day on, today at the earliest: no day that is over changes by it."""
    seat, post = current(), _post(code)
    try:
        from_on = forms.day("from_on")
        if from_on is None or from_on < seat.today:
            raise Hindered("duty", (Obstacle("day_console.duty_past"),))
        made = _duty(from_on.year)
    except Hindered as hindered:
        return _duty_page(post, tuple(map(obstacle_words, hindered.obstacles))), 409
    duty.set_plan(seat.session, post, made, from_on=from_on, acting=seat.acting, now=seat.now)
    tell("day_console.duty_set", post=post.name)
    return redirect(url_for("console.days_post", code=post.code))


def _duty(year: int) -> Duty:
    """The form's plan; `Hindered` names what is wrong with it."""
    weekdays = "".join(sorted(set("1234567") & set(request.form.getlist("weekday"))))
    opens, closes = _hour("opens"), _hour("closes")
    most = int(parameters.in_force_or_first("attendance.hours_per_day_max",
                                            date(year, 12, 31)).value)  # fmt: skip
    minutes = forms.whole("minutes")
    if not weekdays or opens is None or closes is None or opens >= closes:
        raise Hindered("duty", (Obstacle("day_console.duty_hours"),))
    if minutes is None or not 0 < minutes <= most * 60:
        raise Hindered("duty", (Obstacle("day_console.duty_minutes", {"hours": most}),))
    return Duty(
        opens=opens,
        closes=closes,
        minutes=minutes,
        weekdays=weekdays,
        holidays_worked=bool(request.form.get("holidays")),
        needs_checkout=bool(request.form.get("checkout")),
        fence=_fence(),
    )


def _hour(name: str) -> time | None:
    try:
        return time.fromisoformat(forms.text(name, 5))
    except ValueError:
        return None


def _fence() -> Fence | None:
    """The fence of the form; None where all three fields are empty."""
    texts = [forms.text(name, 12) for name in ("latitude", "longitude", "radius")]
    if not any(texts):
        return None
    try:
        latitude, longitude, radius = float(texts[0]), float(texts[1]), int(texts[2])
    except ValueError:
        raise Hindered("duty", (Obstacle("day_console.duty_fence"),)) from None
    inside = 18 <= latitude <= 54 and 73 <= longitude <= 136  # the country's degrees
    if not inside or not 10 <= radius <= WIDEST_FENCE_M:
        raise Hindered("duty", (Obstacle("day_console.duty_fence"),))
    return Fence(latitude, longitude, radius)
