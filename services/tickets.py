"""Tickets: what a person must take care of, routed to the office that may see it, with its date.

A complaint goes above the accused, whose office and everything under it never see it
(requirements 3.7). What an empty pocket tells us (F-12) goes to the district, never to a village.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Contact, Region, Ticket, new_id
from models.places import RegionKind
from models.sealing import blind_index
from models.talk import TicketKind, TicketLevel
from services.clock import business_date
from services.deadlines import working_deadline
from services.numbers import next_number
from services.whereabouts import district, home

URGENT = frozenset({TicketKind.ACCIDENT, TicketKind.DISTRESS})

_WORKING_DAYS = {
    TicketKind.COMPLAINT: "complaint.check_days",
    TicketKind.POOLING: "complaint.check_days",
    TicketKind.OBJECTION: "notice.objection_check_days",
}
_OTHERWISE = "conversation.human_answer_days"

_RANKS = (TicketLevel.VILLAGE, TicketLevel.TOWN, TicketLevel.DISTRICT, TicketLevel.SUPERVISION)
LEVEL_OF = {
    RegionKind.VILLAGE: TicketLevel.VILLAGE,
    RegionKind.TOWN: TicketLevel.TOWN,
    RegionKind.STREET: TicketLevel.TOWN,
    RegionKind.PARK: TicketLevel.TOWN,
    RegionKind.DISTRICT: TicketLevel.DISTRICT,
}


@dataclass(frozen=True)
class Request:
    """What a ticket is made of. `place`: where it happened or where its people live; `accused`:
    the office that is complained about. `answers` is plain JSON and names nobody."""

    kind: TicketKind
    words: str | None = None
    contact: Contact | None = None
    place: Region | None = None
    accused: Region | None = None
    anonymous: bool = False
    phone: str | None = None
    notice_id: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)


def open_ticket(session: Session, request: Request, at: datetime) -> Ticket:
    """The ticket for this request. Asking again on the same day in the same words, while the first
    is open, gives the first."""
    known = _same(session, request, at)
    if known is not None:
        return known
    level, region = _route(session, request)
    day = business_date(at)
    hidden = request.anonymous
    ticket = Ticket(
        id=new_id(),
        number=f"{day:%y%m%d}-{next_number(session, f'ticket-{day:%y%m%d}'):03d}",
        kind=request.kind,
        level=level,
        region_id=region.id if region else None,
        accused_region_id=request.accused.id if request.accused else None,
        contact_id=None if hidden or request.contact is None else request.contact.id,
        reporter_key=reporter_key(request.contact) if request.contact else None,
        notice_id=request.notice_id,
        anonymous=hidden,
        urgent=request.kind in URGENT,
        answers=dict(request.answers),
        opened_at=at,
        due_on=due_on(request.kind, day),
    )
    ticket.words = request.words
    ticket.phone = None if hidden else request.phone
    session.add(ticket)
    session.flush()
    return ticket


def raise_signal(session: Session, contact: Contact, words: str, at: datetime) -> Ticket:
    """Keep a sign that somebody takes a worker's pay (F-12), whatever the message was about.

    Silent: nothing is answered for it. Only the district sees it; the village named with it,
    the writer's own, never does.
    """
    village = home(session, contact)
    request = Request(
        TicketKind.POOLING, words=words, contact=contact, place=village, accused=village
    )
    return open_ticket(session, request, at)


def mine(session: Session, contact: Contact, kind: TicketKind | None = None) -> list[Ticket]:
    """The contact's open tickets, anonymous ones too, the newest first."""
    asked = _of(contact).where(Ticket.closed_at.is_(None))
    if kind is not None:
        asked = asked.where(Ticket.kind == kind)
    return list(session.scalars(asked.order_by(Ticket.opened_at.desc(), Ticket.number.desc())))


def numbered(session: Session, contact: Contact, number: str) -> Ticket | None:
    """The contact's own ticket of that number, open or closed; others' numbers give None."""
    return session.scalars(_of(contact).where(Ticket.number == number)).first()


