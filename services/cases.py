"""An application, handed in and taken back; the way in between is `services.procedure`'s.

`submit` is safe to repeat: a second one under the same announcement gives the first one back
(R-3.4b). Who holds the case and until when follows from its state (R-4.1a).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import (
    Announcement,
    Application,
    ApplicationEvent,
    ApplicationStatus,
    Contact,
    KinshipDeclaration,
    Material,
    Person,
    Region,
    new_id,
)
from models.procedure import FAILED, STEPS, Actor
from services import guards, procedure, screening
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.numbers import next_number
from services.trail import record

WITHDRAWABLE = frozenset(step.source for step in STEPS if step.act == "withdraw")


@dataclass(frozen=True)
class Request:
    """Everything an applicant, or a helper for them, hands in.

    `facts` are the screening form's answers; `papers` maps a kind of paper to the media ids of its
    photos; `kin_details` is None when no relative is in office.
    """

    person: Person
    village_id: int
    facts: Mapping[str, Any]
    post_id: int | None
    papers: Mapping[str, tuple[str, ...]]
    kin_details: str | None
    helper_relation: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What the applicant gets: the application, and whether it was there before."""

    application: Application
    is_new: bool
    lacking: tuple[str, ...] = field(default=())


def submit(
    session: Session, contact: Contact, announcement: Announcement, request: Request, now: datetime
) -> Receipt:
    """Hand in an application, with its decision trace, papers and declaration. The person's row is
    locked: handed in by themselves and a helper at once, it is still one."""
    session.execute(select(Person.id).where(Person.id == request.person.id).with_for_update())
    earlier = open_one(session, request.person, announcement)
    if earlier is not None:
        return Receipt(earlier, is_new=False)
    application = _add_application(session, contact, announcement, request, now)
    question = screening.ask(
        {"born": {"on": request.person.born_on.isoformat(), "sex": request.person.sex}}
        | dict(request.facts),
        ruleset=announcement.ruleset,
        reference_on=announcement.reference_on,
    )
    screening.decide_and_keep(session, question, at=now, application_id=application.id)
    _add_declaration(session, application, request.kin_details, now)
    for kind, media_ids in request.papers.items():
        for media_id in media_ids:
            add_paper(session, contact, application, kind=kind, media_id=media_id, now=now)
    record(
        session,
        "application.submitted",
        contact=contact,
        now=now,
        subject=("application", application.id),
    )
    lacking = tuple(kind for kind, media_ids in request.papers.items() if not media_ids)
    return Receipt(application, is_new=True, lacking=lacking)


def withdraw(session: Session, contact: Contact, application: Application, now: datetime) -> None:
    """Take the application back. `procedure.Hindered` when it has ended or been approved."""
    applicant = Acting(role=Actor.APPLICANT, contact=contact)
    procedure.take(session, application, "withdraw", applicant, now)


def add_paper(
    session: Session,
    contact: Contact,
    application: Application,
    *,
    kind: str,
    media_id: str,
    now: datetime,
) -> None:
    """Note a photo of a paper; the picture itself is fetched outside the request."""
    session.add(
        Material(
            application_id=application.id,
            contact_id=contact.id,
            kind=kind,
            media_id=media_id,
            next_try_at=now,
            received_at=now,
        )
    )


def bring_papers(
    session: Session, contact: Contact, application: Application, now: datetime
) -> bool:
    """Back to the village, where papers had been asked for and none is lacking any more; whether
    it went. Without this the clock would end a case whose papers are there."""
    session.flush()
    scene = guards.Scene(session, application, now, None, only_looking=True)
    is_asked = application.status == ApplicationStatus.PAPERS_MISSING
    if not is_asked or guards.check("papers_complete", scene):
        return False
    applicant = Acting(role=Actor.APPLICANT, contact=contact)
    procedure.take(session, application, "bring_papers", applicant, now)
    return True


def open_one(session: Session, person: Person, announcement: Announcement) -> Application | None:
    """The person's application under the year's announcement, whichever version, that has not
    failed or been taken back."""
    return session.scalars(
        select(Application)
        .join(Application.announcement)
        .where(
            Application.person_id == person.id,
            Announcement.year == announcement.year,
            Application.status.not_in(FAILED),
        )
    ).first()


def of_contact(session: Session, contact: Contact) -> tuple[Application, ...]:
    """The writer's own applications and those they handed in for others, newest first."""
    if contact.person_id is None:
        return ()
    rows = session.scalars(
        select(Application)
        .where(
            or_(
                Application.person_id == contact.person_id,
                Application.helper_contact_id == contact.id,
            )
        )
        .order_by(Application.submitted_at.desc(), Application.number.desc())
    )
    return tuple(rows)


def events_of(session: Session, application: Application) -> tuple[ApplicationEvent, ...]:
    """Every step of the application, oldest first."""
    rows = session.scalars(
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application.id)
        .order_by(ApplicationEvent.id)
    )
    return tuple(rows)


def papers_of(session: Session, application: Application) -> tuple[Material, ...]:
    """The photos that came with the application, oldest first."""
    rows = session.scalars(
        select(Material)
        .where(Material.application_id == application.id)
        .order_by(Material.received_at)
    )
    return tuple(rows)


def _add_application(
    session: Session, contact: Contact, announcement: Announcement, request: Request, now: datetime
) -> Application:
    today = business_date(now)
    village = session.get_one(Region, request.village_id)
    serial = next_number(session, f"application-{announcement.year}")
    application = Application(
        id=new_id(),
        number=f"{announcement.year}{serial:06d}",
        announcement_id=announcement.id,
        person_id=request.person.id,
        village_id=village.id,
        post_id=request.post_id,
        track=request.facts["track"],
        claims=dict(request.facts),
        helper_contact_id=contact.id if request.helper_relation else None,
        helper_relation=request.helper_relation,
        pledged_at=now,
        submitted_at=now,
        status=ApplicationStatus.SUBMITTED,
        status_at=now,
        holder_id=village.id,
        due_on=working_deadline("application.village_check_days", today),
    )
    session.add(application)
    session.add(
        ApplicationEvent(
            application_id=application.id,
            act="submit",
            from_status=None,
            to_status=ApplicationStatus.SUBMITTED,
            at=now,
            actor=f"contact:{contact.id}",
        )
    )
    session.flush()
    return application


def _add_declaration(
    session: Session, application: Application, details: str | None, now: datetime
) -> None:
    declaration = KinshipDeclaration(
        id=new_id(),
        application_id=application.id,
        has_relative=details is not None,
        declared_at=now,
    )
    declaration.details = details
    session.add(declaration)


def find_by_id(session: Session, application_id: str) -> Application:
    """The application with this key; NoResultFound when there is none."""
    return session.get_one(Application, uuid.UUID(application_id))
