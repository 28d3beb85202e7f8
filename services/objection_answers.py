"""What was found about an objection, what was decided, and the answer to both sides (3.7).

The applicant hears through the procedure. The objector hears as every writer of a ticket does
(`services.ticket_answers`); who left no name asks with their number.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Objection,
    Role,
    Ticket,
    TicketStep,
    new_id,
)
from services import masking, objections, procedure, ticket_answers
from services.acting import Acting, conflict
from services.guards import Obstacle
from services.procedure import Hindered, Why
from services.ticket_desk import wrote_it
from services.trail import note

DECIDERS = frozenset({Role.TOWN_HEAD, Role.DISTRICT_CLERK})
UPHELD, DISMISSED = "objection_founded", "objection_unfounded"
"""The reason codes of wording/zh/reasons.yaml."""


def write_findings(
    session: Session, objection: Objection, findings: str, acting: Acting, now: datetime
) -> None:
    """Write down what was found. May be written anew until it is decided on."""
    _may_act(session, objection, acting)
    if not findings.strip():
        raise Hindered("objection_findings", (Obstacle("obstacle.findings_lacking"),))
    before = objection.findings
    objection.findings = findings.strip()
    objection.found_by_id = acting.staff.id if acting.staff else None
    note(
        session,
        "objection.findings",
        actor=acting.name,
        at=now,
        subject=("objection", objection.id),
        before=before,
        after=objection.findings,
    )
    session.flush()


def decide(
    session: Session,
    objection: Objection,
    *,
    upheld: bool,
    reply: str,
    acting: Acting,
    now: datetime,
) -> None:
    """Decide on the findings and answer both sides. The case goes on, or ends, with the last
    objection that was open against it. `Hindered` in words, and nothing has changed."""
    _may_decide(session, objection, acting, reply)
    with session.begin_nested():
        objection.upheld, objection.reply = upheld, reply.strip()
        objection.decided_at = now
        objection.decided_by_id = acting.staff.id if acting.staff else None
        session.flush()
        _move_case(session, objection, acting, now)
        _answer(session, objection, acting, now)
    note(
        session,
        "objection.decided",
        actor=acting.name,
        at=now,
        subject=("objection", objection.id),
        upheld=upheld,
    )


def _move_case(session: Session, objection: Objection, acting: Acting, now: datetime) -> None:
    case = objection.item.application
    if case is None or case.status != ApplicationStatus.OBJECTION:
        return
    against = objections.of_case(session, case)
    if any(other.decided_at is None for other in against):
        return
    upheld = any(other.upheld for other in against)
    act, code = ("uphold_objection", UPHELD) if upheld else ("dismiss_objection", DISMISSED)
    procedure.take(session, case, act, acting, now, Why(code))


def _answer(session: Session, objection: Objection, acting: Acting, now: datetime) -> None:
    ticket = objection.ticket
    if ticket is None:
        return
    open_ones = select(Objection.id).where(
        Objection.ticket_id == ticket.id, Objection.decided_at.is_(None)
    )
    is_last = session.scalars(open_ones.limit(1)).first() is None
    if is_last and ticket.closed_at is None:
        ticket.closed_at = now
        ticket.closed_as = "upheld" if objection.upheld else "dismissed"
    _tell(session, ticket, objection.reply or "", acting, now)


def _tell(session: Session, ticket: Ticket, words: str, acting: Acting, now: datetime) -> None:
    step = TicketStep(
        id=new_id(),
        ticket_id=ticket.id,
        at=now,
        act="reply" if ticket.closed_at is None else "close",
        staff_id=acting.staff.id if acting.staff else None,
        from_level=ticket.level,
        to_level=ticket.level,
    )
    step.words = words
    session.add(step)
    session.flush()
    ticket_answers.send(session, ticket, step, now)
    session.expire(ticket, ["steps"])


def close_unassigned(
    session: Session, ticket: Ticket, reply: str, acting: Acting, now: datetime
) -> None:
    """Answer an objection that concerns nobody on a notice, and let the notice go on."""
    objections.may_handle_ticket(ticket, acting)
    if ticket.closed_at is not None:
        raise Hindered("close_objection", (Obstacle("objections.closed_already"),))
    if wrote_it(session, acting, ticket):
        raise Hindered("close_objection", (Obstacle("obstacle.conflict_complaint"),))
    linked = select(Objection.id).where(Objection.ticket_id == ticket.id)
    if session.scalars(linked.limit(1)).first() is not None:
        raise Hindered("close_objection", (Obstacle("objections.is_assigned"),))
    _check_reply(reply)
    ticket.closed_at, ticket.closed_as = now, "answered"
    _tell(session, ticket, reply.strip(), acting, now)
    subject = ("ticket", ticket.id)
    note(session, "objection.answered", actor=acting.name, at=now, subject=subject)
    session.flush()


def _may_act(session: Session, objection: Objection, acting: Acting) -> Application | None:
    objections.may_handle(objection, acting)
    if objection.decided_at is not None:
        raise Hindered("objection", (Obstacle("objections.decided_already"),))
    case = objection.item.application
    if case is not None and (why := conflict(session, acting, case)) is not None:
        raise Hindered("objection", (Obstacle(f"obstacle.conflict_{why}"),))
    return case


def _may_decide(session: Session, objection: Objection, acting: Acting, reply: str) -> None:
    _may_act(session, objection, acting)
    if acting.role not in DECIDERS:
        raise Hindered("decide_objection", (Obstacle("obstacle.not_your_role"),))
    if not objection.findings:
        raise Hindered("decide_objection", (Obstacle("obstacle.findings_lacking"),))
    _check_reply(reply)


def _check_reply(reply: str) -> None:
    if not reply.strip():
        raise Hindered("answer_objection", (Obstacle("objections.no_reply"),))
    if exposed := masking.check_text(reply, "reply"):
        raise Hindered("answer_objection", exposed)
