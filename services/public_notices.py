"""Making a public notice (R-3.4d): who waits for one, the draft, taking back, correcting.

A draft belongs to one village or one town. What stands on it comes from the cases, never from a
form: a wrong line is put right in its case, and the notice drawn anew. `Hindered` says in words why
something was not done; nothing has changed then.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import Application, ApplicationStatus, PublicNotice, PublicNoticeItem, Region, Role
from models.places import RegionKind
from rules import parameters
from services.acting import Acting, covers
from services.clock import business_date
from services.guards import Obstacle
from services.numbers import next_number
from services.procedure import Hindered
from services.trail import note
from wording import load_book

MAKERS = frozenset({Role.TOWN_CLERK, Role.TOWN_HEAD})


def waiting(session: Session, place: Region) -> Sequence[Application]:
    """The cases of a place that are to be published, or were and have to be anew, and stand on no
    notice or on a withdrawn one; by village, then by number."""
    waits = (ApplicationStatus.TO_PUBLISH, ApplicationStatus.ON_NOTICE)
    free = or_(Application.notice_id.is_(None), PublicNotice.withdrawn_at.isnot(None))
    return session.scalars(
        select(Application)
        .join(Region, Application.village_id == Region.id)
        .outerjoin(PublicNotice, Application.notice_id == PublicNotice.id)
        .where(Region.path.startswith(place.path), Application.status.in_(waits), free)
        .options(
            joinedload(Application.person),
            joinedload(Application.post),
            joinedload(Application.village),
        )
        .order_by(Region.path, Application.number)
    ).all()


def draft(
    session: Session,
    place: Region,
    chosen: Collection[uuid.UUID],
    acting: Acting,
    now: datetime,
) -> PublicNotice:
    """A notice of a village or town with the chosen cases on it, each only once."""
    _may_make(acting, place)
    cases = [case for case in waiting(session, place) if case.id in chosen]
    if not cases or len(cases) != len(set(chosen)):
        raise Hindered("draft_notice", (Obstacle("notice.choose_people"),))
    lacking = tuple(
        Obstacle("notice.no_post", {"name": case.person.name}) for case in cases if not case.post
    )
    if lacking:
        raise Hindered("draft_notice", lacking)
    return _make(session, place, cases, acting, now)


def _make(
    session: Session, place: Region, cases: Sequence[Application], acting: Acting, now: datetime
) -> PublicNotice:
    today = business_date(now)
    number = next_number(session, f"notice-{today.year}")
    notice = PublicNotice(
        region=place,
        title=_title(place, today.year, number),
        code=f"GS{today.year}-{number:04d}",
        working_days=int(parameters.in_force("notice.notice_days", today).value),
        made_by_id=acting.staff.id if acting.staff else None,
    )
    notice.items = [item_of(case) for case in cases]
    session.add(notice)
    session.flush()
    for case in cases:
        case.notice_id = notice.id
    _write(session, "notice.drafted", notice, acting, now, people=len(cases))
    session.flush()
    return notice


def item_of(case: Application) -> PublicNoticeItem:
    """The line of a case, as the case stands now."""
    return PublicNoticeItem(
        application_id=case.id,
        name=case.person.name,
        village_id=case.village_id,
        post_name=case.post.name if case.post else "",
        number_tail=case.number[-4:],
    )


def drop(
    session: Session, notice: PublicNotice, item: PublicNoticeItem, acting: Acting, now: datetime
) -> None:
    """Take a line off a draft; its case waits for another notice."""
    _may_make(acting, notice.region)
    if notice.published_at is not None or item not in notice.items:
        raise Hindered("drop_line", (Obstacle("notice.published_already"),))
    case = item.application
    notice.items.remove(item)
    if case is not None and case.notice_id == notice.id:
        case.notice_id = None
    _write(session, "notice.line_dropped", notice, acting, now, application=str(case and case.id))
    session.flush()


def discard(session: Session, notice: PublicNotice, acting: Acting, now: datetime) -> None:
    """Give up a draft: its people wait again, and it never hung."""
    _may_make(acting, notice.region)
    if notice.published_at is not None:
        raise Hindered("discard_notice", (Obstacle("notice.published_already"),))
    for item in notice.items:
        if item.application is not None and item.application.notice_id == notice.id:
            item.application.notice_id = None
    notice.scheduled_at = None
    notice.withdrawn_at = now
    _write(session, "notice.discarded", notice, acting, now)
    session.flush()


def withdraw(
    session: Session, notice: PublicNotice, why: str, acting: Acting, now: datetime
) -> None:
    """Take a notice down before its time. Its people need a new one, with a full period."""
    _may_take_back(notice, why, acting)
    notice.withdrawn_at = notice.taken_down_at = now
    notice.withdrawn_why = why
    _write(session, "notice.withdrawn", notice, acting, now, why=why)
    session.flush()


def correct(
    session: Session,
    notice: PublicNotice,
    chosen: Collection[int],
    why: str,
    acting: Acting,
    now: datetime,
) -> PublicNotice:
    """Draw the chosen lines anew, from their cases, on a notice that will hang its full period; the
    others' runs on. Where all lines are chosen, the old notice is withdrawn."""
    _may_take_back(notice, why, acting)
    standing = [item for item in notice.items if item.removed_at is None and item.application]
    wrong = [item for item in standing if item.id in chosen]
    if not wrong:
        raise Hindered("correct_notice", (Obstacle("notice.choose_people"),))
    cases = [item.application for item in wrong if item.application is not None]
    if any(case.status != ApplicationStatus.ON_NOTICE for case in cases):
        raise Hindered("correct_notice", (Obstacle("notice.case_moved_on"),))
    for item in wrong:
        item.removed_at = now
    if len(wrong) == len(standing):
        withdraw(session, notice, why, acting, now)
    fresh = _make(session, notice.region, cases, acting, now)
    fresh.corrects_id = notice.id
    _write(session, "notice.corrected", notice, acting, now, why=why, by_notice=fresh.code)
    session.flush()
    return fresh


