"""On whose money a member of staff keeps off: their own, and their relatives' (F-08, F-18)."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Person, StaffKin
from services.acting import Acting


def own_and_kin(acting: Acting) -> Any:
    """The people in question, as a subquery of their keys."""
    assert acting.staff is not None
    kin = select(StaffKin.person_id).where(StaffKin.staff_id == acting.staff.id)
    own = acting.staff.person_id
    return kin if own is None else kin.union_all(select(Person.id).where(Person.id == own))


def is_own_or_kin(session: Session, acting: Acting, person_id: uuid.UUID) -> bool:
    """Whether one person is among them."""
    found = select(Person.id).where(Person.id == person_id, Person.id.in_(own_and_kin(acting)))
    return session.scalars(found).first() is not None
