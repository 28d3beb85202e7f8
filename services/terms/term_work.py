"""What terms put on the worklist: what this office decides next, follow-ups that are due, and how
many terms end soon (R-4.1a)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Agreement,
    Engagement,
    EngagementPause,
    EngagementStatus,
    Exit,
    Extension,
    FollowUpCase,
    Person,
    Post,
    Region,
)
from models.procedure import TOWN_CLERK
from models.term_steps import TERM_OPEN, TermState, term_steps_from
from rules import parameters
from rules.age import anniversary
from services.acting import Acting
from services.clock import business_date
from services.pay.claw_backs import PROPOSES
from services.staff import area
from services.terms import vacancies
from services.terms.followups import MAY_FOLLOW
from services.terms.new_agreements import MAY_SIGN
from services.terms.notices import ON_POST
from services.worklist import Item, source

SOON = timedelta(days=30)
AHEAD = timedelta(days=3)


@source
class Terms:
    """Extensions, exits and suspensions at this office, and terms that end within a month."""

    kind = "terms"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.region is None:
            return ()
        found = [
            item
            for table in (Extension, Exit, EngagementPause)
            for item in _of(session, table, acting, acting.region, limit)
        ]
        if acting.role in MAY_SIGN:
            found += _unsigned(session, acting.region, limit)
        if acting.role in TOWN_CLERK:
            found += _ending(session, acting.region, business_date(now))
            found += _over_age(session, acting.region, business_date(now))
        found.sort(key=lambda item: item.due_on or date.max)
        return found[:limit]


@source
class FollowUps:
    """People who left and are to be contacted in these days."""

    kind = "followups"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in MAY_FOLLOW or acting.region is None:
            return ()
        rows = session.scalars(
            select(FollowUpCase)
            .join(FollowUpCase.region)
            .where(
                area(acting.region),
                FollowUpCase.closed_at.is_(None),
                FollowUpCase.next_on <= business_date(now) + AHEAD,
            )
            .order_by(FollowUpCase.next_on)
            .limit(limit)
            .options(joinedload(FollowUpCase.person))
        )
        return [
            Item(
                self.kind,
                "followup.work",
                {"name": case.person.name},
                case.next_on,
                "console.follow_up",
                {"key": str(case.id)},
            )
            for case in rows
        ]


@source
class PaidAfter:
    """Money that was approved for days after somebody had left: the district claims it."""

    kind = "claw_backs"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in PROPOSES or acting.region is None:
            return ()
        return [
            Item(
                self.kind,
                "term.work_owed",
                {"name": free.vacancy.engagement.person.name, "owed_fen": free.owed_fen},
                business_date(now),
                "console.term",
                {"code": free.vacancy.engagement.worker_code},
            )
            for free in vacancies.to_claw_back(session, acting.region, limit)
        ]


def _of(session: Session, table: Any, acting: Acting, office: Region, limit: int) -> Iterator[Item]:
    rows = session.scalars(
        select(table)
        .where(table.holder_id == office.id, table.state.in_(TERM_OPEN))
        .order_by(table.due_on)
        .limit(limit)
        .options(joinedload(table.engagement).joinedload(Engagement.person))
    )
    for row in rows:
        steps = term_steps_from(row.matter, TermState(row.state))
        if not any(acting.role in step.actors for step in steps):
            continue
        yield Item(
            "terms",
            f"term.work_{row.matter}",
            {"name": row.engagement.person.name},
            row.due_on,
            "console.term",
            {"code": row.engagement.worker_code},
        )


def _ending(session: Session, region: Region, today: date) -> list[Item]:
    first, number = session.execute(
        select(func.min(Engagement.ends_on), func.count())
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(
            area(region),
            Engagement.status.in_(ON_POST),
            Engagement.ends_on >= today,
            Engagement.ends_on <= today + SOON,
        )
    ).one()
    if not number:
        return []
    return [Item("terms", "term.work_ending", {"number": number}, first, "console.terms")]


def _unsigned(session: Session, region: Region, limit: int) -> list[Item]:
    """Extensions that were granted, whose agreement nobody has signed yet (R-3.6a)."""
    rows = session.scalars(
        select(Engagement)
        .join(Agreement, Agreement.engagement_id == Engagement.id)
        .join(Extension, Extension.engagement_id == Engagement.id)
        .join(Engagement.post)
        .join(Post.region)
        .where(
            area(region),
            Engagement.status != EngagementStatus.ENDED,
            Agreement.signed_on.is_(None),
            Extension.state == TermState.GRANTED,
            Extension.to_on == Agreement.to_on,
        )
        .limit(limit)
        .options(joinedload(Engagement.person))
    )
    return [
        Item(
            "terms",
            "term.work_agreement",
            {"name": row.person.name},
            None,
            "console.term",
            {"code": row.worker_code},
        )
        for row in rows
    ]


def _over_age(session: Session, region: Region, today: date) -> list[Item]:
    """Rural workers who grew older on the post than people may be who begin: a person looks at
    them, nothing ends by itself (R-3.2d)."""
    age = parameters.in_force("term.rural_on_post_age_review", today).value
    number = session.scalar(
        select(func.count())
        .select_from(Engagement)
        .join(Engagement.person)
        .join(Engagement.post)
        .join(Post.region)
        .where(
            area(region),
            Engagement.status.in_(ON_POST),
            Engagement.track == "rural",
            Person.born_on <= anniversary(today, -(age + 1)),
        )
    )
    if not number:
        return []
    slots = {"number": number, "age": age}
    return [Item("terms", "term.work_over_age", slots, None, "console.terms", {"old": 1})]
