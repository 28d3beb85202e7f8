"""A worker does not agree with a day (R-3.6b): the day is open until the town has answered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    AttendanceDay,
    Contact,
    DayState,
    Engagement,
    EventKind,
    Post,
    Region,
    Role,
)
from rules import parameters
from services.acting import Acting, covers
from services.clock import business_date
from services.days import closing, confirming, deriving, people, village_news
from services.days.events import Word, say
from services.guards import Obstacle
from services.procedure import Hindered
from services.telling import tell

RULERS = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})
LONGEST_WORDS = 200


def days_open(session: Session, engagement: Engagement, now: datetime) -> list[AttendanceDay]:
    """The days that a worker may dispute: of the last while (`attendance.dispute_days_back`), not
    counted and not locked, the newest first; today only from its evening on."""
    today = business_date(now)
    back = int(parameters.in_force_or_first("attendance.dispute_days_back", today).value)
    from_on = today - timedelta(days=back)
    deriving.derive(session, [engagement.id], from_on=from_on, to_on=today, now=now)
    asked = (
        select(AttendanceDay)
        .where(
            AttendanceDay.engagement_id == engagement.id,
            AttendanceDay.day_on.between(from_on, today),
            AttendanceDay.counted.is_(False),
            AttendanceDay.planned,
            AttendanceDay.state != DayState.DISPUTED,
            AttendanceDay.month_sheet_id.is_(None),
        )
        .order_by(AttendanceDay.day_on.desc())
        .execution_options(populate_existing=True)
    )
    return [day for day in session.scalars(asked) if day.reasons[0] != "open"]


def lodge(  # noqa: PLR0913 - one dispute, each part by name
    session: Session,
    engagement: Engagement,
    day: date,
    *,
    contact: Contact,
    words: str,
    source: str,
    now: datetime,
) -> None:
    """Dispute a day: it stays open, and the town is told. Raises `events.DayLocked`."""
    acting = Acting(village_news.WORKER, contact=contact)
    word = Word(EventKind.DISPUTED, acting, source, reason=words[:LONGEST_WORDS])
    say(session, [engagement.id], day, word, now)
    village_news.tell_town(
        session, engagement, "day_disputed", now, cause=f"dispute:{engagement.id}:{day}",
        day_on=day.isoformat(), words=words[:LONGEST_WORDS],
    )  # fmt: skip


def rule(  # noqa: PLR0913 - one ruling, each part by name
    session: Session,
    engagement: Engagement,
    day: date,
    *,
    acting: Acting,
    present: bool,
    words: str,
    now: datetime,
) -> None:
    """The town decides an open day, with its reason; the worker hears it. Raises `Hindered`."""
    if why := _why_not(session, engagement, acting, words):
        raise Hindered("rule", (why,))
    kind = EventKind.RULED_PRESENT if present else EventKind.RULED_ABSENT
    say(session, [engagement.id], day, Word(kind, acting, "console", reason=words), now)
    row = session.get_one(AttendanceDay, (engagement.id, day))
    tell(
        session,
        kind="day_ruled",
        person=engagement.person,
        slots={"day_on": day.isoformat(), "result": closing.words_of(row), "words": words},
        cause=f"dispute:{engagement.id}:{day}",
        once=f"day_ruled|{engagement.id}|{day}|{kind}",
        now=now,
    )


def waiting(
    session: Session, acting: Acting, now: datetime
) -> list[tuple[Engagement, AttendanceDay]]:
    """The days that wait for this town, the oldest first: disputed, contradictory, and those that
    a village left open when its time was over; not what the head has denied and nobody signed for.
    Never one's own or a relative's."""
    assert acting.region is not None
    assert acting.staff is not None
    barred = people.barred(session, acting.staff)
    rows = session.execute(
        select(Engagement, AttendanceDay)
        .join(AttendanceDay, AttendanceDay.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(
            Region.path.startswith(acting.region.path),
            AttendanceDay.month_sheet_id.is_(None),
            (AttendanceDay.state == DayState.DISPUTED)
            | (
                (AttendanceDay.state == DayState.UNKNOWN)
                & (AttendanceDay.day_on <= _last_of_village(now))
            ),
        )
        .order_by(AttendanceDay.day_on, Engagement.worker_code)
        .options(joinedload(Engagement.person))
    )
    found = [row._tuple() for row in rows if row[0].person_id not in barred]
    lost = closing.lost_by_denial(session, [day for _, day in found])
    return [(one, day) for one, day in found if (day.engagement_id, day.day_on) not in lost]


def _last_of_village(now: datetime) -> date:
    """The last day for which the village's time is over."""
    today = business_date(now)
    over = now >= confirming.window(today - timedelta(days=1))[1]
    return today - timedelta(days=1 if over else 2)


def _why_not(
    session: Session, engagement: Engagement, acting: Acting, words: str
) -> Obstacle | None:
    if acting.role not in RULERS or acting.staff is None:
        return Obstacle("obstacle.not_your_role")
    if not covers(acting.region, engagement.post.region):
        return Obstacle("obstacle.not_your_place")
    if engagement.person_id in people.barred(session, acting.staff):
        return Obstacle("obstacle.conflict_kin")
    return None if words.strip() else Obstacle("obstacle.day_needs_why")
