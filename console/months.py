"""The month: where each place's sheet stands, its lines, the signatures, disputes, papers
(requirements 3.5)."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.wrappers import Response

import services.pay.work as _work  # noqa: F401 - puts the month on the worklist
from console import charts, forms
from console.base import NAV, Elsewhere, NavItem, current, door, keep, look, needs, page, say, tell
from console.downloads import xlsx
from console.files import docx
from console.words import obstacle_words
from models import MonthSheet, Region, Role
from models.pay_steps import SHEET_STEPS, SheetState, SheetStep
from services.acting import covers
from services.cross_checks import missing
from services.guards import Obstacle
from services.pay import (
    approving,
    day_lock,
    disputes,
    facts,
    funds,
    overview,
    papers,
    sheets,
    signing,
)
from services.pay.stepping import Given
from services.procedure import Hindered

VILLAGE = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD})
DISTRICT = frozenset({Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER})
SEES = VILLAGE | DISTRICT | {Role.TOWN_CLERK, Role.TOWN_HEAD, Role.SUPERVISION}
ACTS = {step.act for step in SHEET_STEPS}
PAPERS = {
    "attendance.xlsx": papers.attendance,
    "pay-list.xlsx": papers.pay_list,
}
PRINTED = {
    "attendance.docx": papers.printed_attendance,
    "pay-list.docx": papers.printed_pay_list,
}

NAV.append(NavItem("console.months", "pay.nav", SEES, order=30, group="money"))


def month_of(text: str) -> date | None:
    """`2022-04` as its first day; None where it is no month."""
    found = re.fullmatch(r"(20\d{2})-(0[1-9]|1[0-2])", text)
    return date(int(found[1]), int(found[2]), 1) if found else None


def last_month(today: date) -> date:
    return sheets.first_of_month(today.replace(day=1) - timedelta(days=1))


@door.get("/months", endpoint="months")
@needs(*SEES)
def months_page() -> ResponseReturnValue:
    """A month over one's area; a village has its own sheet."""
    seat = current()
    month_on = month_of(request.args.get("month", "")) or last_month(seat.today)
    if seat.role in VILLAGE:
        month = f"{month_on:%Y-%m}"
        return redirect(url_for("console.month_sheet", code=seat.region.code, month=month))
    place = _place_asked()
    rows = overview.of_area(seat.session, place, month_on)
    return page(
        "months.html",
        place=place,
        month_on=month_on,
        months=_months_shown(place, month_on),
        rows=rows,
        paid=overview.paid_of_month(seat.session, place, month_on),
        states=list(SheetState),
        may_gather=seat.role in DISTRICT or seat.role in {Role.TOWN_CLERK, Role.TOWN_HEAD},
        ready=_ready(rows),
        no_deaths=missing.for_approval(seat.session, month_on),
    )


def _place_asked() -> Region:
    """The part of one's area that is looked at."""
    seat = current()
    code = request.args.get("place", "")
    if not code:
        return seat.region
    place = seat.session.scalars(select(Region).where(Region.code == code)).first()
    if place is None or not covers(seat.region, place):
        raise Elsewhere("region", code)
    return place


def _months_shown(place: Region, month_on: date) -> list[date]:
    known = set(overview.months(current().session, place)) | {month_on, last_month(current().today)}
    return sorted(known, reverse=True)


def _ready(rows: list[overview.Row]) -> list[MonthSheet]:
    """The sheets that this person may approve today, together."""
    seat = current()
    return [
        sheet
        for row in rows
        for sheet in row.sheets
        if sheet.dispute_until_on is not None
        and sheet.dispute_until_on < seat.today
        and signing.may_take(sheet, "approve", seat.acting)
    ]


@door.get("/months/<month>/chart.svg")
@needs(*(SEES - VILLAGE))
def months_chart(month: str) -> Response:
    """The table's sheets by state, as bars."""
    month_on = _known_month(month)
    rows = overview.of_area(current().session, _place_asked(), month_on)
    series = [
        (say(f"pay.state_{state}"), [row.number(state) for row in rows]) for state in SheetState
    ]
    title = say("pay.chart", year=month_on.year, month=month_on.month)
    return charts.bars(title, [row.place.name for row in rows], series)


@door.post("/months/<month>/gather")
@needs(Role.TOWN_CLERK, Role.TOWN_HEAD, *DISTRICT)
def months_gathered(month: str) -> ResponseReturnValue:
    """Draw up the sheets of one's area that nobody has signed."""
    seat, month_on = current(), _known_month(month)
    if month_on > last_month(seat.today):
        raise Hindered("gather", (Obstacle("pay.month_not_over"),))
    inside = set(
        seat.session.scalars(
            select(Region.id).where(Region.path.startswith(seat.region.path, autoescape=True))
        )
    )
    ids = [one for one in facts.places_of_month(seat.session, month_on) if one in inside]
    for some in facts.chunks(ids):
        sheets.gather(seat.session, month_on, some, seat.now)
    tell("pay.gathered", number=len(ids))
    return redirect(url_for("console.months", month=month))


@door.post("/months/<month>/approve")
@needs(Role.DISTRICT_APPROVER)
def months_approved(month: str) -> ResponseReturnValue:
    """Approve the chosen sheets; each that is refused says why, the others count."""
    seat, month_on = current(), _known_month(month)
    codes = request.form.getlist("sheet")[:500]
    chosen = seat.session.scalars(
        select(MonthSheet)
        .join(MonthSheet.region)
        .where(MonthSheet.month_on == month_on, Region.code.in_(codes))
    ).all()
    done, refused = approving.approve_all(seat.session, chosen, seat.acting, seat.now)
    if done:
        tell("pay.approved_many", number=done)
    for sheet, obstacles in refused:
        for obstacle in obstacles:
            tell("pay.not_approved", level="warning", place=sheet.region.name,
                 why=obstacle_words(obstacle))  # fmt: skip
    _warn(month_on)
    return redirect(url_for("console.months", month=month))


