"""Who acts, in which role, and on whose records they may not (requirements 3.0, F-08, F-18)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Application, ApplicationEvent, Contact, Region, Role, Staff, StaffKin, Ticket
from models.procedure import Actor
from services.tickets import reporter_key


@dataclass(frozen=True)
class Acting:
    """The one who takes a step: a member of staff in a role and place, the applicant (or their
    helper) by their contact, or the clock."""

    role: Role | Actor
    staff: Staff | None = None
    region: Region | None = None
    contact: Contact | None = None

    @property
    def name(self) -> str:
        """As audit entries and events write it."""
        if self.staff is not None:
            return f"staff:{self.staff.id}"
        return f"contact:{self.contact.id}" if self.contact else str(self.role)


CLOCK = Acting(role=Actor.CLOCK)


def covers(region: Region | None, place: Region) -> bool:
    """Whether a place lies in the subtree that a role was given for."""
    return region is not None and place.path.startswith(region.path)


def conflict(session: Session, acting: Acting, application: Application) -> str | None:
    """Why this member of staff may not act on this record: `own`, `kin`, `complaint`; else None.

    `complaint`: they wrote, with their name or without, the objection or complaint that concerns
    the record's notice."""
    staff = acting.staff
    if staff is None:
        return None
    if staff.person_id is not None and staff.person_id == application.person_id:
        return "own"
    kin = select(StaffKin.id).where(
        StaffKin.staff_id == staff.id, StaffKin.person_id == application.person_id
    )
    if session.scalars(kin.limit(1)).first() is not None:
        return "kin"
    return "complaint" if _complained(session, staff, application) else None


def _complained(session: Session, staff: Staff, application: Application) -> bool:
    if staff.person_id is None or application.notice_id is None:
        return False
    contacts = session.scalars(select(Contact).where(Contact.person_id == staff.person_id)).all()
    keys = [reporter_key(contact) for contact in contacts]
    theirs = select(Ticket.id).where(
        Ticket.notice_id == application.notice_id, Ticket.reporter_key.in_(keys)
    )
    return session.scalars(theirs.limit(1)).first() is not None


def took_last_approval(session: Session, acting: Acting, application: Application) -> bool:
    """Whether this person took the approval step before: two running by one person are refused,
    in whatever roles."""
    if acting.staff is None:
        return False
    last = session.scalars(
        select(ApplicationEvent.staff_id)
        .where(ApplicationEvent.application_id == application.id, ApplicationEvent.approval)
        .order_by(ApplicationEvent.id.desc())
        .limit(1)
    ).first()
    return last == acting.staff.id
