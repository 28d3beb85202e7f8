"""Somebody whose phone may check in for a worker: declared, written down, marked on every sign
(F-17, requirements 2.8: a child's phone may serve its parents)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload

from models import CheckInHelper, Contact, Engagement, EngagementStatus, Person, Post, Region
from services.acting import Acting, covers
from services.staff import area
from services.trail import note


@dataclass(frozen=True)
class Worker:
    """For whom a phone may sign."""

    engagement_id: uuid.UUID
    name: str


def workers_of(session: Session, contact_id: uuid.UUID, today: date) -> list[Worker]:
    """For whom this contact may sign today: it writes from a declared number, or its owner proved
    to have one."""
    asked = (
        select(CheckInHelper.engagement_id, Person.name)
        .join(Engagement, CheckInHelper.engagement_id == Engagement.id)
        .join(Person, Engagement.person_id == Person.id)
        .where(
            _holds(today),
            or_(
                CheckInHelper.phone_index.in_(_own_number(contact_id)),
                CheckInHelper.phone_index.in_(_proved_number(contact_id)),
            ),
            Engagement.status != EngagementStatus.ENDED,
        )
        .order_by(CheckInHelper.declared_at, CheckInHelper.id)
    )
    return [Worker(key, name) for key, name in session.execute(asked)]


def worker(session: Session, contact_id: uuid.UUID, key: str, today: date) -> Worker | None:
    """One of them, by the engagement's id."""
    known = workers_of(session, contact_id, today)
    return next((one for one in known if str(one.engagement_id) == key), None)


def of_area(session: Session, place: Region, *, limit: int = 500) -> Sequence[CheckInHelper]:
    """The declared phones of an area that have not been ended, village by village."""
    return session.scalars(
        select(CheckInHelper)
        .join(CheckInHelper.engagement)
        .join(Engagement.post)
        .join(Post.region)
        .where(
            area(place),
            CheckInHelper.ended_at.is_(None),
            Engagement.status != EngagementStatus.ENDED,
        )
        .order_by(Region.path, Engagement.worker_code, CheckInHelper.declared_at)
        .limit(limit)
        .options(
            joinedload(CheckInHelper.engagement).joinedload(Engagement.person),
            joinedload(CheckInHelper.engagement).joinedload(Engagement.post),
            joinedload(CheckInHelper.declared_by),
        )
    ).all()


def find(session: Session, key: uuid.UUID, acting: Acting) -> CheckInHelper | None:
    """A declared phone of this person's area; None where it is none of theirs."""
    held = session.get(CheckInHelper, key)
    if held is None or not covers(acting.region, held.engagement.post.region):
        return None
    return held


def end(session: Session, helper: CheckInHelper, acting: Acting, now: datetime) -> None:
    """From now on the phone signs for its owner only. Repeating changes nothing."""
    if helper.ended_at is not None:
        return
    helper.ended_at = now
    session.flush()
    note(session, "check_in_helper.ended", actor=acting.name, at=now,
         subject=("engagement", helper.engagement_id))  # fmt: skip


def _holds(today: date) -> ColumnElement[bool]:
    to_on = CheckInHelper.to_on
    return (
        CheckInHelper.ended_at.is_(None)
        & (CheckInHelper.from_on <= today)
        & (to_on.is_(None) | (to_on >= today))
    )


def _own_number(contact_id: uuid.UUID) -> Select[tuple[str]]:
    """An SMS contact's key is its number's blind index."""
    return select(Contact.address_key).where(Contact.id == contact_id, Contact.channel == "sms")


def _proved_number(contact_id: uuid.UUID) -> Select[tuple[str | None]]:
    return (
        select(Person.phone_index)
        .join(Contact, Contact.person_id == Person.id)
        .where(Contact.id == contact_id, Person.phone_verified_at.is_not(None))
    )
