"""Who has not signed although their check-in window is over (requirements 3.9, "absent by window
end"): the worker hears it once, the village's heads have a list at noon, and the town hears of a
run of days. Nothing is lost yet: who came signs late, and the day is judged in the evening. On
Mondays the district hears how many days of the week before still wait for somebody.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from models import AttendanceDay, DayState, Delivery, Engagement, Message, Post, Region
from models.places import RegionKind
from models.telling import DeliveryState
from rules import parameters
from services.clock import SHANGHAI
from services.days import people, village_news
from services.days.absences import BACK_DAYS
from services.days.facts import listen
from services.days.held import Held
from services.telling import tell, tell_staff, withdraw_one
from services.terms import officers

NAMES = 60
"""Names on one list; the count says how many there are."""
UNSIGNED = frozenset({"none", "backfill_refused"})


def missing(
    session: Session, ids: Sequence[uuid.UUID], day: date, now: datetime
) -> list[Engagement]:
    """Who was to work on that day, as it was last derived, whose own window and its grace are over,
    and of whom nobody has said that they came or asked for leave. The number of statements does not
    depend on the number of workers."""
    found = session.scalars(
        select(Engagement)
        .join(AttendanceDay, AttendanceDay.engagement_id == Engagement.id)
        .where(
            Engagement.id.in_(ids),
            AttendanceDay.day_on == day,
            AttendanceDay.planned,
            AttendanceDay.state == DayState.UNKNOWN,
        )
        .options(joinedload(Engagement.person), joinedload(Engagement.post))
        .order_by(Engagement.worker_code)
    ).all()
    silent = _silent(session, [one.id for one in found], day, now)
    return [one for one in found if one.id in silent]


def _silent(
    session: Session, ids: Sequence[uuid.UUID], day: date, now: datetime
) -> frozenset[uuid.UUID]:
    late = int(parameters.in_force_or_first("attendance.late_minutes", day).value)
    rows = session.execute(
        select(Engagement.id, Engagement.post_id, Region.path)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(Engagement.id.in_(ids))
    ).all()
    held = Held(session, rows, day, day)
    silent = set()
    for row in rows:
        duty = held.duties.on(row.post_id, day)
        over = datetime.combine(day, duty.closes, SHANGHAI) + timedelta(minutes=late)
        said = listen(held.events.get((row.id, day), ()), duty, late)
        excused = held.leave(row.id, day) is not None or held.stoppage(row.path, day) != "none"
        seen = said.own not in UNSIGNED or said.clerk == "present" or said.head == "confirmed"
        if over <= now and not excused and not seen:
            silent.add(row.id)
    return frozenset(silent)


def tell_workers(session: Session, ids: Sequence[uuid.UUID], day: date, now: datetime) -> int:
    """Tell each of them, once a day; how many there are."""
    found = missing(session, ids, day, now)
    for one in found:
        _tell_worker(session, one, day, now)
    return len(found)


def tell_noon(session: Session, place_id: int, day: date, now: datetime) -> int:
    """One list to each head of a place, without the head and their relatives; the town hears of
    those for whom it is one day too many; workers whose window ended since are told too."""
    place = session.get_one(Region, place_id)
    ids = session.scalars(select(Engagement.id).join(Post).where(Post.region_id == place_id)).all()
    found = missing(session, ids, day, now)
    if not found:
        return 0
    for one in found:
        _tell_worker(session, one, day, now)
    _tell_heads(session, place, found, day, now)
    for run in _runs(session, found, day):
        village_news.tell_town(session, run.engagement, "absence_town", now,
                               cause=f"absence:{run.engagement.id}:{run.since}",
                               count=run.days, day_on=run.since.isoformat())  # fmt: skip
    return len(found)


def _tell_heads(
    session: Session, place: Region, found: Sequence[Engagement], day: date, now: datetime
) -> None:
    cause = f"unsigned:{place.id}:{day}"
    for head in officers.of_place(session, place, officers.HEAD, now):
        barred = people.barred(session, head)
        names = [one.person.name for one in found if one.person_id not in barred]
        if names:
            tell_staff(
                session,
                kind="unsigned_list",
                staff=head,
                slots={"village": place.name, "count": len(names), "names": names[:NAMES]},
                cause=cause,
                once=f"unsigned_list|{cause}|{head.id}",
                now=now,
            )


def tell_week(session: Session, monday: date, now: datetime) -> int:
    """Tell the district's clerks how many days of the week before still wait for somebody; how many
    clerks were told. Where none waits, nobody is told."""
    first, last = monday - timedelta(days=7), monday - timedelta(days=1)
    told = 0
    for district in session.scalars(select(Region).where(Region.kind == RegionKind.DISTRICT)):
        days, places = _waiting(session, district, first, last)
        clerks = officers.of_place(session, district, officers.DISTRICT, now) if days else []
        cause = f"unconfirmed:{district.id}:{first}"
        for clerk in clerks:
            tell_staff(
                session,
                kind="unconfirmed_week",
                staff=clerk,
                slots={"village": district.name, "count": days, "places": places,
                       "from_on": first.isoformat(), "to_on": last.isoformat()},
                cause=cause,
                once=f"unconfirmed_week|{cause}|{clerk.id}",
                now=now,
            )  # fmt: skip
        told += len(clerks)
    return told


def _waiting(session: Session, district: Region, first: date, last: date) -> tuple[int, int]:
    """Days that wait for somebody, and the places where they do."""
    counted = session.execute(
        select(func.count(), func.count(Post.region_id.distinct()))
        .select_from(AttendanceDay)
        .join(Engagement, AttendanceDay.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(
            Region.path.startswith(district.path, autoescape=True),
            AttendanceDay.day_on.between(first, last),
            AttendanceDay.state.in_((DayState.UNKNOWN, DayState.DISPUTED)),
        )
    )
    return counted.one()._tuple()


@dataclass(frozen=True)
class _Run:
    """Days of work in a row without a word, today's among them."""

    engagement: Engagement
    since: date
    days: int


