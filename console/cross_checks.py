"""Lists of other departments: which have come, what was found on them, and what becomes of each hit
(R-3.5b; F-06, F-07, F-09). Villages see nothing of it."""

from __future__ import annotations

import uuid
from datetime import date

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

import services.cross_checks.work as _work  # noqa: F401 - puts lists and hits on the worklist
from console import forms
from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from console.changes import is_stale
from console.downloads import xlsx
from console.files import upload
from console.months import last_month, month_of
from console.words import obstacle_words
from models import DepartmentList, ListHit, Role
from rules.months import add_months
from services import sheets_in
from services.cross_checks import asking, deciding, hit_pages, missing, taking, taking_back
from services.cross_checks.deciding import MAY_CHECK, MAY_DECIDE, MAY_RETURN, Findings
from services.cross_checks.kinds import kinds
from services.cross_checks.taking import MAY_TAKE, About
from services.guards import Obstacle
from services.pay.work import STOPS
from services.procedure import Hindered

DECIDES = MAY_CHECK | MAY_DECIDE | MAY_RETURN
SEES = DECIDES | {Role.TOWN_HEAD, Role.SUPERVISION}
SEES_PEOPLE = DECIDES | {Role.TOWN_HEAD}
"""Supervision sees how many and how they stand, with masked names."""
ACTS = frozenset({"check", "return", "clear", "uphold"})

NAV.append(NavItem("console.cross_checks", "cross_check.nav", SEES, order=57, group="at_work"))


@door.get("/cross-checks", endpoint="cross_checks")
@needs(*SEES)
def cross_checks_page() -> str:
    """A month's lists, and the hits of the area."""
    asked = month_of(request.args.get("month", ""))
    return _screen(asked or last_month(current().today))


def _screen(month_on: date, words: tuple[str, ...] = (), *, undone: str = "take") -> str:
    """The page; `words`: what hinders what was to be done, which is `take` or `take_back`."""
    seat = current()
    lists = taking.of_month(seat.session, month_on)
    hits = hit_pages.of_area(seat.session, seat.acting)
    if hits:
        look("list_hits", seat.region.code, rows=len(hits))
    return page(
        "cross_checks.html",
        month_on=month_on,
        before=add_months(month_on, -1),
        after=add_months(month_on, 1) if add_months(month_on, 1) <= seat.today else None,
        kinds=kinds().values(),
        lists=lists,
        looked_into=taking_back.looked_into(
            seat.session, [one.id for came in lists.values() for one in came]
        ),
        missing=missing.missing(seat.session, month_on),
        due_on=missing.due_on(seat.today),
        hits=hits,
        masked=seat.role not in SEES_PEOPLE,
        takes=seat.role in MAY_TAKE,
        typed=request.form,
        words=words,
        undone=undone,
        words_of=_words_of,
    )


def _words_of(one: dict[str, object]) -> str:
    """A kept trouble of a list as its sentence."""
    slots = one["slots"]
    assert isinstance(slots, dict)
    return obstacle_words(Obstacle(str(one["key"]), slots))


