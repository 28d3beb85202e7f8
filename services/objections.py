"""Objections to a public notice (R-3.4d, requirements 3.1, 3.7): raised, looked into, decided,
answered. One stops the case of one person, and nobody else's.

Words and ways to reach the objector live in a ticket, which the accused office never sees. Who may
handle an objection follows from its ticket (`tickets.may_see`); nobody decides on their own
complaint, their own case or a relative's.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Application,
    ApplicationStatus,
    Contact,
    Objection,
    PageSubmission,
    PublicNotice,
    PublicNoticeItem,
    Region,
    Role,
    Ticket,
    new_id,
)
from models.sealing import blind_index
from models.talk import TicketKind
from rules import parameters
from services import alarms, procedure, tickets
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note
from services.whereabouts import town_of
from wording.hearing import mask_name

HANDLERS = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD, Role.DISTRICT_CLERK})
_PLACES = (joinedload(Ticket.region), joinedload(Ticket.accused))
_CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without 0 and O, 1 and I: the code is copied by hand."""


@dataclass(frozen=True)
class Complaint:
    """What somebody has against one line. Without a contact or a phone it is anonymous; with a
    contact it may be too: the writer can ask for it again, and nobody sees who they are.

    `against_town`: it is the town itself that is complained about, so the district looks into it.
    """

    words: str
    phone: str | None = None
    contact: Contact | None = None
    anonymous: bool = False
    against_town: bool = False


@dataclass(frozen=True)
class Receipt:
    """What an objector takes home: the number, and a code to ask for the answer with."""

    objection: Objection
    number: str
    code: str


def raise_against(
    session: Session,
    item: PublicNoticeItem,
    complaint: Complaint,
    acting: Acting,
    now: datetime,
) -> Receipt:
    """An objection from the page or the chat (`acting` is the clock), or entered by staff for
    somebody. The same words of one writer against the same person on one day are one."""
    notice = session.get_one(PublicNotice, item.notice_id)
    if not is_open(notice, item, now):
        raise Hindered("object", (Obstacle("objections.notice_over"),))
    if not complaint.words.strip():
        raise Hindered("object", (Obstacle("objections.no_words"),))
    request = tickets.Request(
        TicketKind.OBJECTION,
        words=complaint.words.strip(),
        contact=complaint.contact,
        place=item.village,
        accused=town_of(item.village) if complaint.against_town else item.village,
        anonymous=complaint.anonymous or (complaint.contact is None and not complaint.phone),
        phone=complaint.phone,
        notice_id=notice.id,
    )
    ticket = tickets.open_ticket(session, request, now)
    code = "".join(secrets.choice(_CODE_SIGNS) for _ in range(6))
    if complaint.contact is None:
        ticket.reporter_key = _code_key(ticket.number, code)
    objection = _against(session, ticket, item) or _add(session, ticket, item, acting, now)
    return Receipt(objection, ticket.number, code)


def _against(session: Session, ticket: Ticket, item: PublicNoticeItem) -> Objection | None:
    """What this ticket holds against this line already."""
    return next((one for one in of_ticket(session, ticket) if one.item_id == item.id), None)


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Objection]:
    """The objections that a ticket's words stand behind: none while nobody knows whom they mean."""
    return session.scalars(select(Objection).where(Objection.ticket_id == ticket.id)).all()


def is_open(notice: PublicNotice, item: PublicNoticeItem, now: datetime) -> bool:
    """Whether a line can still be objected to: it hangs, and its last day has not ended."""
    today = business_date(now)
    hangs = notice.published_at is not None and notice.taken_down_at is None
    return bool(hangs and item.removed_at is None and notice.last_on and today <= notice.last_on)


def assign(
    session: Session, ticket: Ticket, item: PublicNoticeItem, acting: Acting, now: datetime
) -> Objection:
    """Say whom an objection from the chat concerns: their case stops, the others' go on."""
    may_handle_ticket(ticket, acting)
    if ticket.kind != TicketKind.OBJECTION or ticket.closed_at is not None:
        raise Hindered("assign_objection", (Obstacle("objections.closed_already"),))
    if ticket.notice_id not in {None, item.notice_id}:
        raise Hindered("assign_objection", (Obstacle("objections.other_notice"),))
    ticket.notice_id = item.notice_id
    return _against(session, ticket, item) or _add(session, ticket, item, acting, now)


