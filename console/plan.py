"""The plan's pages: a year's numbers by town, who has filled what, every version (R-2.*)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import redirect, url_for
from werkzeug.wrappers import Response

from console import charts
from console.base import NAV, Elsewhere, NavItem, current, door, needs, page, say
from models import Role
from rules.quota import TRACKS
from services import plan

EDITORS = (Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER)
FIRST_YEAR, LAST_YEAR = 2021, 2099

NAV.append(NavItem("console.plan_page", "plan.nav", order=40, group="hiring"))


@door.get("/plan")
@needs(*Role)
def plan_page() -> Response:
    """The present year, or the last one that has a version."""
    seat = current()
    known = plan.years(seat.session)
    year = seat.today.year if seat.today.year in known else known[-1]
    return redirect(url_for("console.plan_year", year=year))


@door.get("/plan/<int:year>")
@needs(*Role)
def plan_year(year: int) -> str:
    """A year's numbers: planned, filled, left; a chart beside the table; the versions."""
    return year_page(known(year))


def year_page(year: int, said: Sequence[str] = (), typed: Mapping[str, str] | None = None) -> str:
    """The page of a year; `said` and `typed`: why a transfer was not done, and what it was."""
    seat = current()
    seen = plan.overview(seat.session, year, seat.today, seat.region)
    latest = plan.latest(seat.session, year)
    return page(
        "plan.html",
        seen=seen,
        years=plan.years(seat.session),
        versions=plan.history(seat.session, year),
        based_on=latest.version if latest else 0,
        tracks=TRACKS,
        may_edit=seat.role in EDITORS,
        towns=[
            line.town for line in seen.lines if line.track == "rural" and line.number is not None
        ],
        said=said,
        typed=typed or {},
    )


def known(year: int) -> int:
    """The year, or `Elsewhere` for one that no plan can be for."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Elsewhere("plan", year)
    return year


@door.get("/plan/<int:year>/<track>.svg")
@needs(*Role)
def plan_chart(year: int, track: str) -> Response:
    """The table's numbers of one track as bars."""
    seat = current()
    if track not in TRACKS:
        raise Elsewhere("plan", track)
    seen = plan.overview(seat.session, known(year), seat.today, seat.region)
    lines = [line for line in seen.lines if line.track == track and line.number is not None]
    return charts.bars(
        say(f"plan.chart_{track}", year=year),
        [line.town.name for line in lines],
        [
            (say("plan.chart_filled"), [line.filled for line in lines]),
            (say("plan.chart_left"), [line.left or 0 for line in lines]),
        ],
    )


@door.get("/plan/<int:year>/versions/<int:version>")
@needs(*Role)
def plan_version(year: int, version: int) -> str:
    """One version as it was entered; nothing of it ever changes."""
    seat = current()
    found = next((one for one in plan.history(seat.session, year) if one.version == version), None)
    if found is None:
        raise Elsewhere("plan_version", f"{year}-{version}")
    return page(
        "plan_version.html",
        version=found,
        towns=plan.towns(seat.session, seat.region),
        numbers=plan.numbers_of(seat.session, found),
        targets=plan.targets_of(seat.session, found),
    )
