"""One case on one screen: what is known, what was decided and why, what may be done now."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from console.base import Elsewhere, Seat, current, door, look, needs, page, say, tell
from console.budgets import warned
from console.messages import SEE as SEES_TALK
from console.trace import lines, title_of
from console.words import act_name, moment, obstacle_words
from console.worklist import CASE_ROLES, DECIDERS
from models import Application, Material
from services import case_page, case_work, materials
from services.case_page import CasePage
from services.case_work import MAY_ASSIGN, MAY_CHECK, Finding
from services.guards import Obstacle
from services.procedure import Hindered, Offer, Why, take

OUTCOMES = frozenset({"clear", "hit"})
APPROVE = "approve"


@dataclass(frozen=True)
class Said:
    """What stands above the page after a step that could not be taken, and what was typed."""

    act: str = ""
    words: tuple[str, ...] = ()
    reason: str = ""
    remark: str = ""


NOTHING = Said()
Hook = Callable[[Seat, CasePage], str]


@door.get("/cases/<number>")
@needs(*CASE_ROLES)
def case(number: str) -> str:
    """The case page."""
    return _screen(_found(number), NOTHING)


def _found(number: str, *, lock: bool = False) -> Application:
    seat = current()
    found = case_page.find(seat.session, number, seat.region, lock=lock)
    if found is None:
        raise Elsewhere("application", number)
    return found


def _screen(application: Application, said: Said) -> str:
    seat = current()
    shown = case_page.gather(seat.session, application, seat.acting, seat.now)
    look("application", application.id)
    return page(
        "case.html",
        it=shown,
        case=application,
        said=said,
        trace=lines(shown.decisions[0]) if shown.decisions else (),
        title_of=title_of,
        may_check=seat.role in MAY_CHECK,
        can_overrule=_can_overrule,
        open_acts=_open_acts,
        money=_money(shown),
        sees_talk=SEES_TALK,
        parts=[part for hook in HOOKS if (part := hook(seat, shown))],
    )


def _money(shown: CasePage) -> tuple[str, ...]:
    """What whoever approves should know of the year's budget. It hinders nothing (R-4.3a)."""
    if not any(one.step.act == APPROVE for one in shown.offers):
        return ()
    return warned((shown.application.track,))


def _can_overrule(offer: Offer) -> bool:
    """Whether only the rules' outcome is in the way: people may decide otherwise (R-3.2h)."""
    return {obstacle.key for obstacle in offer.obstacles} == {"obstacle.rules_say"}


def _open_acts(shown: CasePage) -> set[str]:
    """The steps whose form is on the page and shows again what was typed."""
    return {one.step.act for one in shown.offers if one.is_open or _can_overrule(one)}


HOOKS: list[Hook] = []
"""Parts that other pages add to the case page: each gives the HTML of one, or nothing."""


@door.post("/cases/<number>/steps/<act>")
@needs(*DECIDERS)
def case_step(number: str, act: str) -> ResponseReturnValue:
    """Take one step; a page that is no longer true takes none and says what changed."""
    seat, application = current(), _found(number, lock=True)
    form = request.form
    why = Why(form.get("reason") or None, form.get("remark", "")[:1000])
    typed = {"act": act, "reason": why.reason_code or "", "remark": why.remark}
    if form.get("version") != str(application.version):
        return _moved_on(application, act, typed)
    try:
        take(seat.session, application, act, seat.acting, seat.now, why)
    except Hindered as hindered:
        said = Said(words=_words(hindered.obstacles), **typed)
        return _screen(application, said), 409
    except StaleDataError:
        seat.session.rollback()
        return _moved_on(_found(number), act, typed)
    tell("console.step_done", act=act_name(act), status=say(f"case_status.{application.status}"))
    return redirect(url_for("console.case", number=number))


def _words(obstacles: tuple[Obstacle, ...]) -> tuple[str, ...]:
    return tuple(obstacle_words(obstacle) for obstacle in obstacles)


def _moved_on(application: Application, act: str, typed: Mapping[str, str]) -> ResponseReturnValue:
    """The second click of a double click is done already; else say who did what meanwhile."""
    last = case_page.last_event(current().session, application)
    if last is not None and last.act == act and last.staff_id == current().staff.id:
        tell("console.already_done", level="info", act=act_name(act))
        return redirect(url_for("console.case", number=application.number))
    if last is None:
        words = say("console.moved_on")
    else:
        who = last.staff.name if last.staff else say("console.not_staff")
        words = say("console.what_changed", who=who, at=moment(last.at), act=act_name(last.act))
    return _screen(application, Said(words=(words,), **typed)), 409


@door.post("/cases/<number>/post")
@needs(*MAY_ASSIGN)
def case_post(number: str) -> ResponseReturnValue:
    """Say which post the applicant is for."""
    seat, application = current(), _found(number, lock=True)
    if request.form.get("version") != str(application.version):
        return _moved_on(application, "assign_post", {"act": "assign_post"})
    chosen = request.form.get("post", "")
    posts = {str(post.id): post for post in case_work.posts_for(seat.session, application)}
    if chosen not in posts or not case_work.may_assign(application, seat.acting):
        tell("console.no_such_post", level="danger")
    else:
        case_work.assign_post(seat.session, application, posts[chosen], seat.acting, seat.now)
        tell("console.post_assigned", post=posts[chosen].name)
    return redirect(url_for("console.case", number=number))


@door.post("/cases/<number>/checks")
@needs(*MAY_CHECK)
def case_checks(number: str) -> ResponseReturnValue:
    """Record what was found of the circumstances that may exclude; those left open stay open."""
    seat, application = current(), _found(number)
    source = request.form.get("source", "").strip()[:128]
    names = [one.name for one in case_page.circumstances(seat.session, application, seat.today)]
    found = {name: outcome for name in names if (outcome := request.form.get(name, "")) in OUTCOMES}
    if not found or not source:
        said = Said(act="checks", words=(say("console.check_needs_source"),), remark=source)
        return _screen(application, said), 422
    for name, outcome in found.items():
        finding = Finding(name, outcome, source)
        case_work.record_finding(seat.session, application, finding, seat.acting, seat.now)
    tell("console.checks_kept", count=len(found))
    return redirect(url_for("console.case", number=number))


@door.get("/cases/<number>/papers/<uuid:key>")
@needs(*CASE_ROLES)
def case_paper(number: str, key: uuid.UUID) -> Response:
    """The photo of a paper: opened for this look only, kept in no cache."""
    seat, application = current(), _found(number)
    paper = seat.session.get(Material, key)
    picture = materials.picture(paper) if paper and paper.application_id == application.id else None
    if paper is None or picture is None:
        raise Elsewhere("material", key)
    look("material", key, application=str(application.id))
    answer = Response(picture, mimetype=paper.content_type or "application/octet-stream")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
