"""Signals from workers' own check-ins, one statement each (F-03…F-05, F-13, F-16, F-17)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from operator import itemgetter

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    CheckInPhoto,
    CheckInPoint,
    Contact,
    Engagement,
    EventKind,
    Inbound,
    Post,
)
from rules.anomalies import Signal, is_too_regular, speed_kmh
from services.anomalies import excuses
from services.anomalies.found import Found, Span, by_worker
from services.clock import SHANGHAI
from services.days import photos
from services.days.duty import Fence

E = AttendanceEvent
ALIKE_BANDS = 4
"""Two pictures that differ in few bits agree in one of four parts of sixteen."""


def outside_fence(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Signed in outside the post's fence, on many days."""
    asked = select(E.engagement_id, E.day_on).where(
        *_check_ins(span), E.evidence["outside"].as_boolean()
    )
    return by_worker(signal, _pairs(session, asked), signal.threshold)


def shared_phone(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """One phone that signs in for several workers."""
    many = (
        select(E.contact_id)
        .where(*_check_ins(span), E.contact_id.is_not(None))
        .group_by(E.contact_id)
        .having(func.count(E.engagement_id.distinct()) >= signal.threshold)
    )
    asked = select(E.engagement_id, E.day_on).where(*_check_ins(span), E.contact_id.in_(many))
    return by_worker(signal, _pairs(session, asked), 1)


def same_spot(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """The very same coordinates again and again: real ones always differ a little."""
    held = CheckInPoint
    many = (
        select(held.spot_index)
        .join(E, held.event_id == E.id)
        .where(*_check_ins(span))
        .group_by(held.spot_index)
        .having(func.count() >= signal.threshold)
    )
    asked = (
        select(E.engagement_id, E.day_on)
        .join(held, held.event_id == E.id)
        .where(*_check_ins(span), held.spot_index.in_(many))
    )
    return by_worker(signal, _pairs(session, asked), 1)


def same_second(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Several workers of one place who signed in in the very same second."""
    asked = (
        select(Post.region_id, E.happened_at, E.engagement_id, E.day_on)
        .join(Engagement, E.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(*_check_ins(span))
        .order_by(Post.region_id, E.happened_at)
    )
    hits: list[tuple[uuid.UUID, date]] = []
    for _, rows in groupby(session.execute(asked), key=lambda row: (row[0], _second(row[1]))):
        held = list(rows)
        if len({row[2] for row in held}) >= signal.threshold:
            hits += [(row[2], row[3]) for row in held]
    return by_worker(signal, hits, 1)


def regular_times(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Signs in at the same minute of every day, as a machine does."""
    asked = (
        select(E.engagement_id, E.day_on, E.happened_at)
        .where(*_check_ins(span))
        .order_by(E.engagement_id, E.day_on, E.happened_at)
    )
    for engagement_id, rows in groupby(session.execute(asked), key=itemgetter(0)):
        first: dict[date, datetime] = {}
        for _, day, moment in rows:
            first.setdefault(day, moment.astimezone(SHANGHAI))
        if is_too_regular(list(first.values()), signal.threshold):
            yield Found(signal, len(first), tuple(first), engagement_id=engagement_id)


def same_photo(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """A photo that looks like one of another day, or of another worker; `threshold` bits may
    differ."""
    asked = (
        select(CheckInPhoto.picture_hash, E.engagement_id, E.day_on)
        .join(E, CheckInPhoto.event_id == E.id)
        .where(CheckInPhoto.picture_hash.is_not(None), E.day_on <= span.last)
        .order_by(E.id)
    )
    bands: dict[tuple[int, str], list[Row[tuple[str | None, uuid.UUID, date]]]] = defaultdict(list)
    hits: set[tuple[uuid.UUID, date]] = set()
    for row in session.execute(asked):
        own, engagement_id, day = row
        for part in range(ALIKE_BANDS):
            key = (part, own[part * 4 : part * 4 + 4])
            for other, their_id, their_day in bands[key]:
                differs = (their_id, their_day) != (engagement_id, day)
                if differs and photos.unlike(own, other or "") <= signal.threshold:
                    hits |= {(engagement_id, day), (their_id, their_day)}
                    break
            bands[key].append(row)
    inside = ((key, day) for key, day in hits if span.first <= day <= span.last)
    return by_worker(signal, inside, 1)


def travel(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """One phone at two places between which nobody travels that fast; `threshold` km/h. Points are
    opened only of phones that sent more than one that day."""
    pairs = (
        select(E.contact_id, E.day_on)
        .join(CheckInPoint, CheckInPoint.event_id == E.id)
        .where(_in(span), E.contact_id.is_not(None))
        .group_by(E.contact_id, E.day_on)
        .having(func.count() > 1)
        .subquery()
    )
    asked = (
        select(CheckInPoint, E)
        .join(E, CheckInPoint.event_id == E.id)
        .join(pairs, (pairs.c.contact_id == E.contact_id) & (pairs.c.day_on == E.day_on))
        .order_by(E.contact_id, E.happened_at)
    )
    hits: list[tuple[uuid.UUID, date]] = []
    rows = [(point, event) for point, event in session.execute(asked)]
    for _, group in groupby(rows, key=lambda row: (row[1].contact_id, row[1].day_on)):
        for (one, before), (other, after) in pairwise(group):
            seconds = (after.happened_at - before.happened_at).total_seconds()
            if speed_kmh(_metres(one.point, other.point), seconds) > signal.threshold:
                hits += [(before.engagement_id, before.day_on), (after.engagement_id, after.day_on)]
    return by_worker(signal, hits, 1)


def silent(session: Session, span: Span, signal: Signal) -> Iterator[Found]:
    """Every planned day counted, not a word from the worker's own phone all month, and neither
    paper nor a visit that speaks for them."""
    days = (
        select(AttendanceDay.engagement_id)
        .where(AttendanceDay.day_on.between(span.first, span.last), AttendanceDay.planned)
        .group_by(AttendanceDay.engagement_id)
        .having(
            func.count() >= signal.threshold,
            func.count() == func.count().filter(AttendanceDay.counted),
        )
    )
    since = datetime.combine(span.first, time(), SHANGHAI)
    until = datetime.combine(span.last + timedelta(days=1), time(), SHANGHAI)
    wrote = (
        select(Inbound.id)
        .join(Contact, (Contact.channel == Inbound.channel)
              & (Contact.address_key == Inbound.sender_key))
        .where(Contact.person_id == Engagement.person_id, Inbound.received_at >= since,
               Inbound.received_at < until)
        .exists()
    )  # fmt: skip
    signed = select(E.id).where(E.engagement_id == Engagement.id, *_check_ins(span)).exists()
    asked = select(Engagement.id).where(Engagement.id.in_(days), ~wrote, ~signed)
    named = session.scalars(asked).all()
    excused = excuses.of(session, named, span)
    for engagement_id in named:
        if engagement_id not in excused:
            yield Found(signal, 1, (span.first,), engagement_id=engagement_id)


ALL = (
    outside_fence, shared_phone, same_spot, same_second, regular_times, same_photo, travel, silent,
)  # fmt: skip


def _check_ins(span: Span) -> tuple[ColumnElement[bool], ...]:
    return E.kind == EventKind.CHECKIN, _in(span)


def _in(span: Span) -> ColumnElement[bool]:
    return E.day_on.between(span.first, span.last)


def _pairs(
    session: Session, asked: Select[tuple[uuid.UUID, date]]
) -> Iterator[tuple[uuid.UUID, date]]:
    return (row._tuple() for row in session.execute(asked))


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _metres(one: str, other: str) -> float:
    (latitude, longitude), (north, east) = _degrees(one), _degrees(other)
    return Fence(latitude, longitude, 0).distance_m(north, east)


def _degrees(point: str) -> tuple[float, float]:
    latitude, _, longitude = point.partition(",")
    return float(latitude), float(longitude)
