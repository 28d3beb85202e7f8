"""What was found about an objection, what was decided, and the answer to both sides (3.7).

The applicant hears through the procedure. The objector is answered by chat while the platform lets
us, else by a short message to the phone they left; who left none asks with their number.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Contact,
    Conversation,
    Objection,
    Role,
    Ticket,
)
from services import masking, objections, outbox, procedure
from services.acting import Acting, conflict
from services.guards import Obstacle
from services.procedure import Hindered, Why
from services.telling import CHAT_WINDOW
from services.trail import note
from wording import load_book

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
        _answer(session, objection, now)
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


def _answer(session: Session, objection: Objection, now: datetime) -> None:
    ticket = objection.ticket
    if ticket is None:
        return
    open_ones = select(Objection.id).where(
        Objection.ticket_id == ticket.id, Objection.decided_at.is_(None)
    )
    if session.scalars(open_ones.limit(1)).first() is None and ticket.closed_at is None:
        ticket.closed_at = now
        ticket.closed_as = "upheld" if objection.upheld else "dismissed"
    _send(session, ticket, objection, now)


def _send(session: Session, ticket: Ticket, objection: Objection, now: datetime) -> None:
    cause = f"objection:{objection.id}"
    slots = {"number": ticket.number, "reply": objection.reply or ""}
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    talk = session.get(Conversation, contact.id) if contact is not None else None
    in_window = talk is not None and now - talk.turned_at < CHAT_WINDOW
    if contact is not None and contact.channel == "wechat" and contact.followed and in_window:
        key = "objections.answered"
        outbox.enqueue(
            session, channel="wechat", contact=contact, key=key, slots=slots, cause=cause, now=now
        )
        return
    phone = ticket.phone or (contact.address if contact and contact.channel == "sms" else None)
    if phone is not None and phone.startswith("1"):  # a landline takes no short message
        text = load_book().text("objections.answered", "sms", **slots)
        outbox.enqueue(
            session,
            channel="sms",
            address=phone,
            key="sms.reply",
            slots={"text": text},
            cause=cause,
            now=now,
        )


def reply_to(session: Session, ticket: Ticket) -> str | None:
    """What the writer of a ticket was told, for whoever asks again; None before it is decided."""
    return session.scalars(
        select(Objection.reply)
        .where(Objection.ticket_id == ticket.id, Objection.decided_at.is_not(None))
        .order_by(Objection.decided_at.desc())
        .limit(1)
    ).first()


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
    if not reply.strip():
        raise Hindered("decide_objection", (Obstacle("objections.no_reply"),))
    if exposed := masking.check_text(reply, "reply"):
        raise Hindered("decide_objection", exposed)