@door.post("/cross-checks")
@needs(*MAY_TAKE)
def cross_check_taken() -> ResponseReturnValue:
    """A list comes in."""
    seat, file = current(), upload("list")
    month_on = month_of(forms.text("month", 7))
    shown = month_on or last_month(seat.today)
    if file is None:
        return _screen(shown, (obstacle_words(sheets_in.NO_FILE),)), 422
    about = About(forms.text("kind", 24), month_on or date.max, forms.text("source", 128),
                  sure=forms.text("sure", 3) == "yes")  # fmt: skip
    try:
        with seat.session.begin_nested():
            taken = taking.take(seat.session, file, about, seat.acting, seat.now)
    except sheets_in.Unfit as unfit:
        return _screen(shown, (obstacle_words(unfit.obstacle),)), 422
    except Hindered as hindered:
        return _screen(shown, tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("cross_check.taken", rows=taken.sheet.rows_count, hits=len(taken.hits),
         wrong=len(taken.sheet.troubles))  # fmt: skip
    return redirect(url_for("console.cross_checks", month=f"{shown:%Y-%m}"))


@door.post("/cross-checks/<uuid:key>/take-back")
@needs(*MAY_TAKE)
def cross_check_taken_back(key: uuid.UUID) -> ResponseReturnValue:
    """A list that was the wrong one goes again."""
    seat = current()
    sheet = seat.session.get(DepartmentList, key)
    if sheet is None:
        raise Elsewhere("department_list", key)
    shown = sheet.month_on
    if forms.text("sure", 3) != "yes":
        return _screen(shown, (say("cross_check.not_sure"),), undone="take_back"), 409
    try:
        with seat.session.begin_nested():
            hits = taking_back.take_back(seat.session, key, seat.acting, seat.now)
    except Hindered as hindered:
        words = tuple(map(obstacle_words, hindered.obstacles))
        return _screen(shown, words, undone="take_back"), 409
    tell("cross_check.taken_back", hits=hits)
    return redirect(url_for("console.cross_checks", month=f"{shown:%Y-%m}"))


@door.get("/cross-checks/<kind>.xlsx")
@needs(*MAY_TAKE)
def cross_check_template(kind: str) -> Response:
    """An empty list of a kind, to be given to the department."""
    seat = current()
    if kind not in kinds():
        raise Elsewhere("list_kind", kind)
    who = f"{seat.staff.unit} {seat.staff.name}"
    title = say(f"cross_check.kind_{kind}")
    return xlsx(hit_pages.template(kind, title, who, seat.now), f"list-{kind}.xlsx")


@door.get("/list-hits/<uuid:key>", endpoint="list_hit")
@needs(*SEES_PEOPLE)
def list_hit(key: uuid.UUID) -> str:
    """One hit: what the list says, what we know, what was found."""
    return _hit_screen(_found(key))


def _found(key: uuid.UUID) -> ListHit:
    seat = current()
    hit = hit_pages.find(seat.session, seat.acting, key)
    if hit is None:
        raise Elsewhere("list_hit", key)
    return hit


def _hit_screen(hit: ListHit, words: tuple[str, ...] = ()) -> str:
    seat = current()
    look("list_hit", hit.id, person=str(hit.person_id))
    return page(
        "cross_check_hit.html",
        hit=hit,
        kind=kinds()[hit.kind],
        it=hit_pages.evidence(seat.session, hit, seat.today),
        vouched=asking.village_vouched(seat.session, hit),
        is_open=hit.state == "open",
        checks=seat.role in MAY_CHECK,
        decides=seat.role in MAY_DECIDE,
        returns=seat.role in MAY_RETURN,
        opens_files=seat.role in STOPS,
        typed=request.form,
        words=words,
    )


@door.post("/list-hits/<uuid:key>/<act>")
@needs(*DECIDES)
def list_hit_step(key: uuid.UUID, act: str) -> ResponseReturnValue:
    """Write down what was found, or decide."""
    seat, hit = current(), _found(key)
    if act not in ACTS:
        raise Elsewhere("list_hit", key)
    if is_stale(hit.version):
        return _hit_screen(hit, (say("console.moved_on"),)), 409
    try:
        with seat.session.begin_nested():
            done = _do(hit, act)
    except Hindered as hindered:
        seat.session.expire(hit)
        return _hit_screen(_found(key), tuple(map(obstacle_words, hindered.obstacles))), 409
    except StaleDataError:
        return _hit_screen(hit, (say("console.moved_on"),)), 409
    tell(done)
    return redirect(url_for("console.list_hit", key=key))


def _do(hit: ListHit, act: str) -> str:
    seat, words = current(), forms.text("words", 500)
    if act == "check":
        is_true = forms.text("is_true", 3)
        if is_true not in {"yes", "no"}:
            raise Hindered("check_hit", (Obstacle("cross_check.say_which"),))
        found = Findings(is_true == "yes", words, forms.day("last_on"))
        deciding.write_findings(seat.session, hit, found, seat.acting, seat.now)
        return "cross_check.checked"
    if act == "return":
        deciding.return_to_town(seat.session, hit, words, seat.acting, seat.now)
        return "cross_check.returned"
    upheld = act == "uphold"
    deciding.decide(seat.session, hit, upheld=upheld, words=words, acting=seat.acting,
                    now=seat.now)  # fmt: skip
    return "cross_check.upheld" if upheld else "cross_check.cleared"
