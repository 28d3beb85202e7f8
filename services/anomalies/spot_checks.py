"""Visits without notice: who is to be visited, what was found, and what that does to the next
draw. A finding changes no day by itself: the town rules on days as on any other."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from models import Engagement, Finding, Post, Region, Role, SpotCheck
from models.anomalies import BAD
from rules import anomalies
from services import attachments
from services.acting import Acting, covers
from services.attachments import Upload
from services.clock import business_date
from services.days import people
from services.guards import Obstacle
from services.procedure import Hindered
from services.staff import area
from services.trail import note

VISITS = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD, Role.DISTRICT_CLERK})
REMEMBERED_DAYS = 180
"""What a visit found weighs on its village's draws for this long."""


@dataclass(frozen=True)
class Report:
    """What came of a visit. `photo`: the visitor's own."""

    on: date
    finding: Finding
    remark: str = ""
    photo: Upload | None = None


def waiting(
    session: Session, acting: Acting, *, limit: int = 200, due_by: date | None = None
) -> Sequence[SpotCheck]:
    """Whom this office has still to visit, the earliest due first; never oneself or a relative.
    `due_by`: only those that were due by that day."""
    assert acting.region is not None
    barred = people.barred(session, acting.staff) if acting.staff else frozenset()
    asked = (
        _of_area(acting.region)
        .where(SpotCheck.done_at.is_(None), Engagement.person_id.not_in(barred))
        .order_by(SpotCheck.due_on, SpotCheck.id)
        .limit(limit)
    )
    if due_by is not None:
        asked = asked.where(SpotCheck.due_on <= due_by)
    return session.scalars(asked).all()


def done(session: Session, place: Region, since: date, *, limit: int = 200) -> Sequence[SpotCheck]:
    """What was found in an area since a day, the newest first."""
    asked = _of_area(place).where(SpotCheck.done_on >= since)
    return session.scalars(asked.order_by(SpotCheck.done_at.desc()).limit(limit)).all()


def find(session: Session, key: uuid.UUID, acting: Acting) -> SpotCheck | None:
    """A check of this person's area, locked."""
    found = session.get(SpotCheck, key, with_for_update=True)
    if found is None or not covers(acting.region, found.engagement.post.region):
        return None
    return found


def finish(
    session: Session, check: SpotCheck, acting: Acting, report: Report, now: datetime
) -> None:
    """Write down what a visit found, once. Raises `Hindered`."""
    if why := _why_not(session, check, acting, report, business_date(now)):
        raise Hindered("spot_check", (why,))
    assert acting.staff is not None
    if report.photo is not None:
        kept = attachments.attach(session, report.photo, subject=("spot_check", check.id),
                                  kind="spot_check", acting=acting, now=now)  # fmt: skip
        check.photo_id = kept.id
    check.done_at, check.done_on, check.done_by_id = now, report.on, acting.staff.id
    check.finding, check.remark = report.finding, report.remark.strip()[:255]
    session.flush()
    note(session, "spot_check.done", actor=acting.name, at=now,
         subject=("engagement", check.engagement_id), finding=str(report.finding))  # fmt: skip


def is_false_alarm(check: SpotCheck) -> bool:
    """Whether somebody was visited because of signals, and all was well."""
    return check.cause == "score" and check.finding is not None and check.finding not in BAD


def village_weights(session: Session, town: Region, today: date) -> dict[int, int]:
    """Place → weight of its workers in the next draw, in hundredths, where it is not 100."""
    since = today - timedelta(days=REMEMBERED_DAYS)
    bad: dict[int, int] = defaultdict(int)
    false: dict[int, int] = defaultdict(int)
    for check in session.scalars(_of_area(town).where(SpotCheck.done_on >= since)):
        place = check.engagement.post.region_id
        bad[place] += check.finding in BAD
        false[place] += is_false_alarm(check)
    return {
        place: anomalies.village_weight(bad[place], false[place])
        for place in bad.keys() | false.keys()
    }


def _of_area(place: Region) -> Select[tuple[SpotCheck]]:
    return (
        select(SpotCheck)
        .join(Engagement, SpotCheck.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(place))
        .options(
            joinedload(SpotCheck.engagement).joinedload(Engagement.person),
            joinedload(SpotCheck.engagement).joinedload(Engagement.post).joinedload(Post.region),
        )
    )


def _why_not(
    session: Session, check: SpotCheck, acting: Acting, report: Report, today: date
) -> Obstacle | None:
    if acting.role not in VISITS or acting.staff is None:
        return Obstacle("obstacle.not_your_role")
    if check.engagement.person_id in people.barred(session, acting.staff):
        return Obstacle("obstacle.conflict_kin")
    if check.done_at is not None:
        return Obstacle("obstacle.state_moved_on")
    if not business_date(check.draw.drawn_at) <= report.on <= today:
        return Obstacle("anomaly.wrong_day")
    if report.finding in BAD and not report.remark.strip():
        return Obstacle("anomaly.say_what")
    return None
