"""A sign that was forgotten or could not be given: asked for with a reason, counted only with a
second person's word, so many times a month (requirements 3.4, F-10, F-15)."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from models import (
    AttendanceDay,
    AttendanceEvent,
    Contact,
    DayState,
    Engagement,
    EventKind,
    Post,
    Region,
)
from rules import parameters
from rules.months import end_of_month
from services.acting import Acting
from services.clock import business_date
from services.days import deriving, people, village_news
from services.days.events import Word, say
from services.guards import Obstacle
from services.procedure import Hindered
from wording import load_book

OPEN = frozenset({DayState.UNKNOWN, DayState.ABSENT})


def days_open(session: Session, engagement_id: uuid.UUID, today: date, now: datetime) -> list[date]:
    """The days of the last while (`attendance.backfill_days`) without a sign, the newest first;
    today only once its evening has come: until then one simply checks in."""
    back = int(parameters.in_force_or_first("attendance.backfill_days", today).value)
    from_on = today - timedelta(days=back)
    deriving.derive(session, [engagement_id], from_on=from_on, to_on=today, now=now)
    days = session.scalars(
        select(AttendanceDay)
        .where(
            AttendanceDay.engagement_id == engagement_id,
            AttendanceDay.day_on.between(from_on, today),
            AttendanceDay.state.in_(OPEN),
            AttendanceDay.planned,
            AttendanceDay.month_sheet_id.is_(None),
        )
        .order_by(AttendanceDay.day_on.desc())
        .execution_options(populate_existing=True)
    )
    return [
        day.day_on
        for day in days
        if day.reasons[0] != "open"
        and people.heard(session, [engagement_id], day.day_on)[engagement_id].own == "none"
    ]


def asked_in_month(session: Session, engagement_id: uuid.UUID, day: date) -> int:
    """How many were asked for in the month of a day."""
    first = day.replace(day=1)
    asked = select(func.count()).where(
        AttendanceEvent.engagement_id == engagement_id,
        AttendanceEvent.kind == EventKind.BACKFILL_ASKED,
        AttendanceEvent.day_on.between(first, end_of_month(first)),
    )
    return session.scalar(asked) or 0


def allowed_in_month(day: date) -> int:
    """How many are allowed to one worker in a month."""
    return int(parameters.in_force_or_first("attendance.backfills_per_month", day).value)


def ask(  # noqa: PLR0913 - one wish, each part by name
    session: Session,
    engagement: Engagement,
    day: date,
    *,
    contact: Contact,
    reason: str,
    source: str,
    now: datetime,
) -> None:
    """Ask for a day's sign afterwards; the village hears of it. Raises `Hindered` beyond the
    month's number. The day counts once a second person vouches for it."""
    deriving.derive(session, [engagement.id], from_on=day, to_on=day, now=now)
    if asked_in_month(session, engagement.id, day) >= allowed_in_month(day):
        raise Hindered("backfill", (Obstacle("obstacle.backfills_used_up"),))
    acting = Acting(village_news.WORKER, contact=contact)
    word = Word(EventKind.BACKFILL_ASKED, acting, source, reason=reason)
    say(session, [engagement.id], day, word, now)
    village_news.tell_office(
        session, engagement, "backfill_asked", village_news.VILLAGE, now,
        cause=f"backfill:{engagement.id}:{day}", day_on=day.isoformat(),
        reason=load_book().text(f"backfill.reason_{reason}"),
    )  # fmt: skip


def ask_for(  # noqa: PLR0913 - one sheet's wishes for a day, each part by name
    session: Session,
    engagement_ids: list[uuid.UUID],
    day: date,
    *,
    acting: Acting,
    reason: str,
    evidence: dict[str, Any],
    source: str,
    now: datetime,
) -> None:
    """Ask for a day's sign in the name of workers, by their clerk. Whose days are open, and who has
    a time left in the month, the caller has seen to. The clerk is no second person for these."""
    held = {**evidence, "by_clerk": True}
    word = Word(EventKind.BACKFILL_ASKED, acting, source, held, reason=reason)
    say(session, engagement_ids, day, word, now)


def answer(  # noqa: PLR0913 - one word, each part by name
    session: Session,
    engagement: Engagement,
    day: date,
    *,
    acting: Acting,
    seen: bool,
    source: str,
    now: datetime,
) -> None:
    """A second person's word: they saw the worker that day, or did not. Raises `Hindered` for the
    worker themselves and for relatives."""
    assert acting.staff is not None
    if engagement.person_id in people.barred(session, acting.staff):
        raise Hindered("backfill", (Obstacle("obstacle.conflict_own"),))
    if _asked_by(session, engagement.id, day, acting.staff.id):
        raise Hindered("backfill", (Obstacle("obstacle.backfill_own_words"),))
    kind = EventKind.WITNESSED if seen else EventKind.BACKFILL_REFUSED
    say(session, [engagement.id], day, Word(kind, acting, source), now)


def _asked_by(session: Session, engagement_id: uuid.UUID, day: date, staff_id: uuid.UUID) -> bool:
    asked = select(AttendanceEvent.id).where(
        AttendanceEvent.engagement_id == engagement_id,
        AttendanceEvent.day_on == day,
        AttendanceEvent.kind == EventKind.BACKFILL_ASKED,
        AttendanceEvent.staff_id == staff_id,
    )
    return session.scalar(asked.limit(1)) is not None


def waiting(session: Session, acting: Acting, now: datetime) -> list[AttendanceEvent]:
    """Forgotten signs of a place for which nobody has vouched yet, the oldest first; never one's
    own, a relative's, or one that oneself has asked for."""
    assert acting.staff is not None
    assert acting.region is not None
    barred = people.barred(session, acting.staff)
    first = business_date(now) - timedelta(days=31)
    rows = session.scalars(
        select(AttendanceEvent)
        .join(Engagement, AttendanceEvent.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .join(
            AttendanceDay,
            (AttendanceDay.engagement_id == AttendanceEvent.engagement_id)
            & (AttendanceDay.day_on == AttendanceEvent.day_on),
        )
        .where(
            AttendanceEvent.kind == EventKind.BACKFILL_ASKED,
            AttendanceEvent.staff_id.is_distinct_from(acting.staff.id),
            AttendanceEvent.day_on >= first,
            Region.path.startswith(acting.region.path),
            AttendanceDay.state == DayState.UNKNOWN,
            AttendanceDay.month_sheet_id.is_(None),
        )
        .order_by(AttendanceEvent.id)
        .options(joinedload(AttendanceEvent.engagement).joinedload(Engagement.person))
    ).all()
    own = {row: people.heard(session, [row.engagement_id], row.day_on) for row in rows}
    return [
        row
        for row in rows
        if row.engagement.person_id not in barred
        and own[row][row.engagement_id].own == "backfill_asked"
    ]
