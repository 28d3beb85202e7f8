"""A phone is declared for a worker (F-17): whose it is, from when to when; never a phone of the
people who mark the worker's days, and not one for half a village."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import (
    CheckInHelper,
    Contact,
    Engagement,
    EngagementStatus,
    Person,
    Role,
    Staff,
    StaffContact,
    new_id,
)
from models.sealing import blind_index
from rules import parameters
from services import attachments
from services.acting import Acting, covers
from services.attachments import Upload
from services.clock import business_date
from services.days import people
from services.guards import Obstacle
from services.procedure import Hindered
from services.telling import tell
from services.trail import note

DECLARES = frozenset({Role.VILLAGE_CLERK, Role.TOWN_CLERK})
RELATIONS = ("daughter", "son", "spouse", "in_law", "grandchild", "kin", "neighbour", "workmate")


@dataclass(frozen=True)
class Phone:
    """What is declared. `number`: eleven digits; `paper`: the worker's signed consent."""

    name: str
    relation: str
    number: str
    from_on: date
    to_on: date | None = None
    paper: Upload | None = None


def declare(
    session: Session, engagement: Engagement, phone: Phone, acting: Acting, now: datetime
) -> CheckInHelper:
    """Write down that this phone may sign for the worker, and tell the worker; twice is once.
    Raises `Hindered`."""
    index = blind_index(phone.number, "phone")
    session.flush()
    session.refresh(engagement, with_for_update=True)
    today = business_date(now)
    why = (
        _why_not(session, engagement, acting)
        or _unfit(phone, today)
        or _not_this_one(session, engagement, index, today)
    )
    if why is not None:
        raise Hindered("declare_helper", (why,))
    if (held := _current(session, engagement, index)) is not None:
        return held
    assert acting.staff is not None
    made = CheckInHelper(
        id=new_id(),
        engagement_id=engagement.id,
        name=phone.name.strip()[:64],
        relation=phone.relation,
        phone_index=index,
        from_on=phone.from_on,
        to_on=phone.to_on,
        declared_at=now,
        declared_by_id=acting.staff.id,
    )
    made.phone = phone.number
    if phone.paper is not None:
        kept = attachments.attach(session, phone.paper, subject=("check_in_helper", made.id),
                                  kind="helper_consent", acting=acting, now=now)  # fmt: skip
        made.paper_id = kept.id
    session.add(made)
    session.flush()
    note(session, "check_in_helper.declared", actor=acting.name, at=now,
         subject=("engagement", engagement.id), helper=str(made.id))  # fmt: skip
    slots = {"helper": made.name, "tail": phone.number[-4:], "from_on": made.from_on.isoformat()}
    tell(session, kind="helper_declared", person=engagement.person, slots=slots,
         cause=f"check_in_helper:{made.id}", now=now)  # fmt: skip
    return made


def _current(session: Session, engagement: Engagement, index: str) -> CheckInHelper | None:
    return session.scalars(
        select(CheckInHelper).where(
            CheckInHelper.engagement_id == engagement.id,
            CheckInHelper.phone_index == index,
            CheckInHelper.ended_at.is_(None),
        )
    ).first()


def _why_not(session: Session, engagement: Engagement, acting: Acting) -> Obstacle | None:
    """Why this person may not declare anything for this worker."""
    if acting.role not in DECLARES or acting.staff is None:
        return Obstacle("obstacle.not_your_role")
    if not covers(acting.region, engagement.post.region):
        return Obstacle("obstacle.not_your_place")
    if engagement.person_id in people.barred(session, acting.staff):
        return Obstacle("obstacle.conflict_kin")
    ended = engagement.status == EngagementStatus.ENDED
    return Obstacle("helper.not_on_post") if ended else None


def _unfit(phone: Phone, today: date) -> Obstacle | None:
    """What is wrong with the words of a declaration."""
    if not phone.name.strip() or phone.relation not in RELATIONS:
        return Obstacle("helper.form_incomplete")
    if phone.from_on < today or (phone.to_on is not None and phone.to_on < phone.from_on):
        return Obstacle("helper.wrong_days")
    return None


def _not_this_one(
    session: Session, engagement: Engagement, index: str, today: date
) -> Obstacle | None:
    """Why this very phone may not sign for this worker."""
    own = engagement.person
    if index == own.phone_index and own.phone_verified_at is not None:
        return Obstacle("helper.own_phone")
    if _is_staffs(session, index):
        return Obstacle("helper.staff_phone")
    most = int(parameters.in_force("attendance.helper_workers", today).value)
    if _others(session, engagement, index) >= most:
        return Obstacle("helper.too_many", {"most": most})
    return None


def _is_staffs(session: Session, index: str) -> bool:
    """Whether the number is one by which somebody who works here is known."""
    as_resident = (
        select(Staff.id)
        .join(Person, Staff.person_id == Person.id)
        .where(Person.phone_index == index, Staff.disabled_at.is_(None))
    )
    by_chat = (
        select(StaffContact.staff_id)
        .join(Contact, StaffContact.contact_id == Contact.id)
        .outerjoin(Person, Contact.person_id == Person.id)
        .where(
            StaffContact.ended_at.is_(None),
            or_(
                (Contact.channel == "sms") & (Contact.address_key == index),
                Person.phone_index == index,
            ),
        )
    )
    return any(session.scalars(asked.limit(1)).first() for asked in (as_resident, by_chat))


def _others(session: Session, engagement: Engagement, index: str) -> int:
    """For how many other workers the phone signs already."""
    asked = (
        select(func.count(CheckInHelper.engagement_id.distinct()))
        .join(Engagement, CheckInHelper.engagement_id == Engagement.id)
        .where(
            CheckInHelper.phone_index == index,
            CheckInHelper.ended_at.is_(None),
            CheckInHelper.engagement_id != engagement.id,
            Engagement.status != EngagementStatus.ENDED,
        )
    )
    return session.scalar(asked) or 0
