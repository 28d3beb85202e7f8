"""Who hears of a step: the applicant by the channel that reaches them; offices by their worklist.

The router of all notices is its own piece of work; here is the smallest honest part of it: the chat
while WeChat lets us answer (48 hours after the last message), else a short message to the phone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Application, Contact, Conversation
from models.procedure import Step, Tell
from services import outbox
from services.subscriptions import Purpose, may_send
from wording.hearing import mask_name

CHAT_WINDOW = timedelta(hours=48)


def tell(session: Session, application: Application, step: Step, now: datetime) -> None:
    """Write the deliveries of one step. Offices see it on their worklists."""
    if Tell.APPLICANT not in step.tells:
        return
    tell_applicant(session, application, f"news.{step.target}", now, cause=step.act)


def tell_applicant(
    session: Session, application: Application, key: str, now: datetime, *, cause: str
) -> None:
    """One message to the applicant, and to the helper where there is one. Without an address
    nothing is written: the village's worklist shows who must be told in person."""
    slots = {"number": application.number, "name": mask_name(application.person.name)}
    for contact in _contacts(session, application):
        conversation = session.get(Conversation, contact.id)
        in_window = conversation is not None and now - conversation.turned_at < CHAT_WINDOW
        if _may_hear(contact) and in_window:
            outbox.enqueue(
                session,
                channel="wechat",
                contact=contact,
                key=key,
                slots=slots,
                cause=f"application:{application.id}|{cause}",
                now=now,
            )
            return
    phone = application.person.phone
    if phone is not None:
        outbox.enqueue(
            session,
            channel="sms",
            address=phone,
            key="sms.case_news",
            slots=slots,
            cause=f"application:{application.id}|{cause}",
            now=now,
        )


def _may_hear(contact: Contact) -> bool:
    """By chat: whoever follows, and has not asked for silence. A result cannot be refused."""
    return contact.channel == "wechat" and contact.followed and may_send(contact, Purpose.DECISION)


def _contacts(session: Session, application: Application) -> list[Contact]:
    own = Contact.person_id == application.person_id
    helper = Contact.id == application.helper_contact_id
    found = session.scalars(select(Contact).where(own | helper).order_by(Contact.channel.desc()))
    return list(found)
