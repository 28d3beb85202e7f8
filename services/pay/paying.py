"""Who makes the list for the bank and who pays from it (R-4.2a, requirements 3.0, ADR 15).

The district's clerk makes the list of what was approved. From then on it is the district's finance
office that takes the bank's file and reads the bank's answer; while nobody holds finance's role,
the clerk does that too. Nobody pays what they approved, and finance nothing that they listed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Payment, Region, Role, Staff, StaffGrant
from services.acting import Acting
from services.guards import Obstacle
from services.procedure import Hindered

MAY_LIST = frozenset({Role.DISTRICT_CLERK})
MAY_SETTLE = frozenset({Role.FINANCE, Role.DISTRICT_CLERK})
"""Who may pay at all; who does today is said by `settles`."""


def finance(session: Session, today: date) -> Sequence[Staff]:
    """Who works as the whole district's finance today."""
    return session.scalars(
        select(Staff)
        .join(StaffGrant, StaffGrant.staff_id == Staff.id)
        .join(Region, StaffGrant.region_id == Region.id)
        .where(
            StaffGrant.role == Role.FINANCE,
            StaffGrant.from_on <= today,
            or_(StaffGrant.to_on.is_(None), StaffGrant.to_on >= today),
            Region.parent_id.is_(None),
            Staff.disabled_at.is_(None),
        )
        .distinct()
        .order_by(Staff.id)
    ).all()


def settles(session: Session, acting: Acting, today: date) -> bool:
    """Whether this person takes files to the bank and reads its answers today."""
    return _why_not(session, acting, today) is None


def require(session: Session, acting: Acting, act: str, today: date) -> None:
    """Raise `Hindered` where it is not this person who pays today."""
    if (why := _why_not(session, acting, today)) is not None:
        raise Hindered(act, (why,))


def require_others(payments: Collection[Payment], acting: Acting) -> None:
    """Raise `Hindered` where this person approved one of these payments or, as finance, made the
    list: the whole file waits for somebody else."""
    staff = acting.staff
    if staff is None:
        raise Hindered("read_result", (Obstacle("obstacle.not_your_role"),))
    if any(one.record.approved_by_id == staff.id for one in payments):
        raise Hindered("read_result", (Obstacle("pay.own_approval"),))
    if acting.role is Role.FINANCE and any(one.batch.made_by_id == staff.id for one in payments):
        raise Hindered("read_result", (Obstacle("pay.own_list"),))


def _why_not(session: Session, acting: Acting, today: date) -> Obstacle | None:
    if acting.staff is None or acting.region is None or acting.region.parent_id is not None:
        return Obstacle("obstacle.not_your_role")
    if acting.role is Role.FINANCE:
        return None
    if acting.role is not Role.DISTRICT_CLERK:
        return Obstacle("obstacle.not_your_role")
    payers = finance(session, today)
    if not payers:
        return None
    names = [f"{one.unit} {one.name}" for one in payers]
    return Obstacle("pay.finance_pays", {"names": names})
