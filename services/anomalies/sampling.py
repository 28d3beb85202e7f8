"""A town's sample of the week: some of its workers by lot, some by score. The seed follows from
place and week by a keyed hash, so nobody chooses it and nobody draws until it suits; it is kept
with the population, so that whoever doubts can draw again (F-11)."""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Anomaly, Engagement, Post, Region, SpotCheck, SpotDraw, new_id
from models.places import RegionKind
from models.sealing import blind_index
from rules import anomalies, parameters
from rules.anomalies import Candidate
from services.anomalies import excuses, spot_checks
from services.clock import business_date
from services.days import deriving
from services.staff import area
from services.trail import note

DRAWS_SHOWN = 20
TOWNS = (RegionKind.TOWN, RegionKind.STREET, RegionKind.PARK)


def week_of(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def undrawn(session: Session, now: datetime) -> Sequence[Region]:
    """The towns whose sample of this week is not drawn yet."""
    week_on = week_of(business_date(now))
    drawn = select(SpotDraw.region_id).where(SpotDraw.week_on == week_on)
    return session.scalars(
        select(Region).where(Region.kind.in_(TOWNS), Region.id.not_in(drawn)).order_by(Region.path)
    ).all()


def draw(session: Session, town: Region, now: datetime) -> SpotDraw | None:
    """Draw a town's sample of this week, once; None where it is drawn or nobody is on a post."""
    today = business_date(now)
    week_on = week_of(today)
    known = select(SpotDraw.id).where(SpotDraw.region_id == town.id, SpotDraw.week_on == week_on)
    if session.scalar(known) is not None:
        return None
    people = _population(session, town, today)
    if not people:
        return None
    percent = int(parameters.in_force_or_first("anomaly.sample_percent", today).value)
    number = math.ceil(len(people) * percent / 100)
    terms = {
        "by_lot": number,
        "by_score": number,
        "score_from": int(parameters.in_force_or_first("anomaly.score_from", today).value),
    }
    row = SpotDraw(
        id=new_id(),
        region_id=town.id,
        week_on=week_on,
        seed=blind_index(f"{town.code}|{week_on}", "spot_draw"),
        population=[[one.key, one.weight, one.score] for one in people],
        terms=terms,
        drawn_at=now,
    )
    session.add(row)
    session.flush()
    _keep(session, row, today)
    note(session, "spot_check.drawn", actor="clock", at=now, subject=("region", town.code),
         draw=str(row.id), people=len(people))  # fmt: skip
    return row


def draw_for(session: Session, town_id: int, now: datetime) -> SpotDraw | None:
    """The same, by the town's key."""
    return draw(session, session.get_one(Region, town_id), now)


def again(row: SpotDraw) -> set[tuple[str, str]]:
    """The sample that seed, population and terms of a draw give: what must have been drawn."""
    people = [Candidate(key, weight, score) for key, weight, score in row.population]
    return set(anomalies.draw(row.seed, people, **row.terms))


def lately(session: Session, place: Region, since: date) -> Sequence[SpotDraw]:
    """The draws of an area's towns since a day, the newest first."""
    return session.scalars(
        select(SpotDraw)
        .join(SpotDraw.region)
        .where(area(place), SpotDraw.week_on >= since)
        .order_by(SpotDraw.week_on.desc(), Region.path)
        .limit(DRAWS_SHOWN)
    ).all()


def is_true(session: Session, row: SpotDraw) -> bool:
    """Whether the checks of a draw are exactly those that it gives."""
    asked = select(SpotCheck.engagement_id, SpotCheck.cause).where(SpotCheck.draw_id == row.id)
    kept = {(str(key), cause) for key, cause in session.execute(asked)}
    return kept == again(row)


def _keep(session: Session, row: SpotDraw, today: date) -> None:
    within = int(parameters.in_force_or_first("anomaly.visit_days", today).value)
    scores = {key: score for key, _, score in row.population}
    for key, cause in sorted(again(row)):
        session.add(
            SpotCheck(
                id=new_id(),
                draw_id=row.id,
                engagement_id=uuid.UUID(key),
                cause=cause,
                score=scores[key],
                due_on=today + timedelta(days=within),
            )
        )
    session.flush()


def _population(session: Session, town: Region, today: date) -> list[Candidate]:
    """Everybody on a post of the town today, with the weight of their village, more where their
    days rest on paper, and their score of this month and the last."""
    weights = spot_checks.village_weights(session, town, today)
    since = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    scores = (
        select(Anomaly.engagement_id, func.sum(Anomaly.weight).label("score"))
        .where(Anomaly.month_on >= since, Anomaly.engagement_id.is_not(None))
        .group_by(Anomaly.engagement_id)
        .subquery()
    )
    rows = session.execute(
        select(Engagement.id, Post.region_id, scores.c.score)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .outerjoin(scores, scores.c.engagement_id == Engagement.id)
        .where(area(town), Engagement.id.in_(deriving.asked_span(today, today)))
        .order_by(Engagement.id)
    )
    paper = excuses.on_sheets(session, since)
    more = int(parameters.in_force_or_first("anomaly.sheet_weight", today).value)
    return [
        Candidate(
            str(key),
            weights.get(place, 100) * (more if key in paper else 100) // 100,
            int(score or 0),
        )
        for key, place, score in rows
    ]
