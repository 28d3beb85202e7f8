"""Derives days from what was said of them, for many workers in a constant number of statements.

Safe to repeat: the same events give the same day. A day that a month sheet has locked is left as it
is. Whoever derives holds the engagements' rows, so that of two at once the second sees what the
first one said.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, Select, Table, case, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models import AttendanceDay, Engagement, EngagementStatus, Post, Region
from models.prepared import Prepared
from rules import attendance
from services.clock import business_date
from services.days import judging, one_day
from services.days.duty import default_duty
from services.days.held import Held
from services.days.judging import Moment, differs, judge, moment

_DAY = cast(Table, AttendanceDay.__table__)
CHUNK = 400
"""Engagements at a time: memory stays flat, and a lock is short."""


def derive(
    session: Session,
    engagement_ids: Collection[uuid.UUID],
    *,
    from_on: date,
    to_on: date,
    now: datetime,
) -> int:
    """Derive these workers' days of a span; gives how many were written."""
    written = 0
    ids = sorted(engagement_ids)
    attendance.table()  # files are read before the first lock is held, not behind it
    default_duty(to_on).kind_of_day(to_on)
    at = moment(now)
    if len(ids) == 1 and from_on == to_on <= business_date(now):
        alone = _alone(session, ids[0], to_on, at)
        if alone is not None:
            return alone
    for first in range(0, len(ids), CHUNK):
        written += _derive(session, ids[first : first + CHUNK], from_on, to_on, at)
    return written


def derive_day(session: Session, engagement_id: uuid.UUID, day: date, now: datetime) -> str:
    """Derive one day of one worker; gives its state. Days ahead are not derived."""
    derive(session, [engagement_id], from_on=day, to_on=day, now=now)
    found = session.get(AttendanceDay, (engagement_id, day), populate_existing=True)
    return str(found.state) if found else "unknown"


def of_span(session: Session, from_on: date, to_on: date) -> Sequence[uuid.UUID]:
    """Everybody who was on a post, or was to be, on some day of a span."""
    return session.scalars(asked_span(from_on, to_on)).all()


def asked_span(from_on: date, to_on: date) -> Select[tuple[uuid.UUID]]:
    """The same, as a statement."""
    return select(Engagement.id).where(
        Engagement.status != EngagementStatus.STARTING,
        Engagement.starts_on <= to_on,
        Engagement.ended_on.is_(None) | (Engagement.ended_on >= from_on),
    )


def of_place(session: Session, place_id: int, day: date) -> list[uuid.UUID]:
    """Everybody on a post of exactly this place on a day."""
    mine = asked_span(day, day).join(Post, Engagement.post_id == Post.id)
    return list(session.scalars(mine.where(Post.region_id == place_id)))


def forget(session: Session, engagement_id: uuid.UUID, from_on: date, to_on: date) -> None:
    """Delete derived days that no month has locked; they can be derived again."""
    session.execute(
        delete(AttendanceDay).where(
            AttendanceDay.engagement_id == engagement_id,
            AttendanceDay.day_on.between(from_on, to_on),
            AttendanceDay.month_sheet_id.is_(None),
        )
    )


def _alone(session: Session, engagement_id: uuid.UUID, day: date, at: Moment) -> int | None:
    """One day of one worker; None where it takes the way of many."""
    session.flush()
    connection = session.connection()
    found = one_day.read(connection, engagement_id, day, at)
    if found is None:
        return None
    if found.is_locked or not differs(found.before, found.row):
        return 0
    _UPSERT[connection.dialect.name].run(connection, found.row)
    return 1


def _derive(
    session: Session, ids: Sequence[uuid.UUID], from_on: date, to_on: date, at: Moment
) -> int:
    people = _lock(session, ids)
    if not people:
        return 0
    held = Held(session, people, from_on, to_on)
    grace = judging.late_minutes(to_on)
    phases = {day: at.phase(day) for day in _days(from_on, min(to_on, business_date(at.now)))}
    changed = []
    for person in people:
        for day, phase in phases.items():
            if (person.id, day) in held.locked:
                continue
            row = judge(person, held.known(person, day, grace=grace, phase=phase), at.now)
            if differs(held.before.get((person.id, day)), row):
                changed.append(row)
    if changed:
        connection = session.connection()
        _UPSERT[connection.dialect.name].run_many(connection, changed)
    return len(changed)


def _lock(session: Session, ids: Sequence[uuid.UUID]) -> Sequence[Row[Any]]:
    """The engagements, held against others who derive (and not against check-ins)."""
    return session.execute(
        select(
            Engagement.id, Engagement.post_id, Engagement.starts_on, Engagement.ends_on,
            Engagement.ended_on, Region.path,
        )
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(Engagement.id.in_(ids))
        .order_by(Engagement.id)
        .with_for_update(key_share=True, of=Engagement)
    ).all()  # fmt: skip


def _days(from_on: date, to_on: date) -> Iterator[date]:
    for more in range((to_on - from_on).days + 1):
        yield from_on + timedelta(days=more)


def _upsert(dialect: Any) -> Prepared:
    """Insert or renew; when a day settled stays as it was first found."""
    columns = [column.name for column in _DAY.c if column.name != "month_sheet_id"]
    made = dialect.insert(_DAY)
    renewed = {
        name: made.excluded[name] for name in columns if name not in {"engagement_id", "day_on"}
    }
    renewed["settled_at"] = case(
        (made.excluded["settled_at"].is_(None), None),
        else_=func.coalesce(_DAY.c.settled_at, made.excluded["settled_at"]),
    )
    return Prepared(
        made.on_conflict_do_update(
            index_elements=["engagement_id", "day_on"],
            set_=renewed,
            where=_DAY.c.month_sheet_id.is_(None),
        ),
        columns=columns,
    )


_UPSERT = {"postgresql": _upsert(postgresql), "sqlite": _upsert(sqlite)}