def _warn(month_on: date) -> None:
    for obstacle in funds.warnings(current().session, month_on.year):
        tell(obstacle.key, level="warning", **obstacle.slots)
    if (lacking := missing.for_approval(current().session, month_on)) is not None:
        tell(lacking.key, level="warning", **lacking.slots)


@door.get("/months/<code>/<month>", endpoint="month_sheet")
@needs(*SEES)
def month_sheet(code: str, month: str) -> str:
    """One place's month. Looking at one that nobody has signed draws it up anew."""
    return _sheet_page(*_sheet(code, month, fresh=True))


def _sheet(code: str, month: str, *, fresh: bool = False) -> tuple[Region, date, MonthSheet | None]:
    seat, month_on = current(), _known_month(month)
    place = seat.session.scalars(select(Region).where(Region.code == code)).first()
    if place is None or not covers(seat.region, place):
        raise Elsewhere("month_sheet", code)
    sheet = sheets.of_month(seat.session, place.id, month_on)
    is_open = sheet is None or sheet.state == SheetState.GATHERING
    if fresh and is_open and seat.role != Role.SUPERVISION and month_on <= seat.today:
        day_lock.settle(seat.session, place.id, month_on, seat.now)
        sheets.gather(seat.session, month_on, [place.id], seat.now)
        sheet = sheets.of_month(seat.session, place.id, month_on)
    return place, month_on, sheet


def _known_month(text: str) -> date:
    month_on = month_of(text)
    if month_on is None:
        raise Elsewhere("month", text)
    return month_on


def _sheet_page(
    place: Region, month_on: date, sheet: MonthSheet | None, words: tuple[str, ...] = ()
) -> str:
    seat = current()
    lines = overview.lines_of(seat.session, sheet) if sheet else []
    if lines:
        look("month_sheet", sheet.id if sheet else place.code, rows=len(lines))
    return page(
        "month_sheet.html",
        place=place,
        month_on=month_on,
        months=_months_shown(place, month_on),
        sheet=sheet,
        lines=lines,
        words=words,
        steps=signing.steps(seat.session, sheet) if sheet else (),
        acts=_acts(sheet),
        disputes=disputes.of_sheet(seat.session, sheet) if sheet else (),
        assumed=_assumed(sheet),
        is_over=month_on < seat.today.replace(day=1),
        no_deaths=missing.for_approval(seat.session, month_on),
        marks=papers.marks,
    )  # fmt: skip


def _acts(sheet: MonthSheet | None) -> list[SheetStep]:
    """The steps that this person may take from where the sheet stands."""
    if sheet is None:
        return []
    here = (step for step in SHEET_STEPS if step.source == sheet.state)
    return [step for step in here if signing.may_take(sheet, step.act, current().acting)]


def _assumed(sheet: MonthSheet | None) -> list[tuple[str, str]]:
    """The numbers behind a sheet that nobody has confirmed: name and source."""
    if sheet is None:
        return []
    return [
        (say(f"parameter_name.{name.replace('.', '_')}"), one["reference"])
        for name, one in sheet.terms.get("parameters", {}).items()
        if one["status"] not in {"found", "verified"}
    ]


@door.post("/months/<code>/<month>/<act>", endpoint="month_step")
@needs(*(SEES - {Role.SUPERVISION, Role.VILLAGE_CLERK}))
def month_step(code: str, month: str, act: str) -> ResponseReturnValue:
    """Take one step of a sheet."""
    seat = current()
    place, month_on, sheet = _sheet(code, month)
    if sheet is None or act not in ACTS:
        raise Elsewhere("month_sheet", code)
    given = Given(
        reason=forms.text("reason", 255),
        edition=forms.whole("edition"),
        lines_sha256=forms.text("lines", 64) or None,
        countersigned=frozenset(_keys("line")),
    )
    try:
        with seat.session.begin_nested():
            signing.take(seat.session, sheet, act, seat.acting, seat.now, given)
    except Hindered as hindered:
        seat.session.refresh(sheet)
        words = tuple(obstacle_words(one) for one in hindered.obstacles)
        return _sheet_page(place, month_on, sheet, words), 409
    if act == "approve":
        _warn(month_on)
    tell(f"pay.done_{act}", place=place.name, year=month_on.year, month=month_on.month)
    return redirect(url_for("console.month_sheet", code=code, month=month))


def _keys(name: str) -> list[uuid.UUID]:
    found = []
    for text in request.form.getlist(name)[:1000]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


@door.get("/months/<code>/<month>/<name>")
@needs(*SEES)
def month_paper(code: str, month: str, name: str) -> Response:
    """The attendance sheet or the pay list, as Excel or to be printed."""
    seat = current()
    place, _month_on, sheet = _sheet(code, month)
    if sheet is None or name not in PAPERS | PRINTED:
        raise Elsewhere("month_sheet", code)
    _noted(sheet, name)
    file_name = f"{place.code}-{month}-{name}"
    if name in PRINTED:
        return docx(PRINTED[name](seat.session, sheet), file_name)
    return xlsx(PAPERS[name](seat.session, sheet, seat.acting, seat.now), file_name)


def _noted(sheet: MonthSheet, name: str) -> None:
    keep("month.taken_away", ("month_sheet", sheet.id), what=name, rows=sheet.workers)
