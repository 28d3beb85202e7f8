"""The month grid: who worked on which day, what lies behind each day, and the clerk's roll-call
(requirements 3.4, R-3.5d)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

import services.days.days_work as _work  # noqa: F401 - puts the days on the worklist
from console import day_marks
from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from console.day_seconds import opened, seconds_since
from console.files import upload
from console.months import month_of
from console.words import obstacle_words
from models import Post, Region, Role
from rules.months import add_months, end_of_month
from services import attachments, sheets_in
from services.acting import covers
from services.days import month, roll, roll_sheet
from services.days.events import DayLocked
from services.days.month import WorkerMonth
from services.days.roll import Marks
from services.guards import Obstacle
from services.procedure import Hindered
from services.staff import area

VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
TOWN = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})
DISTRICT = frozenset({Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
SEES = VILLAGE | TOWN | DISTRICT | {Role.SUPERVISION}
PAGE_ROWS = 500
"""The largest village has some three hundred; more would be too heavy for a phone."""
SHOWN_WRONG = 100
CALLED = ("present", "absent", "on_leave")

NAV.append(NavItem("console.days", "day_console.nav", SEES, order=28, group="at_work"))


@dataclass(frozen=True)
class Called:
    """A roll-call inside the grid: of which day, and of whom."""

    day_on: date
    ids: frozenset[uuid.UUID]
    opened: str


@door.get("/days", endpoint="days")
@needs(*SEES)
def days_page() -> ResponseReturnValue:
    """A place's month, a worker a row and a day a column."""
    return _grid()


def _grid(words: tuple[str, ...] = ()) -> str:
    seat = current()
    month_on = month_of(request.args.get("month", "")) or seat.today.replace(day=1)
    known = places()
    place = place_asked(known)
    called = _called(place) if place else None
    if called:
        month_on = called.day_on.replace(day=1)
    chosen = request.args.get("only", "all")
    workers = month.of_village(seat.session, place.id, month_on) if place else []
    rows = [one for one in workers if day_marks.fits(one, chosen)]
    if rows:
        look("days", place.code if place else "", month=f"{month_on:%Y-%m}", rows=len(rows))
    length = end_of_month(month_on).day
    first = max(0, request.args.get("from", 0, type=int))
    shown = rows if called else rows[first : first + PAGE_ROWS]
    return page(
        "days.html",
        places=known,
        place=place,
        month_on=month_on,
        before=add_months(month_on, -1),
        after=add_months(month_on, 1),
        length=length,
        rows=[(one, day_marks.cells(one, length)) for one in shown],
        first=first,
        following=first + PAGE_ROWS if first + len(shown) < len(rows) else 0,
        people=len(workers),
        sums=_sums(workers),
        chosen=chosen if chosen in day_marks.FILTERS else "all",
        filters=day_marks.FILTERS,
        called=called,
        calls=seat.role == Role.VILLAGE_CLERK and place is not None,
        words=words,
        CALLED=CALLED,
        yesterday=seat.today - timedelta(days=1),
    )


def _sums(workers: Sequence[WorkerMonth]) -> dict[str, int]:
    """How many workers each filter shows."""
    return {name: sum(day_marks.fits(one, name) for one in workers) for name in day_marks.FILTERS}


def places() -> Sequence[Region]:
    """The places of the area that have posts; a village has itself."""
    seat = current()
    if seat.role in VILLAGE:
        return [seat.region]
    return seat.session.scalars(
        select(Region)
        .where(area(seat.region), Region.id.in_(select(Post.region_id)))
        .order_by(Region.path)
    ).all()


def place_asked(known: Sequence[Region]) -> Region | None:
    """The place that the address names, or the first of them."""
    code = request.args.get("place", "")
    if not code:
        return known[0] if known else None
    found = current().session.scalars(select(Region).where(Region.code == code)).first()
    if found is None or not covers(current().region, found):
        raise Elsewhere("region", code)
    return found


