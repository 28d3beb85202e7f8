"""Unexplained absence that somebody should look after: so many days in a row, or in a month, lead
to a visit by the village, never to a dismissal (requirements 2.7, F-13)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendanceDay, DayState, Engagement
from rules import parameters
from services.days import village_news

BACK_DAYS = 40
"""Holidays of a week do not break a run."""


@dataclass(frozen=True)
class Absence:
    """Somebody to be visited: since when in a row, or how often in the month."""

    engagement_id: uuid.UUID
    since: date
    days: int


def found(session: Session, ids: Sequence[uuid.UUID], day: date) -> list[Absence]:
    """Those whose absence on that day makes a run, or a month, too long."""
    run_limit = int(parameters.in_force_or_first("attendance.absence_visit_run", day).value)
    month_limit = int(parameters.in_force_or_first("attendance.absence_visit_month", day).value)
    rows = session.execute(
        select(AttendanceDay.engagement_id, AttendanceDay.day_on, AttendanceDay.state)
        .where(
            AttendanceDay.engagement_id.in_(ids),
            AttendanceDay.day_on.between(day - timedelta(days=BACK_DAYS), day),
            AttendanceDay.planned,
        )
        .order_by(AttendanceDay.day_on.desc())
    )
    days: dict[uuid.UUID, list[tuple[date, str]]] = defaultdict(list)
    for engagement_id, day_on, state in rows:
        days[engagement_id].append((day_on, state))
    judged = (_judge(key, held, day, run_limit, month_limit) for key, held in days.items())
    return [absence for absence in judged if absence is not None]


def tell(session: Session, ids: Sequence[uuid.UUID], day: date, now: datetime) -> int:
    """Ask the village to visit them, once for each run; how many were asked about."""
    absences = found(session, ids, day)
    for absence in absences:
        village_news.tell_office(
            session,
            session.get_one(Engagement, absence.engagement_id),
            "absence_visit",
            village_news.VILLAGE,
            now,
            cause=f"absence:{absence.engagement_id}:{absence.since}",
            count=absence.days,
            day_on=absence.since.isoformat(),
        )
    return len(absences)


def _judge(
    key: uuid.UUID, held: list[tuple[date, str]], day: date, run_limit: int, month_limit: int
) -> Absence | None:
    if not held or held[0] != (day, DayState.ABSENT):
        return None
    run = 0
    while run < len(held) and held[run][1] == DayState.ABSENT:
        run += 1
    if run >= run_limit:
        return Absence(key, held[run - 1][0], run)
    month = day.replace(day=1)
    absent = [on for on, state in held if state == DayState.ABSENT and on >= month]
    return Absence(key, month, len(absent)) if len(absent) >= month_limit else None
