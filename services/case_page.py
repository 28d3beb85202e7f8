"""Everything the console shows of one case on one screen, in few queries.

Who sees it has been checked by then (`find`). That somebody objected, when, and what was decided,
everybody sees who sees the case; whose ticket it is, only the offices that the ticket is routed to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    Application,
    ApplicationEvent,
    Decision,
    ExclusionCheck,
    Material,
    Objection,
    Post,
    PublicNoticeItem,
    Region,
    Review,
    ReviewResult,
    Staff,
    Ticket,
)
from models.procedure import ApplicationStatus
from rules import parameters
from services import case_work, procedure, quotas, tickets
from services.acting import Acting
from services.clock import business_date
from services.staff import area


@dataclass(frozen=True)
class Circumstance:
    """One thing that may exclude, and the latest that was found of it (None: not looked up)."""

    name: str
    found: ExclusionCheck | None
    by: str | None = None


@dataclass(frozen=True)
class Vote:
    """The result of the democratic review."""

    review: Review
    result: ReviewResult


@dataclass(frozen=True)
class Complaint:
    """An objection to this person on a notice, without who raised it. No number: none of this
    office's business."""

    objection: Objection
    ticket_number: str | None


@dataclass(frozen=True)
class CasePage:
    """One screen of one case."""

    application: Application
    age: int
    decisions: tuple[Decision, ...]
    events: tuple[ApplicationEvent, ...]
    papers: tuple[Material, ...]
    circumstances: tuple[Circumstance, ...]
    vote: Vote | None
    complaints: tuple[Complaint, ...]
    offers: tuple[procedure.Offer, ...]
    posts: tuple[Post, ...]
    rank: int | None


def find(
    session: Session, number: str, region: Region, *, lock: bool = False
) -> Application | None:
    """The case of that number, where it lies in the area; else None. `lock`: whoever is about to
    take a step waits for those who are taking one, and then sees what they did."""
    query = (
        select(Application)
        .join(Application.village)
        .where(Application.number == number, area(region))
        .options(
            joinedload(Application.person),
            joinedload(Application.village),
            joinedload(Application.holder),
            joinedload(Application.announcement),
            joinedload(Application.kinship),
            joinedload(Application.engagement),
            joinedload(Application.notice),
            joinedload(Application.post).joinedload(Post.region),
        )
    )
    if lock:
        query = query.with_for_update(of=Application)
    return session.scalars(query).first()


def gather(session: Session, application: Application, acting: Acting, now: datetime) -> CasePage:
    """The whole screen."""
    waiting = application.status == ApplicationStatus.WAITING_LIST
    events = _events(session, application)
    checked = circumstances(session, application, business_date(now))
    objections = _objections(session, application)
    known = {
        "took last approval": _took_last(events, acting),
        "exclusions": {one.name: one.found.outcome if one.found else None for one in checked},
        "open objections": any(one.decided_at is None for one, _ in objections),
        "engagement": application.engagement,
    }
    return CasePage(
        application=application,
        age=_age(application.person.born_on, business_date(now)),
        decisions=_decisions(session, application),
        events=events,
        papers=_papers(session, application),
        circumstances=checked,
        vote=_vote(session, application),
        complaints=_shown_to(objections, acting),
        offers=procedure.offers(session, application, acting, now, known=known),
        posts=case_work.posts_for(session, application)
        if case_work.may_assign(application, acting)
        else (),
        rank=quotas.waiting_rank(session, application) if waiting else None,
    )


def _took_last(events: Sequence[ApplicationEvent], acting: Acting) -> bool:
    last = next((event for event in events if event.approval), None)
    return last is not None and acting.staff is not None and last.staff_id == acting.staff.id


def _age(born_on: date, today: date) -> int:
    had = (today.month, today.day) >= (born_on.month, born_on.day)
    return today.year - born_on.year - (0 if had else 1)


def _decisions(session: Session, application: Application) -> tuple[Decision, ...]:
    rows = session.scalars(
        select(Decision)
        .where(Decision.application_id == application.id)
        .order_by(Decision.id.desc())
        .limit(5)
    )
    return tuple(rows)


def _events(session: Session, application: Application) -> tuple[ApplicationEvent, ...]:
    rows = session.scalars(
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application.id)
        .options(joinedload(ApplicationEvent.staff))
        .order_by(ApplicationEvent.id.desc())
    )
    return tuple(rows)


def last_event(session: Session, application: Application) -> ApplicationEvent | None:
    """The latest step, for whoever came too late."""
    return session.scalars(
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application.id)
        .options(joinedload(ApplicationEvent.staff))
        .order_by(ApplicationEvent.id.desc())
        .limit(1)
    ).first()


def _papers(session: Session, application: Application) -> tuple[Material, ...]:
    rows = session.scalars(
        select(Material).where(Material.application_id == application.id).order_by(Material.id)
    )
    return tuple(rows)


def circumstances(
    session: Session, application: Application, today: date
) -> tuple[Circumstance, ...]:
    """Everything that the parameter names, each with its latest finding and who made it."""
    names: Sequence[str] = parameters.in_force("eligibility.exclusions", today).value
    latest: dict[str, tuple[ExclusionCheck, str]] = {}
    rows = session.execute(
        select(ExclusionCheck, Staff.name)
        .join(Staff, Staff.id == ExclusionCheck.checked_by_id)
        .where(ExclusionCheck.application_id == application.id)
        .order_by(ExclusionCheck.id)
    )
    for found, by in rows:
        latest[found.circumstance] = (found, by)
    return tuple(
        Circumstance(name, *latest[name]) if name in latest else Circumstance(name, None)
        for name in names
    )


def _vote(session: Session, application: Application) -> Vote | None:
    row = session.execute(
        select(Review, ReviewResult)
        .join(ReviewResult, ReviewResult.review_id == Review.id)
        .where(ReviewResult.application_id == application.id)
        .order_by(ReviewResult.id.desc())
        .limit(1)
    ).first()
    return Vote(row[0], row[1]) if row else None


def _objections(
    session: Session, application: Application
) -> tuple[tuple[Objection, Ticket | None], ...]:
    rows = session.execute(
        select(Objection, Ticket)
        .join(PublicNoticeItem, Objection.item_id == PublicNoticeItem.id)
        .outerjoin(Ticket, Objection.ticket_id == Ticket.id)
        .where(PublicNoticeItem.application_id == application.id)
        .order_by(Objection.raised_at)
    )
    return tuple((objection, ticket) for objection, ticket in rows)


def _shown_to(
    objections: Sequence[tuple[Objection, Ticket | None]], acting: Acting
) -> tuple[Complaint, ...]:
    """Every objection to this person; the number of its ticket for whoever may handle it."""
    region = acting.region
    return tuple(
        Complaint(objection, ticket.number)
        if ticket is not None and region is not None and tickets.may_see(ticket, region)
        else Complaint(objection, None)
        for objection, ticket in objections
    )
