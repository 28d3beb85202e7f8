"""Public notices from the inside: draft, check, publish, boards, withdraw, correct."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import attributes
from werkzeug.wrappers import Response

from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, tell
from console.changes import is_stale, tell_what_changed, tell_why_not
from console.reviews import keys
from console.typed import typed
from console.words import moment
from console.worklist import CASE_ROLES
from models import PublicNotice, Region, Role
from services import (
    notice_boards,
    notice_paper,
    notice_publishing,
    notice_work,
    objections,
    public_notices,
)
from services.acting import covers
from services.clock import SHANGHAI
from services.masking import Audience
from services.notice_boards import HANGERS
from services.objections import HANDLERS, Complaint
from services.procedure import Hindered
from services.public_notices import MAKERS
from services.staff import area

HEAD = Role.TOWN_HEAD
WORK = notice_work
"""Imported so that reviews, notices and objections stand on the worklists."""

NAV.append(NavItem("console.notice_list", "notice.nav", CASE_ROLES, order=35, group="hiring"))


@door.get("/notices")
@needs(*CASE_ROLES)
def notice_list() -> str:
    """The notices of this place, and who waits for one."""
    seat = current()
    waiting = public_notices.waiting(seat.session, seat.region) if seat.role in MAKERS else ()
    if waiting:
        look("notices", seat.region.code, rows=len(waiting))
    return page(
        "notices.html",
        waiting=waiting,
        villages=list({case.village_id: case.village for case in waiting}.values()),
        notices=public_notices.in_area(seat.session, seat.region),
        makes=seat.role in MAKERS,
    )


@door.post("/notices")
@needs(*MAKERS)
def notice_draft() -> ResponseReturnValue:
    """Draft one for a village or the whole town."""
    seat = current()
    place = seat.session.scalars(
        select(Region).where(Region.code == typed("place"), area(seat.region))
    ).first()
    if place is None:
        raise Elsewhere("region", typed("place"))
    chosen = keys(request.form.getlist("case"))
    try:
        notice = public_notices.draft(seat.session, place, chosen, seat.acting, seat.now)
    except Hindered as hindered:
        tell_why_not(hindered)
        return redirect(url_for("console.notice_list"))
    tell("done.drafted")
    return redirect(url_for("console.notice", code=notice.code))


def found_here(code: str) -> PublicNotice:
    """A notice of this place, or of the town above that names its people."""
    seat = current()
    found = public_notices.load(seat.session, code)
    if found is None or not any(
        covers(seat.region, place) for place in (found.region, *notice_paper.boards(found))
    ):
        raise Elsewhere("public_notice", code)
    return found


@door.get("/notices/<code>")
@needs(*CASE_ROLES)
def notice(code: str) -> str:
    """One notice: how it will hang or hangs, its boards, what may be done."""
    seat, found = current(), found_here(code)
    look("public_notice", found.id, rows=len(found.items))
    is_draft = found.published_at is None and found.withdrawn_at is None
    return page(
        "notice.html",
        notice=found,
        is_draft=is_draft,
        hangs=_hangs(found),
        board=notice_paper.paper(found, Audience.VILLAGE_BOARD),
        web=notice_paper.paper(found, Audience.WEB),
        in_the_way=notice_publishing.obstacles(found, seat.today) if is_draft else (),
        would_end=notice_publishing.last_day(found, seat.today) if is_draft else None,
        boards=notice_boards.boards(seat.session, found),
        covers=covers,
        intact=notice_paper.is_intact(found) if found.snapshot else None,
        makes=seat.role in MAKERS and covers(seat.region, found.region),
        heads=seat.role == HEAD and covers(seat.region, found.region),
        hung_by=seat.role in HANGERS,
        hears=seat.role in HANDLERS,
    )


def _hangs(found: PublicNotice) -> bool:
    """Published, its last day not over, not taken down."""
    over = found.last_on is None or found.last_on < current().today
    return found.published_at is not None and found.taken_down_at is None and not over


def _do(code: str, verb: Callable[[PublicNotice], tuple[str, dict[str, Any]]]) -> Response:
    """Do one thing with a notice, unless somebody did another meanwhile; say what came of it.
    `verb` gives the phrase to say, and its slots; a slot `code` is where to go next."""
    found = found_here(code)
    where = code
    if is_stale(found.version):
        tell_what_changed("public_notice", found.id)
        return to_notice(where)
    try:
        key, slots = verb(found)
    except Hindered as hindered:
        tell_why_not(hindered)
        return to_notice(where)
    attributes.flag_modified(found, "title")  # a page made before this must not act on it
    tell(key, **slots)
    return to_notice(str(slots.get("code", where)))


def to_notice(code: str) -> Response:
    return redirect(url_for("console.notice", code=code))


@door.post("/notices/<code>/publish")
@needs(HEAD)
def notice_publish(code: str) -> Response:
    """Hang it now, or leave it to the clock."""
    seat = current()

    def verb(found: PublicNotice) -> tuple[str, dict[str, Any]]:
        if request.form.get("when") == "later":
            at = _moment(request.form.get("at", ""))
            notice_publishing.schedule(seat.session, found, at or seat.now, seat.acting, seat.now)
            return "done.scheduled", {"at": moment(found.scheduled_at)}
        notice_publishing.publish(seat.session, found, seat.acting, seat.now)
        return "done.published", {"last_on": found.last_on}

    return _do(code, verb)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


@door.post("/notices/<code>/drop")
@needs(*MAKERS)
def notice_drop(code: str) -> Response:
    """Take one line off a draft."""
    seat = current()

    def verb(found: PublicNotice) -> tuple[str, dict[str, Any]]:
        item = next((one for one in found.items if str(one.id) == request.form.get("item")), None)
        if item is None:
            raise Elsewhere("public_notice_item", request.form.get("item"))
        public_notices.drop(seat.session, found, item, seat.acting, seat.now)
        return "done.dropped", {}

    return _do(code, verb)


@door.post("/notices/<code>/discard")
@needs(*MAKERS)
def notice_discard(code: str) -> Response:
    """Give up a draft."""
    seat = current()

    def verb(found: PublicNotice) -> tuple[str, dict[str, Any]]:
        public_notices.discard(seat.session, found, seat.acting, seat.now)
        return "done.discarded", {}

    return _do(code, verb)


@door.post("/notices/<code>/withdraw")
@needs(HEAD)
def notice_withdraw(code: str) -> Response:
    """Take it down, whole; or correct the chosen lines on a new one."""
    seat, why = current(), typed("why")

    def verb(found: PublicNotice) -> tuple[str, dict[str, Any]]:
        if request.form.get("do") == "correct":
            chosen = {int(text) for text in request.form.getlist("item") if text.isdecimal()}
            fresh = public_notices.correct(seat.session, found, chosen, why, seat.acting, seat.now)
            return "done.corrected", {"code": fresh.code}
        public_notices.withdraw(seat.session, found, why, seat.acting, seat.now)
        return "done.withdrawn", {}

    return _do(code, verb)


@door.post("/notices/<code>/objections")
@needs(*HANDLERS)
def notice_objection(code: str) -> Response:
    """Write down what somebody came or called to say about one line."""
    seat, found, form = current(), found_here(code), request.form
    item = next((one for one in found.items if str(one.id) == form.get("item")), None)
    complaint = Complaint(
        words=typed("words", 1000),
        phone=typed("phone", 20) or None,
        against_town="against_town" in form,
    )
    if item is None:
        raise Elsewhere("public_notice_item", form.get("item"))
    try:
        receipt = objections.raise_against(seat.session, item, complaint, seat.acting, seat.now)
    except Hindered as hindered:
        tell_why_not(hindered)
    else:
        tell("done.objection_entered", number=receipt.number, code=receipt.code)
    return to_notice(code)