def _runs(session: Session, found: Sequence[Engagement], day: date) -> Iterator[_Run]:
    limit = int(parameters.in_force_or_first("attendance.absence_visit_run", day).value)
    rows = session.execute(
        select(AttendanceDay.engagement_id, AttendanceDay.day_on, _nobody().label("lost"))
        .where(
            AttendanceDay.engagement_id.in_([one.id for one in found]),
            AttendanceDay.day_on.between(day - timedelta(days=BACK_DAYS), day - timedelta(days=1)),
            AttendanceDay.planned,
        )
        .order_by(AttendanceDay.day_on.desc())
    )
    before: dict[uuid.UUID, list[tuple[date, bool]]] = defaultdict(list)
    for engagement_id, day_on, lost in rows:
        before[engagement_id].append((day_on, bool(lost)))
    for one in found:
        since, days = day, 1
        for day_on, lost in before[one.id]:
            if not lost:
                break
            since, days = day_on, days + 1
        if days >= limit:
            yield _Run(one, since, days)


def _nobody() -> ColumnElement[bool]:
    """A day that is lost, or will be once it closes: nobody has said a word for it."""
    first = AttendanceDay.reasons[0].as_string()
    waits = and_(AttendanceDay.state == DayState.UNKNOWN, first == "nobody")
    return or_(AttendanceDay.state == DayState.ABSENT, waits)


def call_off(session: Session, engagement_id: uuid.UUID, day: date, now: datetime) -> bool:
    """Keep the word about a day from leaving, because the worker has signed it meanwhile; whether
    it was in time. What has left stays told."""
    waiting = (
        select(Message)
        .join(Delivery, Delivery.message_id == Message.id)
        .where(
            Message.once == _once(engagement_id, day),
            Delivery.state == DeliveryState.QUEUED,
        )
    )
    message = session.scalars(waiting).unique().first()
    return message is not None and withdraw_one(session, message, now, "signed_since")


def _once(engagement_id: uuid.UUID, day: date) -> str:
    return f"day_unsigned|unsigned:{engagement_id}:{day}"


def _tell_worker(session: Session, engagement: Engagement, day: date, now: datetime) -> None:
    cause, once = f"unsigned:{engagement.id}:{day}", _once(engagement.id, day)
    tell(session, kind="day_unsigned", person=engagement.person, slots={}, cause=cause,
         once=once, now=now)  # fmt: skip
