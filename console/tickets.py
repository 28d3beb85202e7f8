"""What residents wrote that needs a person: the office's list, one ticket, what is done with it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page, say, tell
from console.changes import is_stale, tell_what_changed
from console.words import obstacle_words
from models import Role, Ticket
from models.talk import TicketLevel
from services import ticket_answers, ticket_desk, ticket_work
from services.procedure import Hindered
from services.ticket_desk import LEVEL_OF, OUTCOMES, Answer

SEE = frozenset(LEVEL_OF)
ACTS = ("reply", "note", "forward", "back", "close")

NAV.append(NavItem("console.ticket_list", "ticket_desk.nav", SEE, order=28, group="telling"))
ticket_work.register()


@door.get("/tickets")
@needs(*SEE)
def ticket_list() -> str:
    """The open tickets that this office may see, or the closed ones."""
    seat = current()
    closed = request.args.get("closed") == "1"
    rows = ticket_desk.listed(seat.session, seat.acting, closed=closed)
    if rows:
        look("tickets", seat.region.code, rows=len(rows))
    return page("tickets.html", rows=rows, closed=closed, mine=LEVEL_OF[seat.role])


@door.get("/tickets/<number>")
@needs(*SEE)
def ticket(number: str) -> str:
    """One ticket."""
    return _screen(_found(number))


def _found(number: str) -> Ticket:
    seat = current()
    found = ticket_desk.find(seat.session, number, seat.acting)
    if found is None:
        raise Elsewhere("ticket", number)
    return found


def _screen(one: Ticket, typed: Answer | None = None, why: tuple[str, ...] = ()) -> str:
    seat = current()
    look("ticket", one.id)
    looks_on = seat.role is Role.SUPERVISION and one.level != TicketLevel.SUPERVISION
    may_act = one.closed_at is None and not looks_on
    own = ticket_desk.wrote_it(seat.session, seat.acting, one)
    return page(
        "ticket.html",
        it=one,
        version=ticket_desk.version(one),
        typed=typed or Answer(""),
        why=why,
        may_act=may_act and not own,
        own=own,
        levels=ticket_desk.levels_for(one, seat.acting),
        outcomes=[(code, say(f"ticket_desk.outcome_{code}")) for code in OUTCOMES],
        reach=ticket_answers.may_reach(seat.session, one, seat.now),
        caller="" if one.anonymous else _caller(one),
    )


def _caller(one: Ticket) -> str:
    """Who wrote it, as far as they have said: for calling them back."""
    seat = current()
    name = ticket_answers.writer_name(seat.session, one)
    return " ".join(part for part in (name, one.phone) if part)


@door.post("/tickets/<number>")
@needs(*SEE)
def ticket_step(number: str) -> ResponseReturnValue:
    """Reply, note, hand on or close; a page that is no longer true does nothing, and what was typed
    stays."""
    seat, one, form = current(), _found(number), request.form
    words = form.get("words", "")[:2000]
    answer = Answer(form.get("act", ""), words, form.get("to", ""), form.get("outcome", ""))
    if answer.act not in ACTS:
        return _screen(one, answer, (say("ticket_desk.no_such_act"),)), 422
    if is_stale(ticket_desk.version(one)):
        if ticket_desk.has_step(one, seat.staff.id, answer.act):
            tell("ticket_desk.already", level="info")
            return redirect(url_for("console.ticket_list"))
        tell_what_changed("ticket", one.id)
        return _screen(one, answer), 409
    try:
        ticket_desk.act(seat.session, one, answer, seat.acting, seat.now)
    except Hindered as hindered:
        why = tuple(obstacle_words(obstacle) for obstacle in hindered.obstacles)
        return _screen(one, answer, why), 409
    tell(f"ticket_desk.done_{answer.act}")
    if ticket_desk.find(seat.session, number, seat.acting) is None:  # handed on, out of sight
        return redirect(url_for("console.ticket_list"))
    return redirect(url_for("console.ticket", number=number))