def load(session: Session, code: str) -> PublicNotice | None:
    """One notice with everything that its page shows."""
    line = selectinload(PublicNotice.items)
    return session.scalars(
        select(PublicNotice)
        .where(PublicNotice.code == code)
        .options(
            joinedload(PublicNotice.region),
            line.joinedload(PublicNoticeItem.village),
            line.joinedload(PublicNoticeItem.application).joinedload(Application.announcement),
        )
    ).first()


def in_area(session: Session, place: Region, *, most: int = 50) -> Sequence[PublicNotice]:
    """The notices of a place and everything under it, and those of the towns above that name its
    people; the newest first."""
    named = PublicNotice.items.any(
        PublicNoticeItem.village_id.in_(select(Region.id).where(Region.path.startswith(place.path)))
    )
    return session.scalars(
        select(PublicNotice)
        .join(Region, PublicNotice.region_id == Region.id)
        .where(or_(Region.path.startswith(place.path), named))
        .options(selectinload(PublicNotice.items))
        .order_by(PublicNotice.id.desc())
        .limit(most)
    ).all()


def _may_make(acting: Acting, place: Region) -> None:
    if acting.role not in MAKERS:
        raise Hindered("notice", (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, place):
        raise Hindered("notice", (Obstacle("obstacle.not_your_place"),))


def _may_take_back(notice: PublicNotice, why: str, acting: Acting) -> None:
    _may_make(acting, notice.region)
    if acting.role != Role.TOWN_HEAD:
        raise Hindered("withdraw_notice", (Obstacle("obstacle.not_your_role"),))
    if notice.published_at is None or notice.withdrawn_at is not None or notice.closed_at:
        raise Hindered("withdraw_notice", (Obstacle("notice.hangs_no_more"),))
    if not why.strip():
        raise Hindered("withdraw_notice", (Obstacle("obstacle.reason_needed"),))


def _title(place: Region, year: int, number: int) -> str:
    """With the notice's number: two of one village can be told apart by their names."""
    named = place.name
    if place.kind == RegionKind.VILLAGE and place.parent is not None:
        named = f"{place.parent.name}{place.name}"
    return load_book().text("notice.title", place=named, year=str(year), number=str(number))


def _write(
    session: Session, act: str, notice: PublicNotice, acting: Acting, now: datetime, **facts: Any
) -> None:
    subject = ("public_notice", notice.id)
    note(session, act, actor=acting.name, at=now, subject=subject, code=notice.code, **facts)
