"""Accident insurance of rural workers, bought by the district (R-3.6c): whom the insurer must add,
whom it must take off, and the policies that come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session, joinedload

from models import (
    Engagement,
    EngagementStatus,
    InsuranceCover,
    Person,
    Post,
    Region,
    Role,
)
from rules import parameters
from services import identity, insurance_gaps, sheets_in
from services.acting import Acting
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.sheets_in import BadCell, Row
from services.staff import area
from services.trail import note

MAY_BUY = frozenset({Role.DISTRICT_CLERK})
ON_THE_POST = (EngagementStatus.ON_POST, EngagementStatus.SUSPENDED)


@dataclass(frozen=True)
class ToAdd:
    """Somebody whom the insurer must cover from that day on."""

    engagement: Engagement
    from_on: date


@dataclass(frozen=True)
class ToDelete:
    """A cover that goes on although the worker's last day was that day."""

    cover: InsuranceCover
    engagement: Engagement
    last_on: date


@dataclass(frozen=True)
class Entered:
    """What became of a list of policies: rows kept, rows that were known already, and what is
    wrong with the others, each with its row."""

    kept: int
    known: int
    wrong: tuple[tuple[int, Obstacle], ...]


def to_add(session: Session, region: Region, today: date) -> Sequence[ToAdd]:
    """Rural workers of an area who start on a known day, or are on a post, without a cover for that
    day (for today, for those who are there)."""
    on_post = Engagement.status.in_(ON_THE_POST) & (Engagement.starts_on < today)
    day = case((on_post, literal(today)), else_=Engagement.starts_on)
    covered = select(InsuranceCover.id).where(
        InsuranceCover.engagement_id == Engagement.id,
        InsuranceCover.from_on <= day,
        InsuranceCover.to_on.is_(None) | (InsuranceCover.to_on >= day),
    )
    rows = session.execute(
        _rural(region)
        .add_columns(day)
        .where(
            Engagement.starts_on.is_not(None),
            Engagement.status != EngagementStatus.ENDED,
            ~covered.exists(),
        )
        .order_by(Engagement.worker_code)
    )
    return [ToAdd(engagement, from_on) for engagement, from_on in rows]


def to_delete(session: Session, region: Region) -> Sequence[ToDelete]:
    """Covers that run past the last day of whom is not on the post any more."""
    rows = session.execute(
        _rural(region)
        .add_columns(InsuranceCover)
        .join(InsuranceCover, InsuranceCover.engagement_id == Engagement.id)
        .where(Engagement.status == EngagementStatus.ENDED)
        .order_by(Engagement.worker_code)
    )
    found = []
    for engagement, cover in rows:
        last_on = engagement.ends_on or cover.from_on
        if cover.to_on is None or cover.to_on > max(last_on, cover.from_on):
            found.append(ToDelete(cover, engagement, last_on))
    return found


def ending_soon(session: Session, region: Region, today: date) -> int:
    """How many covers of workers on a post end within the days of `insurance.ending_soon_days`,
    with none behind them."""
    within = int(parameters.in_force("insurance.ending_soon_days", today).value)
    last = (
        select(
            InsuranceCover.engagement_id,
            func.max(func.coalesce(InsuranceCover.to_on, literal(date.max))).label("last_on"),
        )
        .group_by(InsuranceCover.engagement_id)
        .subquery()
    )
    ending = (
        select(func.count())
        .select_from(Engagement)
        .join(last, last.c.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(
            area(region),
            Engagement.track == "rural",
            Engagement.status.in_(ON_THE_POST),
            last.c.last_on >= today,
            last.c.last_on < today + timedelta(days=within),
            Engagement.ends_on.is_(None) | (last.c.last_on < Engagement.ends_on),
        )
    )
    return session.scalar(ending) or 0


def enter(session: Session, content: bytes, acting: Acting, now: datetime) -> Entered:
    """Take the policies of a list that came back from the insurer. A good row is kept although
    another is bad; the same list again changes nothing. `sheets_in.Unfit` for another file."""
    if acting.role not in MAY_BUY or acting.region is None:
        raise Hindered("enter_policies", (Obstacle("obstacle.not_your_role"),))
    kept, known, wrong = 0, 0, []
    for row in sheets_in.read(content, "insurance"):
        try:
            if _enter_row(session, row, acting, now):
                kept += 1
            else:
                known += 1
        except BadCell as bad:
            wrong.append((row.number, bad.obstacle))
        except Hindered as hindered:
            wrong += [(row.number, obstacle) for obstacle in hindered.obstacles]
    note(
        session,
        "insurance.entered",
        actor=acting.name,
        at=now,
        subject=("region", acting.region.code),
        kept=kept,
        known=known,
        wrong=len(wrong),
    )
    session.flush()
    insurance_gaps.look(session, now)
    return Entered(kept, known, tuple(wrong))


def _enter_row(session: Session, row: Row, acting: Acting, now: datetime) -> bool:
    """Whether the row said something new."""
    engagement = _engagement_of_row(session, row, acting, business_date(now))
    policy, from_on, to_on = row.text("policy"), row.day("from_on"), row.maybe_day("to_on")
    if to_on is not None and to_on < from_on:
        raise Hindered("enter_policies", (Obstacle("insurance.dates_turned"),))
    cover = session.scalars(
        select(InsuranceCover).where(
            InsuranceCover.engagement_id == engagement.id,
            InsuranceCover.policy_number == policy,
            InsuranceCover.from_on == from_on,
        )
    ).first()
    if cover is not None and cover.to_on == to_on:
        return False
    if cover is None:
        assert acting.staff is not None
        cover = InsuranceCover(
            engagement_id=engagement.id,
            policy_number=policy,
            from_on=from_on,
            recorded_by_id=acting.staff.id,
            recorded_at=now,
        )
        session.add(cover)
    cover.to_on = to_on
    session.flush()
    return True


def _engagement_of_row(session: Session, row: Row, acting: Acting, today: date) -> Engagement:
    """The rural worker whom a row names: by ID number, and the name must fit."""
    id_number, name = row.id_number("id_number", today), row.text("name")
    person = identity.find(session, id_number)
    if person is None:
        raise Hindered("enter_policies", (Obstacle("insurance.nobody"),))
    if person.name != name:
        raise Hindered("enter_policies", (Obstacle("insurance.name_differs"),))
    assert acting.region is not None
    engagement = session.scalars(
        _rural(acting.region)
        .where(Engagement.person_id == person.id)
        .order_by(Engagement.created_at.desc())
        .limit(1)
    ).first()
    if engagement is None:
        raise Hindered("enter_policies", (Obstacle("insurance.no_rural_post"),))
    return engagement


def _rural(region: Region) -> Select[tuple[Engagement]]:
    return (
        select(Engagement)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(region), Engagement.track == "rural")
        .options(
            joinedload(Engagement.person).joinedload(Person.village),
            joinedload(Engagement.post).joinedload(Post.region),
        )
    )
