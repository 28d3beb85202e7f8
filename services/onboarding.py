"""From the approval to the first day (R-3.4h, R-3.5c, R-3.6*): the offer, the training, the ID
card seen, the first day. Agreement, account and insurance have rooms of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    Agreement,
    Application,
    ApplicationStatus,
    Attachment,
    BankAccount,
    Engagement,
    InsuranceCover,
    Region,
    Role,
    Sighting,
    SocialInsurance,
    Staff,
    Training,
)
from models.procedure import TOWN_CLERK, VILLAGE_OR_TOWN, WITH_HELP, Actor
from services import accounts, agreements, attachments, permits, procedure
from services.acting import Acting
from services.attachments import Upload
from services.clock import business_date
from services.guards import Obstacle, engagement_of
from services.procedure import Hindered
from services.staff import area
from services.trail import note

UNDER_WAY = frozenset(
    {ApplicationStatus.APPROVED, ApplicationStatus.TO_TRAIN, ApplicationStatus.TO_INSURE}
)
MAY_RECORD = VILLAGE_OR_TOWN
MAY_TRAIN = WITH_HELP
ACCEPTANCE = "acceptance"
"""The kind of attachment that a yes on paper is."""
MAY_SEE = VILLAGE_OR_TOWN | {Role.DISTRICT_CLERK}


@dataclass(frozen=True)
class Lesson:
    """One training: the day, whole hours, what was taught."""

    held_on: date
    hours: int
    content: str


@dataclass(frozen=True)
class RowResult:
    """What became of one person's row; no obstacles: it was kept."""

    application: Application
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Everything that is on file between the approval and the first day."""

    engagement: Engagement
    acceptance: Attachment | None
    agreement: Agreement | None
    trainings: tuple[Training, ...]
    seen_by: str | None
    account: BankAccount | None
    covers: tuple[InsuranceCover, ...]
    social: SocialInsurance | None


def accept_offer(
    session: Session,
    application: Application,
    acting: Acting,
    now: datetime,
    *,
    paper: Upload | None = None,
) -> None:
    """The applicant says yes: by chat, or on paper, of which the village or town keeps a scan.
    Repeating changes nothing."""
    roles = MAY_RECORD | {Actor.APPLICANT}
    permits.require(session, acting, application, roles=roles, act="accept_offer")
    if application.status not in UNDER_WAY:
        raise Hindered("accept_offer", (Obstacle("obstacle.state_moved_on"),))
    if application.offer_accepted_at is not None:
        return
    subject = ("application", application.id)
    if acting.role is not Actor.APPLICANT:
        attachments.attach(session, paper, subject=subject, kind=ACCEPTANCE, acting=acting, now=now)
    application.offer_accepted_at = now
    note(session, "offer.accepted", actor=acting.name, at=now, subject=subject)
    session.flush()


def acceptance_paper(session: Session, application: Application) -> Attachment | None:
    """The scan of what the applicant signed to say yes; None where they said it by chat."""
    found = attachments.of_subject(session, ("application", application.id))
    return next((one for one in found if one.kind == ACCEPTANCE), None)


def see_in_person(
    session: Session, application: Application, acting: Acting, now: datetime
) -> None:
    """Write that this member of staff saw the person and the ID card together (F-01)."""
    permits.require(session, acting, application, roles=MAY_SEE, act="see_in_person")
    person = application.person
    if person.seen_in_person_at is not None:
        return
    assert acting.staff is not None
    person.seen_in_person_at = now
    session.add(Sighting(person_id=person.id, seen_by_id=acting.staff.id, seen_at=now))
    note(
        session,
        "person.seen",
        actor=acting.name,
        at=now,
        subject=("person", person.id),
        after={"seen_in_person_at": now.isoformat()},
    )
    session.flush()


def set_start_day(
    session: Session, application: Application, starts_on: date, acting: Acting, now: datetime
) -> None:
    """The first day, within the agreement that was signed and from today on."""
    permits.require(session, acting, application, roles=TOWN_CLERK, act="start_day")
    engagement = agreements.starting(session, application)
    agreements.last_day(session, engagement, starts_on, business_date(now))
    agreement = agreements.of(session, engagement)
    if agreement is None or not agreement.from_on <= starts_on <= agreement.to_on:
        raise Hindered("start_day", (Obstacle("onboarding.start_outside_agreement"),))
    before = engagement.starts_on
    engagement.starts_on = starts_on
    note(
        session,
        "engagement.start_day",
        actor=acting.name,
        at=now,
        subject=("application", application.id),
        before={"starts_on": before.isoformat() if before else None},
        after={"starts_on": starts_on.isoformat()},
    )
    session.flush()


def train(
    session: Session,
    lesson: Lesson,
    *,
    attended: Sequence[Application],
    passed: frozenset[str],
    acting: Acting,
    now: datetime,
) -> list[RowResult]:
    """Keep one training for everybody who attended. Whoever passed (by application number) goes a
    step on; who did not stays and can be trained again. Each row stands by itself."""
    if found := _wrong(lesson, business_date(now)):
        raise Hindered("train", found)
    return [
        _train_one(
            session, lesson, application, has_passed=application.number in passed,
            acting=acting, now=now,
        )
        for application in attended
    ]  # fmt: skip


def _train_one(
    session: Session,
    lesson: Lesson,
    application: Application,
    *,
    has_passed: bool,
    acting: Acting,
    now: datetime,
) -> RowResult:
    try:
        with session.begin_nested():
            permits.require(session, acting, application, roles=MAY_TRAIN, act="train")
            engagement = agreements.starting(session, application)
            if application.status != ApplicationStatus.TO_TRAIN:
                raise Hindered("train", (Obstacle("obstacle.state_moved_on"),))
            assert acting.staff is not None
            session.add(
                Training(
                    engagement_id=engagement.id,
                    held_on=lesson.held_on,
                    hours=lesson.hours,
                    content=lesson.content.strip()[:255],
                    passed=has_passed,
                    recorded_by_id=acting.staff.id,
                    recorded_at=now,
                )
            )
            session.flush()
            if has_passed:
                procedure.take(session, application, "train", acting, now)
    except Hindered as hindered:
        return RowResult(application, hindered.obstacles)
    return RowResult(application)


def _wrong(lesson: Lesson, today: date) -> tuple[Obstacle, ...]:
    found = []
    if lesson.held_on > today:
        found.append(Obstacle("onboarding.training_in_future"))
    if not 1 <= lesson.hours <= 200:
        found.append(Obstacle("onboarding.training_hours"))
    if not lesson.content.strip():
        found.append(Obstacle("onboarding.training_content"))
    return tuple(found)


def to_train(session: Session, region: Region) -> Sequence[Application]:
    """The cases of an area that wait for their training, by village."""
    return session.scalars(
        select(Application)
        .join(Application.village)
        .where(area(region), Application.status == ApplicationStatus.TO_TRAIN)
        .order_by(Region.path, Application.number)
        .options(
            joinedload(Application.person),
            joinedload(Application.village),
            joinedload(Application.post),
        )
        .limit(100)
    ).all()


def progress(session: Session, application: Application) -> Progress | None:
    """What is on file so far; None before the approval."""
    engagement = engagement_of(session, application)
    if engagement is None:
        return None
    return Progress(
        engagement=engagement,
        acceptance=acceptance_paper(session, application),
        agreement=agreements.of(session, engagement),
        trainings=_all(session, Training, engagement),
        seen_by=_seen_by(session, application),
        account=accounts.current(session, application.person),
        covers=_all(session, InsuranceCover, engagement),
        social=next(iter(_all(session, SocialInsurance, engagement)[-1:]), None),
    )


def _all(session: Session, table: Any, engagement: Engagement) -> tuple[Any, ...]:
    return tuple(
        session.scalars(
            select(table).where(table.engagement_id == engagement.id).order_by(table.id)
        )
    )


def _seen_by(session: Session, application: Application) -> str | None:
    return session.scalar(
        select(Staff.name)
        .join(Sighting, Sighting.seen_by_id == Staff.id)
        .where(Sighting.person_id == application.person_id)
        .order_by(Sighting.id)
        .limit(1)
    )
