"""How the answer to a ticket reaches its writer: by chat while WeChat lets us, else by SMS, else
when they next write. Whoever left no name asks by the ticket's number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Conversation, Ticket, TicketStep
from services import outbox
from services.telling import CHAT_WINDOW
from wording import load_book

ANSWERS = ("reply", "close")


def send(session: Session, ticket: Ticket, step: TicketStep, now: datetime) -> None:
    """Write the delivery of an answer; where there is no way to its writer, leave it for when they
    write again."""
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    slots = {"number": ticket.number, "words": step.words or ""}
    cause = f"ticket_step:{step.id}"
    key = "tickets.answer"
    if contact is not None and _in_chat(session, contact, now):
        outbox.enqueue(
            session, channel="wechat", contact=contact, key=key, slots=slots, cause=cause, now=now
        )
        step.shown_at = now
    elif (phone := _mobile(ticket, contact)) is not None:
        text = {"text": load_book().text(key, "sms", **slots)}
        outbox.enqueue(
            session, channel="sms", address=phone, key="sms.reply", slots=text, cause=cause, now=now
        )
        step.shown_at = now
    elif contact is not None:
        contact.answered_at = now


def unseen(session: Session, contact: Contact, now: datetime) -> Sequence[tuple[str, str]]:
    """Number and words of the answers that this writer has not seen yet; they count as shown from
    here on. One statement, and only where something waits."""
    if contact.answered_at is None:
        return ()
    contact.answered_at = None
    rows = session.scalars(
        select(TicketStep)
        .join(Ticket, TicketStep.ticket_id == Ticket.id)
        .where(
            Ticket.contact_id == contact.id,
            TicketStep.act.in_(ANSWERS),
            TicketStep.words_sealed.is_not(None),
            TicketStep.shown_at.is_(None),
        )
        .order_by(TicketStep.id)
    ).all()
    return [(_number(session, step), _shown(step, now)) for step in rows]


def answers_to(ticket: Ticket, now: datetime) -> Sequence[str]:
    """What the offices answered, for its writer who asks by the number."""
    given = [step for step in ticket.steps if step.act in ANSWERS and step.words]
    return [_shown(step, now) for step in given]


def may_reach(session: Session, ticket: Ticket, now: datetime) -> str:
    """How an answer would go, for the office to know: chat, sms, later or number."""
    contact = session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    if contact is not None and _in_chat(session, contact, now):
        return "chat"
    if _mobile(ticket, contact) is not None:
        return "sms"
    return "later" if contact is not None else "number"


def _number(session: Session, step: TicketStep) -> str:
    return session.get_one(Ticket, step.ticket_id).number


def _shown(step: TicketStep, now: datetime) -> str:
    step.shown_at = step.shown_at or now
    return step.words or ""


def _in_chat(session: Session, contact: Contact, now: datetime) -> bool:
    talk = session.get(Conversation, contact.id)
    recent = talk is not None and now - talk.turned_at < CHAT_WINDOW
    return contact.channel == "wechat" and contact.followed and recent


def _mobile(ticket: Ticket, contact: Contact | None) -> str | None:
    """A number that takes short messages; none where its owner gave none for this."""
    phone = ticket.phone or (contact.address if contact and contact.channel == "sms" else None)
    return phone if phone and len(phone) == 11 and phone.startswith("1") else None


def writer_name(session: Session, ticket: Ticket) -> str | None:
    """The name of who wrote a ticket, where they proved it and did not keep it back."""
    if ticket.anonymous or ticket.contact_id is None:
        return None
    contact = session.get(Contact, ticket.contact_id)
    return contact.person.name if contact is not None and contact.person is not None else None
