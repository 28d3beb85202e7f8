"""A notice goes up, by hand or at its time; its days pass; it comes down (requirements 2.6, 3.6).

Publishing writes the text down with its hash and takes every case on to its notice in the same
transaction: all of them, or none, with the rows named that stand in the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    PublicNotice,
    PublicNoticeItem,
    Role,
    Staff,
    StaffGrant,
)
from rules import calendar, parameters
from rules.errors import UnknownYear
from services import case_news, masking, notice_paper, objections, procedure
from services.acting import CLOCK, Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note


def obstacles(notice: PublicNotice, posted_on: date) -> tuple[Obstacle, ...]:
    """What stands in the way of hanging this notice on that day: numbers or words that must not be
    public, each with its place; an empty list; too short a time; a year without a calendar."""
    found = [*masking.check_text(notice.title, "title")]
    found += masking.check_rows(
        {"name": item.name, "village": item.village.name, "post": item.post_name}
        for item in notice.items
    )
    if not notice.items:
        found.append(Obstacle("notice.choose_people"))
    least = int(parameters.in_force("notice.notice_days_min", posted_on).value)
    if notice.working_days < least:
        found.append(Obstacle("notice.too_short", {"days": least}))
    if last_day(notice, posted_on) is None:
        found.append(Obstacle("notice.unknown_year", {"year": posted_on.year}))
    return tuple(found)


def last_day(notice: PublicNotice, posted_on: date) -> date | None:
    """The last day of a notice hung on that day; None where a working calendar is missing."""
    try:
        return calendar.last_notice_day(posted_on, notice.working_days)
    except UnknownYear:
        return None


def publish(session: Session, notice: PublicNotice, acting: Acting, now: datetime) -> None:
    """Hang the notice today. `Hindered` with everything in the way, and nothing has changed."""
    _may_publish(notice, acting)
    posted_on = business_date(now)
    if in_the_way := obstacles(notice, posted_on):
        raise Hindered("publish_notice", in_the_way)
    with session.begin_nested():
        notice.posted_on = posted_on
        notice.last_on = last_day(notice, posted_on)
        notice.published_at = now
        notice.published_by_id = acting.staff.id if acting.staff else None
        notice.scheduled_at = None
        notice.snapshot = notice_paper.write(notice)
        notice.sha256 = notice_paper.fingerprint(notice.snapshot)
        session.flush()
        _take_all(session, notice, acting, now)
    note(
        session,
        "notice.published",
        actor=acting.name,
        at=now,
        subject=("public_notice", notice.id),
        code=notice.code,
        sha256=notice.sha256,
    )


def _take_all(session: Session, notice: PublicNotice, acting: Acting, now: datetime) -> None:
    in_the_way: list[Obstacle] = []
    for order, item in enumerate(notice.items, start=1):
        try:
            _take_one(session, item, acting, now)
        except Hindered as hindered:
            in_the_way += (
                Obstacle("notice.row", {"row": order, "name": item.name, "why": obstacle})
                for obstacle in hindered.obstacles
            )
    if in_the_way:
        raise Hindered("publish_notice", tuple(in_the_way))


def _take_one(session: Session, item: PublicNoticeItem, acting: Acting, now: datetime) -> None:
    case = item.application
    if case is None:
        return
    if case.notice_id == item.notice_id and case.status == ApplicationStatus.ON_NOTICE:
        kind = f"case_{ApplicationStatus.ON_NOTICE}"
        case_news.tell_applicant(session, case, kind, now, cause=f"notice:{item.notice_id}")
        return
    procedure.take(session, case, "publish", acting, now)


def schedule(
    session: Session, notice: PublicNotice, at: datetime, acting: Acting, now: datetime
) -> None:
    """Let the clock hang it, in the name of who decided so."""
    _may_publish(notice, acting)
    if at <= now:
        raise Hindered("schedule_notice", (Obstacle("notice.time_is_past"),))
    if in_the_way := obstacles(notice, business_date(at)):
        raise Hindered("schedule_notice", in_the_way)
    notice.scheduled_at = at
    notice.published_by_id = acting.staff.id if acting.staff else None
    note(
        session,
        "notice.scheduled",
        actor=acting.name,
        at=now,
        subject=("public_notice", notice.id),
        scheduled_at=at.isoformat(),
    )
    session.flush()


def _may_publish(notice: PublicNotice, acting: Acting) -> None:
    if acting.role != Role.TOWN_HEAD:
        raise Hindered("publish_notice", (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, notice.region):
        raise Hindered("publish_notice", (Obstacle("obstacle.not_your_place"),))
    if notice.published_at is not None:
        raise Hindered("publish_notice", (Obstacle("notice.published_already"),))
    if notice.withdrawn_at is not None:
        raise Hindered("publish_notice", (Obstacle("notice.hangs_no_more"),))


def publish_due(session: Session, notice: PublicNotice, now: datetime) -> bool:
    """Hang a scheduled notice. Where something came in the way, it becomes a draft again, which the
    worklist shows, and the trail says why."""
    try:
        publish(session, notice, _in_the_name_of(session, notice, now), now)
    except Hindered as hindered:
        notice.scheduled_at = None
        reasons = [obstacle.key for obstacle in hindered.obstacles]
        subject = ("public_notice", notice.id)
        note(session, "notice.not_published", actor="clock", at=now, subject=subject, why=reasons)
        return False
    return True


def _in_the_name_of(session: Session, notice: PublicNotice, now: datetime) -> Acting:
    """The head who scheduled it, if they still are one here today."""
    today = business_date(now)
    found = session.execute(
        select(Staff, StaffGrant)
        .join(StaffGrant, StaffGrant.staff_id == Staff.id)
        .where(
            Staff.id == notice.published_by_id,
            Staff.disabled_at.is_(None),
            StaffGrant.role == Role.TOWN_HEAD,
            StaffGrant.from_on <= today,
            (StaffGrant.to_on.is_(None)) | (StaffGrant.to_on >= today),
        )
    )
    for staff, grant in found:
        if covers(grant.region, notice.region):
            return Acting(role=Role.TOWN_HEAD, staff=staff, region=grant.region)
    return CLOCK


def close_if_over(session: Session, notice: PublicNotice, now: datetime) -> int:
    """Take on every case whose notice has ended; gives how many. Who is objected to stays."""
    gone_on = 0
    for case in _cases_on(session, notice):
        try:
            procedure.take(session, case, "close_notice", CLOCK, now)
            gone_on += 1
        except Hindered:
            continue
    if not _cases_on(session, notice):
        notice.closed_at = now
    session.flush()
    return gone_on


def _cases_on(session: Session, notice: PublicNotice) -> Sequence[Application]:
    held = (ApplicationStatus.ON_NOTICE, ApplicationStatus.OBJECTION)
    return session.scalars(
        select(Application)
        .where(Application.notice_id == notice.id, Application.status.in_(held))
        .order_by(Application.number)
    ).all()


def take_down(session: Session, notice: PublicNotice, now: datetime) -> bool:
    """The page shows it no more; text and hash stay here."""
    notice.taken_down_at = now
    subject = ("public_notice", notice.id)
    note(session, "notice.taken_down", actor="clock", at=now, subject=subject, sha256=notice.sha256)
    return True


def to_publish(session: Session, now: datetime) -> Sequence[int]:
    """The notices whose time has come."""
    return session.scalars(
        select(PublicNotice.id).where(
            PublicNotice.scheduled_at <= now,
            PublicNotice.published_at.is_(None),
            PublicNotice.withdrawn_at.is_(None),
        )
    ).all()


def to_close(session: Session, now: datetime) -> Sequence[int]:
    """The notices that are over and still hold somebody who may go on, or nobody at all; not those
    that wait until somebody says whom an objection concerns."""
    held = select(Application.id).where(
        Application.notice_id == PublicNotice.id,
        Application.status == ApplicationStatus.ON_NOTICE,
    )
    waits = select(Application.id).where(
        Application.notice_id == PublicNotice.id,
        Application.status == ApplicationStatus.OBJECTION,
    )
    return session.scalars(
        select(PublicNotice.id).where(
            PublicNotice.last_on < business_date(now),
            PublicNotice.closed_at.is_(None),
            PublicNotice.withdrawn_at.is_(None),
            held.exists() | ~waits.exists(),
            ~objections.unassigned_on(PublicNotice.id).exists(),
        )
    ).all()


def to_take_down(session: Session, now: datetime) -> Sequence[int]:
    """The notices that have been readable for long enough."""
    today = business_date(now)
    kept = int(parameters.in_force("notice.retention_days", today).value)
    return session.scalars(
        select(PublicNotice.id).where(
            PublicNotice.last_on < today - timedelta(days=kept),
            PublicNotice.taken_down_at.is_(None),
        )
    ).all()
