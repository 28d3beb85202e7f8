"""Objections from the inside: whom they concern, what was found, how it was decided."""

from __future__ import annotations

import uuid

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, tell
from console.changes import tell_why_not
from console.typed import typed
from models import Objection, PublicNotice, PublicNoticeItem, Role, Ticket
from models.talk import TicketKind
from services import notices, objection_answers, objections, public_notices, tickets
from services.objection_answers import DECIDERS
from services.objections import HANDLERS
from services.procedure import Hindered

READERS = HANDLERS | {Role.DISTRICT_APPROVER, Role.SUPERVISION}
"""Villages see on the case that there is an objection, never whose or in which words."""

NAV.append(NavItem("console.objection_list", "objections.nav", READERS, order=40, group="hiring"))


@door.get("/objections")
@needs(*READERS)
def objection_list() -> str:
    """What waits: of whom nobody has said whom they concern first, then by due date."""
    return _list_page({})


def _list_page(replies: dict[str, str]) -> str:
    """`replies`: what was typed and not sent, by the ticket's number."""
    seat = current()
    loose = objections.unassigned(seat.session, seat.region)
    waiting = objections.waiting(seat.session, seat.region)
    if loose or waiting:
        look("objections", seat.region.code, rows=len(loose) + len(waiting))
    return page(
        "objections.html",
        loose=loose,
        waiting=waiting,
        lines={ticket.id: _lines(ticket) for ticket in loose},
        replies=replies,
        handles=seat.role in HANDLERS,
    )


def _lines(ticket: Ticket) -> list[PublicNoticeItem]:
    """The people whom an objection may concern: those on its notice, or on all that hang here."""
    seat = current()
    if ticket.notice_id is not None:
        found = [seat.session.get_one(PublicNotice, ticket.notice_id)]
    else:
        place = ticket.region or seat.region
        hanging = {one.notice_id for one in notices.showing(seat.session, place, seat.today)}
        found = [one for one in public_notices.in_area(seat.session, place) if one.id in hanging]
    return [item for notice in found for item in notice.items if item.removed_at is None]


@door.post("/objections/tickets/<number>")
@needs(*HANDLERS)
def objection_assign(number: str) -> ResponseReturnValue:
    """Say whom an objection from the chat concerns."""
    seat = current()
    ticket = _ticket(number)
    chosen = request.form.get("item", "")
    item = next((one for one in _lines(ticket) if str(one.id) == chosen), None)
    if item is None:
        raise Elsewhere("public_notice_item", chosen)
    try:
        found = objections.assign(seat.session, ticket, item, seat.acting, seat.now)
    except Hindered as hindered:
        tell_why_not(hindered)
        return redirect(url_for("console.objection_list"))
    tell("done.objection_assigned")
    return redirect(url_for("console.objection", key=found.id))


@door.post("/objections/tickets/<number>/answer")
@needs(*HANDLERS)
def objection_answer(number: str) -> ResponseReturnValue:
    """Answer one that concerns nobody on a notice."""
    seat = current()
    ticket = _ticket(number)
    try:
        words = typed("reply", 500)
        objection_answers.close_unassigned(seat.session, ticket, words, seat.acting, seat.now)
    except Hindered as hindered:
        tell_why_not(hindered)
        return _list_page({number: words}), 409
    tell("done.loose_answered")
    return redirect(url_for("console.objection_list"))


def _ticket(number: str) -> Ticket:
    seat = current()
    asked = select(Ticket).where(Ticket.number == number, Ticket.kind == TicketKind.OBJECTION)
    ticket = seat.session.scalars(asked).first()
    if ticket is None or not tickets.may_see(ticket, seat.region):
        raise Elsewhere("ticket", number)
    return ticket


def _found(key: uuid.UUID) -> Objection:
    seat = current()
    found = seat.session.get(Objection, key)
    if found is None or not objections.sees(found, seat.region):
        raise Elsewhere("objection", key)
    return found


@door.get("/objections/<uuid:key>")
@needs(*READERS)
def objection(key: uuid.UUID) -> str:
    """One objection."""
    return _screen(_found(key), {})


def _screen(found: Objection, was: dict[str, str]) -> str:
    seat = current()
    look("objection", found.id, ticket=found.ticket.number if found.ticket else "")
    return page(
        "objection.html",
        it=found,
        ticket=found.ticket,
        typed=was,
        handles=seat.role in HANDLERS and found.decided_at is None,
        decides=seat.role in DECIDERS and found.decided_at is None,
    )


@door.post("/objections/<uuid:key>/findings")
@needs(*HANDLERS)
def objection_findings(key: uuid.UUID) -> ResponseReturnValue:
    """Write down what was found; a form older than what stands there overwrites nothing."""
    seat, found = current(), _found(key)
    findings = typed("findings", 2000)
    if request.form.get("before", "").split() != (found.findings or "").split():
        tell("objections.findings_changed", level="warning")
        return _screen(found, {"findings": findings}), 409
    try:
        objection_answers.write_findings(seat.session, found, findings, seat.acting, seat.now)
    except Hindered as hindered:
        tell_why_not(hindered)
        return _screen(found, {"findings": findings}), 409
    tell("done.findings_kept")
    return redirect(url_for("console.objection", key=key))


@door.post("/objections/<uuid:key>/decision")
@needs(*DECIDERS)
def objection_decide(key: uuid.UUID) -> ResponseReturnValue:
    """Decide, and answer both sides."""
    seat, found = current(), _found(key)
    outcome, reply = typed("outcome"), typed("reply", 500)
    if outcome not in {"upheld", "dismissed"}:
        tell("objections.choose_outcome", level="danger")
        return _screen(found, {"reply": reply}), 409
    try:
        objection_answers.decide(
            seat.session,
            found,
            upheld=outcome == "upheld",
            reply=reply,
            acting=seat.acting,
            now=seat.now,
        )
    except Hindered as hindered:
        tell_why_not(hindered)
        return _screen(found, {"reply": reply, "outcome": outcome}), 409
    tell("done.decided")
    return redirect(url_for("console.objection", key=key))
