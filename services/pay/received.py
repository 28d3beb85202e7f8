"""“Did this month's subsidy come to you, and do you use it yourself?” (F-12): the answer, and the
case that the village never sees."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Contact, Payment, Person, ReceivedQuestion, SubsidyRecord
from models.talk import TicketKind
from services import tickets
from services.trail import record

ANSWERS = ("mine", "taken", "missing")


def open_question(session: Session, person: Person) -> ReceivedQuestion | None:
    """The newest question that somebody has not answered."""
    return session.scalars(
        select(ReceivedQuestion)
        .where(ReceivedQuestion.person_id == person.id, ReceivedQuestion.answered_at.is_(None))
        .options(joinedload(ReceivedQuestion.payment).joinedload(Payment.record))
        .order_by(ReceivedQuestion.id.desc())
        .limit(1)
    ).first()


def answer(
    session: Session, question: ReceivedQuestion, said: str, contact: Contact, now: datetime
) -> None:
    """Keep the answer. `taken` opens a case with the district, above the village that is meant;
    `missing` one for whoever must look where the money went. The older open questions of the same
    person are answered with it."""
    session.refresh(question, with_for_update={"of": ReceivedQuestion})
    if question.answered_at is not None:
        return
    if said != "mine":
        question.ticket_id = _open_case(session, question, said, contact, now)
    older = session.scalars(
        select(ReceivedQuestion).where(
            ReceivedQuestion.person_id == question.person_id,
            ReceivedQuestion.answered_at.is_(None),
        )
    )
    for one in older:
        one.answered_at, one.answer = now, said
    record(session, "received.answered", contact=contact, now=now,
           subject=("received_question", question.id))  # fmt: skip
    session.flush()


def _open_case(
    session: Session, question: ReceivedQuestion, said: str, contact: Contact, now: datetime
) -> uuid.UUID:
    paid = session.get_one(SubsidyRecord, question.payment.record_id)
    taken = said == "taken"
    request = tickets.Request(
        TicketKind.POOLING if taken else TicketKind.QUESTION,
        words=f"{paid.month_on:%Y-%m}: {said}",
        contact=contact,
        place=paid.region,
        accused=paid.region if taken else None,
        answers={"month_on": paid.month_on.isoformat(), "received": said},
    )
    return tickets.open_ticket(session, request, now).id
