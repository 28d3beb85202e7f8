"""What rounding has left over for each person, from their last record (R-4.3b)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Person, SubsidyRecord
from rules.pay import Carry

_AT_ONCE = 500
_LAST = (
    select(SubsidyRecord.carry)
    .where(SubsidyRecord.person_id == Person.id, SubsidyRecord.track == "rural")
    .order_by(SubsidyRecord.id.desc())
    .limit(1)
    .correlate(Person)
    .scalar_subquery()
)
"""One look into the index a person. Grouped over many, PostgreSQL reads the whole table while its
statistics do not know the month that is being approved: the more is approved, the slower."""


def of_people(session: Session, person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Carry]:
    """Person → what is carried; people without a rural record are left out."""
    found: dict[uuid.UUID, Carry] = {}
    for some in _some(person_ids):
        rows = session.execute(select(Person.id, _LAST).where(Person.id.in_(some)))
        found.update((person, Carry.read(carry)) for person, carry in rows if carry is not None)
    return found


def lock_people(session: Session, person_ids: Iterable[uuid.UUID]) -> None:
    """Let nobody else make a record of these people until this transaction ends."""
    for some in _some(person_ids):
        session.execute(
            select(Person.id).where(Person.id.in_(some)).order_by(Person.id).with_for_update()
        ).all()


def _some(ids: Iterable[uuid.UUID]) -> Iterator[list[uuid.UUID]]:
    ordered = sorted(ids)
    for first in range(0, len(ordered), _AT_ONCE):
        yield ordered[first : first + _AT_ONCE]
