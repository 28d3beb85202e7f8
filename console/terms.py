"""Terms: who ends when and where, and everything about one worker's term."""

from __future__ import annotations

from flask import request
from sqlalchemy import select
from werkzeug.wrappers import Response

import services.terms.term_work as _work  # noqa: F401 - puts terms on the worklist
from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page
from console.files import docx, shown
from console.worklist import CASE_ROLES
from models import Attachment, Engagement, Exit, Region, Role
from models.procedure import TOWN_CLERK, VILLAGE
from models.term_steps import MAY_PAUSE, PROPOSERS, ExitCause
from rules import parameters
from services import agreements
from services.staff import area
from services.terms import corrections, exits, new_agreements, pauses, term_pages
from services.terms import vacancies as vacant
from services.terms.new_agreements import MAY_SIGN

TERM_ROLES = CASE_ROLES - {Role.AGENCY}
DEFAULT_DAYS = 90

NAV.append(NavItem("console.terms", "term.nav", TERM_ROLES, order=42, group="at_work"))


@door.get("/terms")
@needs(*TERM_ROLES)
def terms() -> str:
    """The terms of the area that end within some days, by place and one by one."""
    seat, place = current(), _place()
    asked = request.args.get("days", "")
    days = int(asked) if asked.isdecimal() and int(asked) in term_pages.STRETCHES else DEFAULT_DAYS
    track = request.args.get("track", "")
    old = request.args.get("old") is not None
    if old:
        rows = term_pages.over_age(seat.session, place, seat.today)
    else:
        rows = term_pages.ending(
            seat.session, place, seat.today, days=days, track=track if track in _TRACKS else ""
        )
    if rows:
        look("terms", place.code, rows=len(rows), days=days)
    return page(
        "terms.html",
        rows=rows,
        counts=term_pages.counts(seat.session, seat.region, seat.today),
        stretches=term_pages.STRETCHES,
        days=days,
        track=track,
        place=place,
        places=_places(),
        most=term_pages.PAGE,
        old=old,
    )


_TRACKS = ("rural", "urban")


@door.get("/vacancies")
@needs(*TERM_ROLES)
def vacancies() -> str:
    """The places that somebody left, and those that were reported too late."""
    seat = current()
    rows = vacant.latest(seat.session, seat.region)
    if rows:
        look("vacancies", seat.region.code, rows=len(rows))
    return page("vacancies.html", rows=rows)


def _place() -> Region:
    """The place in the address, where it lies in this area; else the area."""
    seat, code = current(), request.args.get("place", "")
    query = select(Region).where(Region.code == code, area(seat.region))
    return (seat.session.scalars(query).first() if code else None) or seat.region


def _places() -> list[Region]:
    seat = current()
    query = select(Region).where(Region.parent_id == seat.region.id).order_by(Region.id)
    return list(seat.session.scalars(query))


def found(code: str) -> Engagement:
    """The engagement of a worker code of this area."""
    seat = current()
    engagement = term_pages.find(seat.session, code, seat.region)
    if engagement is None:
        raise Elsewhere("engagement", code)
    return engagement


@door.get("/terms/<code>")
@needs(*TERM_ROLES)
def term(code: str) -> str:
    """One worker's term."""
    return screen(found(code))


def screen(engagement: Engagement, words: tuple[str, ...] = ()) -> str:
    """The page of a term, with why something was not done."""
    seat = current()
    look("engagement", engagement.id)
    it = term_pages.term_page(seat.session, engagement, seat.acting, seat.now)
    return page(
        "term.html",
        it=it,
        worker=engagement,
        words=words,
        typed=request.form,
        may={
            "propose": seat.role in PROPOSERS,
            "report": seat.role in VILLAGE,
            "lay": seat.role in TOWN_CLERK,
            "pause": seat.role in MAY_PAUSE,
            "correct": seat.role in corrections.MAY_CORRECT,
            "sign": seat.role in MAY_SIGN,
        },
        agreement=new_agreements.of_extension(seat.session, engagement),
        causes_of_exit=[one for one in ExitCause if one in exits.REPORTED - {ExitCause.RESIGNED}],
        pause_causes=sorted(pauses.BY_STAFF),
        paid=parameters.in_force("term.paid_pauses", seat.today).value,
        supports=parameters.in_force_or_first("term.other_support", seat.today).value,
    )


@door.get("/terms/<code>/agreement.docx")
@needs(*(MAY_SIGN | {Role.DISTRICT_CLERK}))
def term_agreement(code: str) -> Response:
    """The agreement of an extension, to print."""
    seat, engagement = current(), found(code)
    made = new_agreements.of_extension(seat.session, engagement)
    if made is None or engagement.application is None:
        raise Elsewhere("agreement", code)
    content = agreements.printed(seat.session, engagement.application, made, seat.acting, seat.now)
    return docx(content, f"{made.number}.docx")


@door.get("/terms/<code>/agreement/signed")
@needs(*TERM_ROLES)
def term_agreement_copy(code: str) -> Response:
    """The photo of the signed agreement of an extension."""
    seat, engagement = current(), found(code)
    made = new_agreements.of_extension(seat.session, engagement)
    copy = seat.session.get(Attachment, made.signed_copy_id) if made else None
    if copy is None or not copy.content_sealed:
        raise Elsewhere("agreement", code)
    look("attachment", copy.id, engagement=str(engagement.id))
    return shown(copy)


@door.get("/terms/<code>/papers/<uuid:key>", endpoint="term_paper")
@needs(*TERM_ROLES)
def term_paper(code: str, key: object) -> Response:
    """The resignation that the worker signed, passed on by the village."""
    seat, engagement = current(), found(code)
    leaving = seat.session.get(Exit, key)
    paper: Attachment | None = None
    if leaving is not None and leaving.engagement_id == engagement.id:
        paper = term_pages.signed_paper(seat.session, leaving)
    if paper is None:
        raise Elsewhere("term_paper", key)
    look("attachment", paper.id, engagement=str(engagement.id))
    return shown(paper)
