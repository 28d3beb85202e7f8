"""Who is on a post of a place on a day, and what has been said of them: for roll-call, for
confirmation, and for whoever asks who came."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    AttendanceEvent,
    DayState,
    Engagement,
    EngagementStatus,
    Person,
    Post,
    Region,
    Staff,
    StaffKin,
)
from services.days import deriving
from services.days.duty import Duty
from services.days.facts import Said, listen

OFF = frozenset({DayState.REST, DayState.HOLIDAY, DayState.STOPPED, DayState.PAUSED})
AWAY = frozenset({DayState.LEAVE_PAID, DayState.LEAVE_UNPAID})


@dataclass(frozen=True)
class Look:
    """One worker on one day. `said` is what each side has said so far."""

    engagement_id: uuid.UUID
    person_id: uuid.UUID
    name: str
    code: str
    post: str
    state: DayState
    reasons: tuple[str, ...]
    said: Said

    @property
    def is_on_leave(self) -> bool:
        return self.state in AWAY

    @property
    def is_off(self) -> bool:
        """No day of work: rest, holiday, stoppage or suspension."""
        return self.state in OFF


def of_place(session: Session, place: Region, day: date, now: datetime) -> list[Look]:
    """Everybody on a post of exactly this place on that day, in the order of their codes."""
    people = session.execute(
        select(Engagement.id, Engagement.person_id, Person.name, Engagement.worker_code, Post.name)
        .join(Person, Engagement.person_id == Person.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(
            Post.region_id == place.id,
            Engagement.status != EngagementStatus.STARTING,
            Engagement.starts_on <= day,
            Engagement.ended_on.is_(None) | (Engagement.ended_on >= day),
        )
        .order_by(Engagement.worker_code)
    ).all()
    ids = [row[0] for row in people]
    deriving.derive(session, ids, from_on=day, to_on=day, now=now)
    days = _days(session, ids, day)
    said = heard(session, ids, day)
    return [
        Look(
            engagement_id=key,
            person_id=person_id,
            name=name,
            code=code,
            post=post,
            state=DayState(days[key].state),
            reasons=tuple(days[key].reasons),
            said=said[key],
        )
        for key, person_id, name, code, post in people
        if key in days and days[key].state != DayState.OFF_POST
    ]


def heard(session: Session, ids: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, Said]:
    """What was said of some workers on a day, without judging their hours."""
    events: dict[uuid.UUID, list[AttendanceEvent]] = defaultdict(list)
    rows = session.scalars(
        select(AttendanceEvent).where(
            AttendanceEvent.engagement_id.in_(ids), AttendanceEvent.day_on == day
        )
    )
    for event in rows:
        events[event.engagement_id].append(event)
    return {key: listen(events[key], _ANY_HOUR, 0) for key in ids}


def heard_between(
    session: Session, ids: Sequence[uuid.UUID], first: date, last: date
) -> dict[tuple[uuid.UUID, date], Said]:
    """The same for a span, by worker and day; who was not spoken of is not in it."""
    events: dict[tuple[uuid.UUID, date], list[AttendanceEvent]] = defaultdict(list)
    rows = session.scalars(
        select(AttendanceEvent).where(
            AttendanceEvent.engagement_id.in_(ids), AttendanceEvent.day_on.between(first, last)
        )
    )
    for event in rows:
        events[event.engagement_id, event.day_on].append(event)
    return {key: listen(some, _ANY_HOUR, 0) for key, some in events.items()}


def barred(session: Session, staff: Staff) -> frozenset[uuid.UUID]:
    """People on whose days this member of staff has no say: themselves and declared relatives
    (F-08)."""
    kin = set(session.scalars(select(StaffKin.person_id).where(StaffKin.staff_id == staff.id)))
    return frozenset(kin | ({staff.person_id} if staff.person_id else set()))


def engagement_of(session: Session, person: Person | None) -> Engagement | None:
    """The engagement that a person holds and has not left."""
    if person is None:
        return None
    return session.scalars(
        select(Engagement).where(
            Engagement.person_id == person.id, Engagement.status != EngagementStatus.ENDED
        )
    ).first()


def _days(session: Session, ids: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, AttendanceDay]:
    rows = session.scalars(
        select(AttendanceDay)
        .where(AttendanceDay.engagement_id.in_(ids), AttendanceDay.day_on == day)
        .execution_options(populate_existing=True)
    )
    return {row.engagement_id: row for row in rows}


_ANY_HOUR = Duty(datetime.min.time(), datetime.max.time(), 1)
