"""Somebody whose phone may check in for a worker: declared, written down, marked on every sign
(F-17, requirements 2.8: a child's phone may serve its parents)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import CheckInHelper, Contact, Engagement, EngagementStatus, Person
from services.acting import Acting
from services.trail import note


@dataclass(frozen=True)
class Worker:
    """For whom a phone may sign."""

    engagement_id: uuid.UUID
    name: str


def workers_of(session: Session, contact_id: uuid.UUID) -> list[Worker]:
    """For whom this contact may sign today."""
    return [Worker(key, name) for key, name in session.execute(_held(contact_id))]


def worker(session: Session, contact_id: uuid.UUID, key: str) -> Worker | None:
    """One of them, by the engagement's id."""
    return next((one for one in workers_of(session, contact_id) if str(one.engagement_id) == key),
                None)  # fmt: skip


def declare(
    session: Session,
    engagement: Engagement,
    contact: Contact,
    *,
    relation: str,
    acting: Acting,
    now: datetime,
) -> CheckInHelper:
    """Write down that this phone may sign for the worker; twice is once."""
    held = session.scalars(
        select(CheckInHelper).where(
            CheckInHelper.engagement_id == engagement.id,
            CheckInHelper.contact_id == contact.id,
            CheckInHelper.ended_at.is_(None),
        )
    ).first()
    if held is not None:
        return held
    made = CheckInHelper(
        engagement_id=engagement.id,
        contact_id=contact.id,
        relation=relation[:32],
        declared_at=now,
        declared_by_id=acting.staff.id if acting.staff else None,
    )
    session.add(made)
    session.flush()
    note(session, "check_in_helper.declared", actor=acting.name, at=now,
         subject=("engagement", engagement.id), contact=str(contact.id))  # fmt: skip
    return made


def end(session: Session, helper: CheckInHelper, acting: Acting, now: datetime) -> None:
    """From now on the phone signs for its owner only."""
    helper.ended_at = now
    note(session, "check_in_helper.ended", actor=acting.name, at=now,
         subject=("engagement", helper.engagement_id))  # fmt: skip


def _held(contact_id: uuid.UUID) -> Select[tuple[uuid.UUID, str]]:
    return (
        select(CheckInHelper.engagement_id, Person.name)
        .join(Engagement, CheckInHelper.engagement_id == Engagement.id)
        .join(Person, Engagement.person_id == Person.id)
        .where(
            CheckInHelper.contact_id == contact_id,
            CheckInHelper.ended_at.is_(None),
            Engagement.status != EngagementStatus.ENDED,
        )
        .order_by(CheckInHelper.id)
    )
