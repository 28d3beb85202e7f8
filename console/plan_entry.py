"""Entering numbers of the plan: by form, from Excel, by moving posts between towns (R-2.4, R-A2*).

Whatever is refused comes back with everything that was typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from console import forms
from console.base import Elsewhere, current, door, keep, needs, page, say, tell
from console.downloads import xlsx
from console.files import upload
from console.plan import EDITORS, known, year_page
from console.words import obstacle_words
from rules.quota import TRACKS, Track
from services import plan, plan_versions, sheets_excel, sheets_out
from services.guards import Obstacle
from services.plan_versions import Proposal
from services.procedure import Hindered

WORDS = ("document", "reason", "effective_on", "total_adjusted")


@dataclass(frozen=True)
class Typed:
    """What stands in the form: town → track → number or the text that is none."""

    numbers: Mapping[str, Mapping[Track, object]]
    targets: Mapping[Track, object]
    words: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    based_on: int = 0


@door.get("/plan/<int:year>/sheet.xlsx")
@needs(*EDITORS)
def plan_sheet(year: int) -> Response:
    """The year's table to fill in outside and bring back."""
    seat = current()
    latest = plan.latest(seat.session, known(year))
    numbers = plan.numbers_of(seat.session, latest) if latest else {}
    keep("plan.export", ("plan", year))
    return xlsx(
        sheets_out.plan_sheet(year, numbers, seat.staff.name, seat.now), f"plan-{year}.xlsx"
    )


@door.get("/plan/<int:year>/new")
@needs(*EDITORS)
def plan_new(year: int) -> str:
    """The form for the next version, with the numbers of the last one in it."""
    return _form(year, _latest_typed(known(year)))


@door.post("/plan/<int:year>/new")
@needs(*EDITORS)
def plan_enter(year: int) -> ResponseReturnValue:
    """Enter the next version; what does not add up comes back with every typed number."""
    typed, proposal = _read(known(year))
    if proposal is None:
        return _form(year, typed), 422
    return _enter(proposal) or (_form(year, _judged(typed, proposal)), 422)


@door.post("/plan/<int:year>/import")
@needs(*EDITORS)
def plan_import(year: int) -> ResponseReturnValue:
    """Read an Excel table into the form. Nothing is entered before somebody has looked at it."""
    given = upload("sheet")
    before = _latest_typed(known(year))
    if given is None:
        return _form(year, replace(before, errors=(say("plan.no_file"),))), 422
    read = sheets_excel.read_plan(given.content)
    errors = list(read.errors)
    if read.year is not None and read.year != year:
        errors.append(Obstacle("plan.sheet_year", {"found": read.year, "year": year}))
    if errors:
        words = tuple(obstacle_words(one) for one in errors)
        return _form(year, replace(before, errors=words)), 422
    remarks = tuple(obstacle_words(one) for one in read.remarks)
    tell("plan.sheet_read")
    filled = Typed(read.numbers, read.targets, {}, (), remarks, before.based_on)
    return _form(year, filled)


@door.post("/plan/<int:year>/transfer")
@needs(*EDITORS)
def plan_transfer(year: int) -> ResponseReturnValue:
    """Move posts from one town to another: the next version, with the sum kept (R-A2c)."""
    seat = current()
    latest = plan.latest(seat.session, known(year))
    track = forms.text("track")
    if latest is None or track not in TRACKS:
        raise Elsewhere("plan", year)
    between = (forms.text("giver"), forms.text("taker"))
    numbers, wrong = plan_versions.transfer(
        seat.session, latest, track, between, forms.whole("number") or 0
    )
    effective_on = forms.day("effective_on")
    if not wrong and effective_on is None:
        wrong = (Obstacle("announcement.date_needed"),)
    if wrong or effective_on is None:
        return _transfer_trouble(year, [obstacle_words(one) for one in wrong])
    proposal = Proposal(
        year=year,
        effective_on=effective_on,
        document=forms.text("document", 128),
        reason=forms.text("reason", 255),
        targets=plan.targets_of(seat.session, latest),
        numbers=numbers,
        based_on=forms.whole("based_on") or 0,
    )
    entered = _enter(proposal)
    if entered is not None:
        return entered
    judged = plan_versions.judge(seat.session, proposal)
    return _transfer_trouble(year, [obstacle_words(one) for one in judged.errors])


def _form(year: int, typed: Typed) -> str:
    seat = current()
    return page(
        "plan_new.html",
        year=year,
        typed=typed,
        towns=plan.towns(seat.session, seat.region),
        tracks=TRACKS,
        planned=plan.planned(year),
    )


def _latest_typed(year: int) -> Typed:
    """The form with the last version's numbers; empty for a year without one."""
    seat = current()
    latest = plan.latest(seat.session, year)
    if latest is None:
        return Typed({}, {})
    numbers = plan.numbers_of(seat.session, latest)
    targets = plan.targets_of(seat.session, latest)
    return Typed(numbers, targets, based_on=latest.version)


def _read(year: int) -> tuple[Typed, Proposal | None]:
    """The form as it was typed, and the proposal that it makes when every field can be read."""
    seat, errors = current(), []
    raw: dict[str, dict[Track, object]] = {}
    numbers: dict[str, dict[Track, int]] = {}
    for town in plan.towns(seat.session, seat.region):
        for track in TRACKS:
            name = f"n-{town.code}-{track}"
            typed_one = forms.text(name, 12)
            raw.setdefault(town.code, {})[track] = typed_one
            number = forms.whole(name)
            if number is not None:
                numbers.setdefault(town.code, {})[track] = number
            elif typed_one:
                errors.append(say("plan.not_a_number", town=town.name, text=typed_one))
    targets = {track: forms.whole(f"target-{track}") for track in TRACKS}
    effective_on = forms.day("effective_on")
    if None in targets.values():
        errors.append(say("plan.targets_needed"))
    if effective_on is None:
        errors.append(say("announcement.date_needed"))
    words = {name: forms.text(name, 255) for name in WORDS}
    based_on = forms.whole("based_on") or 0
    shown = {track: forms.text(f"target-{track}", 12) for track in TRACKS}
    typed = Typed(raw, shown, words, tuple(errors), based_on=based_on)
    if errors or effective_on is None:
        return typed, None
    whole_targets = {track: target or 0 for track, target in targets.items()}
    return typed, Proposal(
        year=year,
        effective_on=effective_on,
        document=words["document"][:128],
        reason=words["reason"],
        targets=whole_targets,
        numbers=numbers,
        based_on=based_on,
        total_adjusted=bool(words["total_adjusted"]),
    )


def _enter(proposal: Proposal) -> Response | None:
    """Enter it and go to the year's page; None where it is refused."""
    seat = current()
    try:
        with seat.session.begin_nested():
            version, warnings = plan_versions.enter(seat.session, proposal, seat.acting, seat.now)
    except Hindered:
        return None
    tell("plan.entered", version=version.version)
    for warning in warnings:
        tell(warning.key, level="warning", **warning.slots)
    return redirect(url_for("console.plan_year", year=proposal.year))


def _judged(typed: Typed, proposal: Proposal) -> Typed:
    """The form again, with what stands against it. Where somebody else entered a version first,
    the next try is made on top of that one, which is then on the page to compare."""
    session = current().session
    judged = plan_versions.judge(session, proposal)
    latest = plan.latest(session, proposal.year)
    words = tuple(obstacle_words(one) for one in judged.errors)
    return replace(typed, errors=words, based_on=latest.version if latest else 0)


def _transfer_trouble(year: int, words: list[str]) -> ResponseReturnValue:
    return year_page(year, words, request.form.to_dict()), 422