def _add(
    session: Session, ticket: Ticket, item: PublicNoticeItem, acting: Acting, now: datetime
) -> Objection:
    objection = Objection(
        id=new_id(),
        item_id=item.id,
        ticket_id=ticket.id,
        raised_at=now,
        due_on=working_deadline("notice.objection_check_days", business_date(now)),
    )
    session.add(objection)
    session.flush()
    case = item.application
    if case is not None and case.status == ApplicationStatus.ON_NOTICE:
        procedure.take(session, case, "object", acting, now)
    note(
        session,
        "objection.raised",
        actor=acting.name,
        at=now,
        subject=("objection", objection.id),
        ticket=ticket.number,
        application=str(item.application_id),
    )
    alarms.objection(session, ticket, now, name=mask_name(item.name))
    return objection


def waiting(session: Session, office: Region) -> Sequence[Objection]:
    """The undecided objections that this office may see, the earliest due first."""
    asked = (
        select(Objection)
        .join(PublicNoticeItem, Objection.item_id == PublicNoticeItem.id)
        .join(Region, PublicNoticeItem.village_id == Region.id)
        .where(Region.path.startswith(office.path), Objection.decided_at.is_(None))
        .options(
            joinedload(Objection.item).joinedload(PublicNoticeItem.village),
            joinedload(Objection.ticket).options(*_PLACES),
        )
        .order_by(Objection.due_on, Objection.raised_at)
    )
    return [found for found in session.scalars(asked) if sees(found, office)]


def unassigned_on(notice_id: Any) -> Select[tuple[uuid.UUID]]:
    """The open objections to a notice of which nobody has said yet whom they concern."""
    linked = select(Objection.id).where(Objection.ticket_id == Ticket.id)
    return select(Ticket.id).where(
        Ticket.notice_id == notice_id,
        Ticket.kind == TicketKind.OBJECTION,
        Ticket.closed_at.is_(None),
        ~linked.exists(),
    )


def unassigned(session: Session, office: Region) -> Sequence[Ticket]:
    """The objections of which nobody has said yet whom they concern; they hold up a notice."""
    linked = select(Objection.id).where(Objection.ticket_id == Ticket.id)
    asked = (
        select(Ticket)
        .where(
            Ticket.kind == TicketKind.OBJECTION,
            Ticket.closed_at.is_(None),
            ~linked.exists(),
        )
        .options(*_PLACES)
        .order_by(Ticket.opened_at)
    )
    return [ticket for ticket in session.scalars(asked) if tickets.may_see(ticket, office)]


def of_case(session: Session, application: Application) -> Sequence[Objection]:
    """Every objection against a case, the oldest first. What their tickets say is not for all."""
    return session.scalars(
        select(Objection)
        .join(PublicNoticeItem, Objection.item_id == PublicNoticeItem.id)
        .where(PublicNoticeItem.application_id == application.id)
        .order_by(Objection.raised_at)
    ).all()


def sees(objection: Objection, office: Region) -> bool:
    """Whether the people of an office may see who objects and in which words."""
    return objection.ticket is not None and tickets.may_see(objection.ticket, office)


def numbered(session: Session, number: str, code: str) -> tuple[Ticket, Objection | None] | None:
    """The objection that a page's number and code belong to; None for any other pair."""
    key = _code_key(number.strip(), code.strip().upper())
    ticket = session.scalars(
        select(Ticket).where(Ticket.number == number.strip(), Ticket.reporter_key == key)
    ).first()
    if ticket is None:
        return None
    found = select(Objection).where(Objection.ticket_id == ticket.id)
    return ticket, session.scalars(found).first()


def count_submission(session: Session, address: str, now: datetime) -> None:
    """Count one more try from a network address; `Hindered` when there were enough this hour.

    Only a keyed hash of the address is kept, for a day."""
    index = blind_index(address, "address")
    session.execute(delete(PageSubmission).where(PageSubmission.at < now - timedelta(days=1)))
    most = parameters.in_force("notice.objections_per_hour", business_date(now)).value
    sent = session.scalar(
        select(func.count()).where(
            PageSubmission.address_index == index, PageSubmission.at > now - timedelta(hours=1)
        )
    )
    if (sent or 0) >= int(most):
        raise Hindered("object", (Obstacle("objections.too_many"),))
    session.add(PageSubmission(address_index=index, at=now))
    session.flush()


def may_handle_ticket(ticket: Ticket | None, acting: Acting) -> None:
    """`Hindered` when this person may not handle an objection's ticket."""
    if acting.role not in HANDLERS or acting.region is None:
        raise Hindered("objection", (Obstacle("obstacle.not_your_role"),))
    if ticket is None or not tickets.may_see(ticket, acting.region):
        raise Hindered("objection", (Obstacle("obstacle.not_your_place"),))


def may_handle(objection: Objection, acting: Acting) -> None:
    """`Hindered` when this person may not look into an objection."""
    may_handle_ticket(objection.ticket, acting)


def _code_key(number: str, code: str) -> str:
    return blind_index(f"{number}|{code}", "objection")