def _called(place: Region) -> Called | None:
    """The roll-call that the clerk asked for: today's or yesterday's column becomes a form."""
    seat = current()
    day = day_marks.of_text(request.args.get("roll", ""))
    if day is None or seat.role != Role.VILLAGE_CLERK or place.id != seat.region.id:
        return None
    if not seat.today - timedelta(days=roll.LATEST_DAYS) <= day <= seat.today:
        tell("obstacle.roll_too_late", level="warning")
        return None
    looks = roll.to_call(seat.session, seat.acting, day, seat.now)
    return Called(day, frozenset(one.engagement_id for one in looks), opened(seat))


@door.post("/days/roll", endpoint="days_roll")
@needs(Role.VILLAGE_CLERK)
def roll_called() -> ResponseReturnValue:
    """Keep a roll-call of one day; with a photo of the paper sheet, of those on the sheet."""
    seat = current()
    days = [day_marks.of_text(text) for text in request.form.getlist("day")]
    try:
        if len(days) != 1 or days[0] is None:
            raise Hindered("roll", (Obstacle("day_console.one_day"),))
        with seat.session.begin_nested():
            taken = _keep_roll(days[0])
    except DayLocked:
        return _grid((obstacle_words(Obstacle("day_console.locked")),)), 409
    except Hindered as hindered:
        return _grid(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.called", day_on=days[0].isoformat(), present=len(taken.present),
         absent=len(taken.absent), leave=len(taken.on_leave))  # fmt: skip
    return redirect(url_for("console.days", month=f"{days[0]:%Y-%m}"))


@door.post("/days/roll/sheet", endpoint="days_roll_sheet")
@needs(Role.VILLAGE_CLERK)
def roll_from_excel() -> ResponseReturnValue:
    """Take one day's column of the month's Excel sheet; all of it, or what is wrong row by row."""
    seat, sheet = current(), upload("list")
    day = day_marks.of_text(request.form.get("day", ""))
    try:
        if day is None:
            raise Hindered("roll", (Obstacle("day_console.one_day"),))
        if sheet is None:
            raise Hindered("roll", (sheets_in.NO_FILE,))
        marks, wrong = roll_sheet.read(seat.session, sheet.content, seat.acting, day, seat.now)
        if wrong:
            return _grid(_rows_in_words(wrong)), 422
        with seat.session.begin_nested():
            taken = roll.call(seat.session, seat.acting, day, marks, source="console",
                              seconds=seconds_since(seat), now=seat.now)  # fmt: skip
    except sheets_in.Unfit as unfit:
        return _grid((obstacle_words(unfit.obstacle),)), 422
    except DayLocked:
        return _grid((obstacle_words(Obstacle("day_console.locked")),)), 409
    except Hindered as hindered:
        return _grid(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.called", day_on=day.isoformat(), present=len(taken.present),
         absent=len(taken.absent), leave=len(taken.on_leave))  # fmt: skip
    return redirect(url_for("console.days", month=f"{day:%Y-%m}"))


def _rows_in_words(wrong: roll_sheet.Wrong) -> tuple[str, ...]:
    shown = wrong[:SHOWN_WRONG]
    return tuple(
        say("day_console.sheet_row", row=row, why=obstacle_words(one)) for row, one in shown
    )


def _keep_roll(day: date) -> Marks:
    seat = current()
    marks = {name: _marked(name) for name in CALLED}
    if not any(marks.values()):
        raise Hindered("roll", (Obstacle("day_console.nobody_marked"),))
    sheet = upload("sheet")
    kept = None
    if sheet is not None:
        kept = attachments.attach(
            seat.session, sheet, subject=("region", seat.region.code), kind="attendance_sheet",
            acting=seat.acting, now=seat.now,
        )  # fmt: skip
    return roll.call(
        seat.session, seat.acting, day, Marks(**marks), source="sheet" if kept else "console",
        seconds=seconds_since(seat), now=seat.now, attachment_id=kept.id if kept else None,
    )  # fmt: skip


def _marked(mark: str) -> tuple[uuid.UUID, ...]:
    """The workers whom the form gives this mark."""
    found = []
    for name, value in list(request.form.items())[:1000]:
        if name.startswith("m-") and value == mark:
            try:
                found.append(uuid.UUID(name[2:]))
            except ValueError:
                continue
    return tuple(found)
