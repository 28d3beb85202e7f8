"""A year's money: budget against what was committed and paid, the three levels' parts, what
arrived; urban money in its own ledger (R-4.3a to R-4.3d, R-4.4a)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from console import charts, forms
from console.base import NAV, Elsewhere, NavItem, current, door, needs, page, say, tell
from console.words import obstacle_words
from models import Budget, FundEntry, Role
from services.pay import funds

SEES = frozenset({Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER, Role.FINANCE, Role.SUPERVISION})
FIRST_YEAR, LAST_YEAR = 2022, 2099

NAV.append(NavItem("console.budgets", "budgets.nav", SEES, order=33, group="money"))


@door.get("/budgets", endpoint="budgets")
@needs(*SEES)
def budgets_page() -> ResponseReturnValue:
    """The present year."""
    return redirect(url_for("console.budget_year", year=max(current().today.year, FIRST_YEAR)))


@door.get("/budgets/<int:year>", endpoint="budget_year")
@needs(*SEES)
def budget_year(year: int) -> str:
    """A year of each track."""
    seat = current()
    known = _known(year)
    return page(
        "budgets.html",
        year=known,
        years=range(FIRST_YEAR, max(seat.today.year, FIRST_YEAR) + 1),
        tracks=[funds.year(seat.session, known, track) for track in funds.TRACKS],
        months={track: funds.by_month(seat.session, known, track) for track in funds.TRACKS},
        entries=funds.entries(seat.session, known),
        levels=funds.LEVELS,
        sources=funds.SOURCES,
        may_enter=seat.role in funds.MAY_ENTER,
        may_enter_funds=seat.role in funds.MAY_ENTER_FUNDS,
    )


def warned(tracks: Iterable[str]) -> tuple[str, ...]:
    """What whoever approves cases of these tracks should know of this year's budget. It hinders
    nothing (R-4.3a)."""
    seat, wanted = current(), set(tracks)
    asked = [track for track in funds.TRACKS if track in wanted]
    found = funds.warnings(seat.session, seat.today.year, tracks=asked)
    return tuple(map(obstacle_words, found))


def _known(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Elsewhere("budget", year)
    return year


@door.get("/budgets/<int:year>/<track>.svg")
@needs(*SEES)
def budget_chart(year: int, track: str) -> Response:
    """Yuan by month, as bars."""
    if track not in funds.TRACKS:
        raise Elsewhere("budget", track)
    rows = funds.by_month(current().session, _known(year), track)
    labels = [say("budgets.month", month=month_on.month) for month_on, _, _ in rows]
    series = [(say("budgets.yuan"), [fen // 100 for _, _, fen in rows])]
    return charts.bars(say(f"budgets.chart_{track}", year=year), labels, series)


@door.post("/budgets/<int:year>")
@needs(*funds.MAY_ENTER)
def budget_entered(year: int) -> ResponseReturnValue:
    """Enter the year's budget, or its next version."""
    seat = current()
    amount = forms.fen("amount")
    figures = Budget(
        year=_known(year),
        track=forms.text("track", 8),
        amount_fen=-1 if amount is None else amount,
        document=forms.text("document", 128),
    )
    funds.enter_budget(seat.session, figures, seat.acting, seat.now)
    tell("budgets.entered", year=year)
    return redirect(url_for("console.budget_year", year=year))


@door.post("/budgets/<int:year>/funds")
@needs(*funds.MAY_ENTER_FUNDS)
def funds_entered(year: int) -> ResponseReturnValue:
    """Write down money that arrived; a minus takes a wrong entry back."""
    seat = current()
    amount = forms.fen("amount") or 0
    entry = FundEntry(
        year=_known(year),
        track=forms.text("track", 8),
        level=forms.text("level", 12),
        source=forms.text("source", 64),
        amount_fen=-amount if request.form.get("back") else amount,
        received_on=forms.day("received_on") or seat.today,
        document=forms.text("document", 128),
    )
    funds.enter_funds(seat.session, entry, seat.acting, seat.now)
    tell("budgets.funds_entered")
    return redirect(url_for("console.budget_year", year=year))
