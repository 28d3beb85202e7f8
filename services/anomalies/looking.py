"""Finds a month's signals, for the whole district at once, and adds them up per worker and place.

Safe to repeat: the same events give the same rows. Nothing else is written; no day changes.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, joinedload

from models import Anomaly, AttendanceEvent, Engagement, EventKind, Post, Region
from rules.anomalies import Signal, signals
from rules.months import end_of_month
from services.anomalies import check_in_signals, village_signals
from services.anomalies.found import Found, Span
from services.clock import business_date
from services.days import deriving
from services.staff import area

Look = Callable[[Session, Span, Signal], Iterator[Found]]
LOOKS: tuple[Look, ...] = (*check_in_signals.ALL, *village_signals.ALL)
"""Each bears the name of its signal."""


@dataclass(frozen=True)
class WorkerScore:
    """A worker's month: the sum of the weights of its signals, each with its row."""

    engagement: Engagement
    score: int
    reasons: tuple[Anomaly, ...]


@dataclass(frozen=True)
class PlaceScore:
    """A place's month: its own signals and the mean of its workers' scores."""

    region: Region
    score: int
    reasons: tuple[Anomaly, ...]
    flagged: int
    workers: int


def find(session: Session, month_on: date, now: datetime) -> int:
    """Find the signals of a month anew, up to today; how many. The clock and somebody at a page do
    it one after the other: otherwise each would add its own rows."""
    top = select(Region.id).where(Region.parent_id.is_(None))
    session.execute(top.with_for_update(key_share=True))
    last = min(end_of_month(month_on), business_date(now))
    session.execute(delete(Anomaly).where(Anomaly.month_on == month_on))
    if last < month_on:
        return 0
    held = signals(last)
    span = Span(month_on, last)
    found = [one for look in LOOKS for one in look(session, span, held[look.__name__])]
    places = _places(session, span) if found else {}
    rows = [
        {
            "month_on": month_on,
            "signal": one.signal.name,
            "region_id": one.region_id if one.engagement_id is None else places[one.engagement_id],
            "engagement_id": one.engagement_id,
            "weight": one.signal.weight,
            "count": one.count,
            "days": [day.isoformat() for day in one.days],
            "found_at": now,
        }
        for one in found
        if one.engagement_id is None or one.engagement_id in places
    ]
    if rows:
        session.execute(insert(Anomaly), rows)
    session.expire_all()
    return len(rows)


def _places(session: Session, span: Span) -> dict[uuid.UUID, int]:
    asked = select(Engagement.id, Post.region_id).join(Post, Engagement.post_id == Post.id)
    on_post = deriving.asked_span(span.first, span.last)
    return dict(session.execute(asked.where(Engagement.id.in_(on_post))).tuples().all())


def of_area(session: Session, place: Region, month_on: date) -> Sequence[Anomaly]:
    """A month's signals in an area."""
    return session.scalars(
        select(Anomaly)
        .join(Region, Anomaly.region_id == Region.id)
        .where(Anomaly.month_on == month_on, area(place))
        .order_by(Anomaly.signal, Anomaly.id)
        .options(
            joinedload(Anomaly.region),
            joinedload(Anomaly.engagement).joinedload(Engagement.person),
        )
    ).all()


def worker_scores(found: Sequence[Anomaly]) -> list[WorkerScore]:
    """Per worker, the highest first."""
    held: dict[uuid.UUID, list[Anomaly]] = defaultdict(list)
    for one in found:
        if one.engagement_id is not None:
            held[one.engagement_id].append(one)
    scores = [
        WorkerScore(rows[0].engagement, sum(row.weight for row in rows), tuple(rows))
        for rows in held.values()
        if rows[0].engagement is not None
    ]
    return sorted(scores, key=lambda one: (-one.score, one.engagement.worker_code or ""))


def declared_days(session: Session, found: Sequence[Anomaly]) -> dict[int, int]:
    """Anomaly → on how many of its days a phone signed that was declared for that worker, for what
    was found about shared phones (F-17). Declared or not, it is looked at; it is said which."""
    shared = [one for one in found if one.signal == "shared_phone" and one.engagement_id]
    if not shared:
        return {}
    rows = session.execute(
        select(AttendanceEvent.engagement_id, AttendanceEvent.day_on)
        .where(
            AttendanceEvent.engagement_id.in_([one.engagement_id for one in shared]),
            AttendanceEvent.kind == EventKind.CHECKIN,
            AttendanceEvent.source == "helper",
            AttendanceEvent.day_on.between(found[0].month_on, end_of_month(found[0].month_on)),
        )
        .distinct()
    )
    days: dict[uuid.UUID, set[str]] = defaultdict(set)
    for key, day in rows:
        days[key].add(day.isoformat())
    return {
        one.id: len(days[one.engagement_id] & set(one.days)) for one in shared if one.engagement_id
    }


def place_scores(session: Session, found: Sequence[Anomaly]) -> list[PlaceScore]:
    """Per place with any signal, the highest first. One statement."""
    held: dict[int, list[Anomaly]] = defaultdict(list)
    for one in found:
        held[one.region_id].append(one)
    if not held:
        return []
    month_on = found[0].month_on
    counts = dict(
        session.execute(
            select(Post.region_id, func.count())
            .join(Engagement, Engagement.post_id == Post.id)
            .where(
                Post.region_id.in_(held),
                Engagement.id.in_(deriving.asked_span(month_on, end_of_month(month_on))),
            )
            .group_by(Post.region_id)
        )
        .tuples()
        .all()
    )
    scores = [_place_score(rows, counts.get(key, 0)) for key, rows in held.items()]
    return sorted(scores, key=lambda one: (-one.score, one.region.path))


def _place_score(rows: list[Anomaly], workers: int) -> PlaceScore:
    own = tuple(row for row in rows if row.engagement_id is None)
    theirs = [row for row in rows if row.engagement_id is not None]
    mean = sum(row.weight for row in theirs) / max(workers, 1)
    return PlaceScore(
        region=rows[0].region,
        score=sum(row.weight for row in own) + round(mean),
        reasons=own,
        flagged=len({row.engagement_id for row in theirs}),
        workers=workers,
    )
