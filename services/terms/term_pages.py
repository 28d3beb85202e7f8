"""What the pages about terms show: who ends when and where, and everything about one term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Attachment,
    Engagement,
    EngagementPause,
    EngagementStatus,
    Exit,
    Extension,
    Person,
    Post,
    Region,
    TermEvent,
    TermRecord,
)
from models.term_steps import TERM_OPEN
from rules import parameters
from rules.age import anniversary
from services.acting import Acting
from services.staff import area
from services.terms import extensions, reckoning, walk
from services.terms.extensions import Answer
from services.terms.guards import Subject
from services.terms.notices import ON_POST
from services.terms.walk import TermOffer

PAGE = 100
STRETCHES = (7, 30, 60, 90, 180)
WAITING = (*ON_POST, EngagementStatus.UNDECIDED)


@dataclass(frozen=True)
class Ending:
    """One worker on the list, with what is under way."""

    engagement: Engagement
    extension: Extension | None
    leaving: Exit | None


@dataclass(frozen=True)
class PlaceCount:
    """How many terms of a place end within each stretch of days, and how many wait undecided."""

    place: Region
    within: Mapping[int, int]
    undecided: int


@dataclass(frozen=True)
class Matter:
    """An extension, exit or suspension, its steps so far, and those that this role has."""

    subject: Any
    events: Sequence[TermEvent]
    offers: Sequence[TermOffer]


@dataclass(frozen=True)
class TermPage:
    """Everything about one term."""

    engagement: Engagement
    history: Sequence[TermRecord]
    matters: Sequence[Matter]
    may_extend: Answer

    @property
    def is_on(self) -> bool:
        return self.engagement.status in WAITING


def find(session: Session, code: str, region: Region) -> Engagement | None:
    """The engagement of a worker code, where it lies in the area."""
    return session.scalars(
        _engagements(region).where(Engagement.worker_code == code.strip().upper()[:32])
    ).first()


def ending(
    session: Session, region: Region, today: date, *, days: int, track: str = ""
) -> list[Ending]:
    """Who of an area ends within so many days, or waits undecided; the earliest first, at most
    `PAGE`."""
    query = _engagements(region).where(
        Engagement.status.in_(WAITING), Engagement.ends_on <= today + timedelta(days=days)
    )
    if track:
        query = query.where(Engagement.track == track)
    return _listed(session, query)


def over_age(session: Session, region: Region, today: date) -> list[Ending]:
    """Rural workers of an area who have passed the age of review (parameter
    `term.rural_on_post_age_review`)."""
    age = parameters.in_force("term.rural_on_post_age_review", today).value
    query = _engagements(region).where(
        Engagement.status.in_(WAITING),
        Engagement.track == "rural",
        Engagement.person.has(Person.born_on <= anniversary(today, -(age + 1))),
    )
    return _listed(session, query)


def _listed(session: Session, query: Select[tuple[Engagement]]) -> list[Ending]:
    query = query.order_by(Engagement.ends_on, Engagement.worker_code).limit(PAGE)
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    wished = _open(session, Extension, ids)
    leaving = _open(session, Exit, ids)
    return [Ending(row, wished.get(row.id), leaving.get(row.id)) for row in rows]


def counts(session: Session, region: Region, today: date) -> list[PlaceCount]:
    """Terms that end, by the places right under an area (a village: by itself)."""
    places = session.scalars(
        select(Region).where(Region.parent_id == region.id).order_by(Region.id)
    ).all() or [region]
    found = []
    for place in places:
        sums = [_within(days, today) for days in STRETCHES]
        waits = func.sum(case((Engagement.status == EngagementStatus.UNDECIDED, 1), else_=0))
        row = session.execute(
            select(*sums, waits)
            .select_from(Engagement)
            .join(Post, Engagement.post_id == Post.id)
            .join(Region, Post.region_id == Region.id)
            .where(
                area(place),
                Engagement.status.in_(WAITING),
                Engagement.ends_on <= today + timedelta(days=STRETCHES[-1]),
            )
        ).one()
        numbers = [int(number or 0) for number in row]
        if any(numbers):
            within = dict(zip(STRETCHES, numbers[:-1], strict=True))
            found.append(PlaceCount(place, within, numbers[-1]))
    return found


def term_page(session: Session, engagement: Engagement, acting: Acting, now: datetime) -> TermPage:
    """One term, its history, and what this role may do now."""
    matters = [
        Matter(
            subject,
            walk.events(session, subject),
            walk.offers(session, subject, acting, now),
        )
        for table in (Extension, Exit, EngagementPause)
        for subject in _all(session, table, engagement)
    ]
    return TermPage(
        engagement=engagement,
        history=reckoning.history(session, engagement),
        matters=matters,
        may_extend=extensions.may_extend(session, engagement, now),
    )


def find_subject(session: Session, engagement: Engagement, matter: str, key: Any) -> Subject | None:
    """The extension, exit or suspension of that name and key, of this engagement only."""
    tables: dict[str, Any] = {"extension": Extension, "exit": Exit, "pause": EngagementPause}
    if matter not in tables:
        return None
    subject: Subject | None = session.get(tables[matter], key)
    of_them = subject is not None and subject.engagement_id == engagement.id
    return subject if of_them else None


def signed_paper(session: Session, leaving: Exit) -> Attachment | None:
    """The resignation that the worker signed."""
    return session.scalars(
        select(Attachment).where(
            Attachment.subject_kind == "exit",
            Attachment.subject_id == str(leaving.id),
            Attachment.kind == "resignation",
        )
    ).first()


def _within(days: int, today: date) -> Any:
    ends = (Engagement.ends_on >= today) & (Engagement.ends_on <= today + timedelta(days=days))
    return func.sum(case((ends, 1), else_=0))


def _all(session: Session, table: Any, engagement: Engagement) -> Sequence[Any]:
    rows = select(table).where(table.engagement_id == engagement.id)
    return session.scalars(rows.order_by(table.opened_at.desc(), table.id.desc())).all()


def _open(session: Session, table: Any, ids: Sequence[Any]) -> dict[Any, Any]:
    rows = session.scalars(
        select(table).where(table.engagement_id.in_(ids), table.state.in_(TERM_OPEN))
    )
    return {row.engagement_id: row for row in rows}


def _engagements(region: Region) -> Select[tuple[Engagement]]:
    return (
        select(Engagement)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(region))
        .options(
            joinedload(Engagement.person),
            joinedload(Engagement.post).joinedload(Post.region),
        )
    )
