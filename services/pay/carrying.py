"""What rounding has left over for each person, from their last record (R-4.3b)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Person, SubsidyRecord
from rules.pay import Carry

_AT_ONCE = 500


def of_people(session: Session, person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Carry]:
    """Person → what is carried; people without a rural record are left out."""
    found: dict[uuid.UUID, Carry] = {}
    for some in _some(person_ids):
        last = (
            select(func.max(SubsidyRecord.id))
            .where(SubsidyRecord.person_id.in_(some), SubsidyRecord.track == "rural")
            .group_by(SubsidyRecord.person_id)
        )
        rows = session.execute(
            select(SubsidyRecord.person_id, SubsidyRecord.carry).where(SubsidyRecord.id.in_(last))
        )
        found.update((person, Carry.read(carry)) for person, carry in rows)
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