def add_words(ticket: Ticket, words: str, answers: Mapping[str, Any]) -> None:
    """Write more onto an open ticket; what stood there stays, and nothing stands there twice."""
    lines = (ticket.words or "").split("\n") + words.split("\n")
    ticket.words = "\n".join(line for line in dict.fromkeys(lines) if line)
    ticket.answers = {**ticket.answers, **answers}


def number_in(text: str) -> str | None:
    """A ticket's number as it is written in a message."""
    matched = re.search(r"(?<!\d)(\d{6})\s*-\s*(\d{3,})(?!\d)", text)
    return f"{matched[1]}-{matched[2]}" if matched else None


def send_to(session: Session, ticket: Ticket, place: Region) -> None:
    """Put an open ticket before the office of a place that was named only later."""
    request = Request(TicketKind(ticket.kind), place=place, accused=ticket.accused)
    level, region = _route(session, request)
    ticket.level = level
    ticket.region = region


def withdraw(ticket: Ticket, at: datetime) -> None:
    """Its writer takes it back. Repeating changes nothing."""
    if ticket.closed_at is None:
        ticket.closed_at = at
        ticket.closed_as = "withdrawn"


def may_see(ticket: Ticket, office: Region) -> bool:
    """Whether an office's people may see a ticket: high enough, in its own area, not accused."""
    if _RANKS.index(LEVEL_OF[office.kind]) < _RANKS.index(TicketLevel(ticket.level)):
        return False
    if ticket.accused is not None and office.path.startswith(ticket.accused.path):
        return False
    if ticket.region is None:
        return office.kind == RegionKind.DISTRICT
    return ticket.region.path.startswith(office.path)


def lowest_level(ticket: Ticket) -> TicketLevel:
    """The lowest level whose offices may ever get a ticket: above the accused; for pooled pay, the
    district."""
    if ticket.kind == TicketKind.POOLING:
        return TicketLevel.DISTRICT
    return _above(ticket.accused) if ticket.accused is not None else TicketLevel.VILLAGE


def reporter_key(contact: Contact) -> str:
    """What lets a writer, and nobody else, ask for an anonymous ticket again."""
    return blind_index(str(contact.id), "reporter")


def _of(contact: Contact) -> Select[tuple[Ticket]]:
    return select(Ticket).where(Ticket.reporter_key == reporter_key(contact))


def _same(session: Session, request: Request, at: datetime) -> Ticket | None:
    if request.contact is None:
        return None
    day = business_date(at)
    for ticket in mine(session, request.contact, request.kind):
        same_matter = ticket.words == request.words and ticket.notice_id == request.notice_id
        same_way = ticket.anonymous == request.anonymous
        if same_matter and same_way and business_date(ticket.opened_at) == day:
            return ticket
    return None


def _route(session: Session, request: Request) -> tuple[TicketLevel, Region | None]:
    """The lowest office that may see it, and whose area it is in."""
    place = request.place or request.accused
    if request.kind is TicketKind.POOLING:
        return TicketLevel.DISTRICT, place
    if request.accused is not None:
        return _above(request.accused), place
    if request.kind is TicketKind.COMPLAINT:  # nobody says who is meant: high enough for anybody
        return TicketLevel.DISTRICT, place
    if place is None or place.kind == RegionKind.DISTRICT:
        return TicketLevel.DISTRICT, district(session)
    if request.kind is TicketKind.ACCIDENT:
        return LEVEL_OF[place.kind], place
    return TicketLevel.TOWN, place


def _above(accused: Region) -> TicketLevel:
    return _RANKS[_RANKS.index(LEVEL_OF[accused.kind]) + 1]


def due_on(kind: TicketKind, day: date) -> date | None:
    """By when; None where the working calendar of the year has not been entered yet."""
    if kind in URGENT:
        return day
    return working_deadline(_WORKING_DAYS.get(kind, _OTHERWISE), day)
