"""What the clock does about terms: tell the worker in time, ask the village, end what is over.

Due is what the engagement's own last day says today, so a day that was missed is caught up by
itself: only the latest stage is told, never an earlier one that is no longer true; and another last
day begins anew (requirements 3.3, 3.9).
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Engagement, EngagementStatus, Exit, Extension, TermNotice
from models.term_steps import TermState
from rules import parameters
from services.acting import CLOCK
from services.clock import business_date
from services.procedure import Hindered
from services.terms import extensions, leaving, officers, reckoning, settling, walk

log = structlog.get_logger()

ON_POST = (EngagementStatus.ON_POST, EngagementStatus.SUSPENDED)
AT_ONCE = 50


def stages(track: str, day: date) -> list[int]:
    """The days before the end at which a worker of that track is told, the longest first. Urban:
    also when the pension file is to be checked (parameter `term.pension_check_days`)."""
    found = set(parameters.in_force("term.reminder_days", day).value)
    if track == "urban":
        found.add(parameters.in_force("term.pension_check_days", day).value)
    return sorted(found, reverse=True)


def has_due(session: Session, now: datetime) -> bool:
    """Whether somebody is to be told. Cheap: asked at every tick."""
    return session.scalar(_due(now).with_only_columns(Engagement.id).limit(1)) is not None


def tell_due(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """Tell who is due, at most so many; how many."""
    found = session.scalars(_due(now).order_by(Engagement.ends_on).limit(limit)).all()
    for engagement in found:
        _tell(session, engagement, now)
    session.flush()
    return len(found)


def has_over(session: Session, now: datetime) -> bool:
    """Whether a term, or the last day of an exit, is over."""
    return session.scalars(_over(now).limit(1)).first() is not None


def end_over(session: Session, now: datetime, limit: int = AT_ONCE) -> int:
    """End what is over, or say that it waits for a decision; how many. Each by itself: one that
    cannot be ended keeps nobody else waiting."""
    ended = 0
    for engagement_id in session.scalars(_over(now).limit(limit)).all():
        try:
            with session.begin_nested():
                ended += end_one(session, engagement_id, now)
        except Hindered as hindered:
            log.error("term.not_ended", engagement=str(engagement_id), why=str(hindered))
        except StaleDataError:
            log.warning("term.moved_on", engagement=str(engagement_id))
    return ended


def end_one(session: Session, engagement_id: uuid.UUID, now: datetime) -> bool:
    """What the end of one term brings, as it stands behind the lock; whether anything was done."""
    engagement, today = walk.lock(session, engagement_id), business_date(now)
    exiting = settling.open_exit(session, engagement)
    if exiting is not None and exiting.state == TermState.SET:
        if exiting.last_on >= today:
            return False
        settling.take(session, exiting, "carry_out", CLOCK, now)
        return True
    is_over = engagement.ends_on is not None and engagement.ends_on < today
    if engagement.status not in ON_POST or not is_over:
        return False
    wished = settling.open_extension(session, engagement)
    if exiting is not None or (wished is not None and _was_asked_for(wished)):
        _wait(session, engagement, now)
    else:
        if wished is not None:
            walk.step(session, wished, "let_lapse", CLOCK, now)
        settling.end_by_term(session, engagement, now)
    return True


def redate_urban(
    session: Session, now: datetime, after: uuid.UUID | None = None
) -> uuid.UUID | None:
    """Reckon some urban terms again by the law now in force; the last one looked at, None where
    none is left."""
    query = select(Engagement).where(Engagement.track == "urban", Engagement.status.in_(ON_POST))
    if after is not None:
        query = query.where(Engagement.id > after)
    found = session.scalars(query.order_by(Engagement.id).limit(AT_ONCE)).all()
    for engagement in found:
        redate(session, engagement, cause="law", actor="clock", now=now)
    return found[-1].id if found else None


def redate(
    session: Session, engagement: Engagement, *, cause: str, actor: str, now: datetime
) -> bool:
    """Reckon a term again and tell the worker where its last day moved; whether it did."""
    former = engagement.ends_on
    if not reckoning.redate(session, engagement, cause=cause, actor=actor, now=now):
        return False
    assert engagement.ends_on is not None
    leaving.stop_notices(session, engagement, now)
    officers.tell_worker(
        session, engagement, "term_redated", now,
        cause=f"redated:{engagement.id}|{former}|{engagement.ends_on}",
        ends_on=engagement.ends_on.isoformat(),
    )  # fmt: skip
    return True


def _tell(session: Session, engagement: Engagement, now: datetime) -> None:
    today, ends_on = business_date(now), engagement.ends_on
    assert ends_on is not None
    left = (ends_on - today).days
    stage = min(days for days in stages(engagement.track, today) if left <= days)
    session.add(
        TermNotice(engagement_id=engagement.id, ends_on=ends_on, days_before=stage, told_at=now)
    )
    unread = parameters.in_force("term.visit_unread_days", today).value
    visit_on = max(ends_on - timedelta(days=unread), today + timedelta(days=1))
    cause = f"term:{engagement.id}|{ends_on}|{stage}"
    slots = {"ends_on": ends_on.isoformat(), "days": left}
    kind = "term_notice_early" if stage > max(stages("rural", today)) else "term_notice"
    officers.tell_worker(
        session, engagement, kind, now, cause=cause, visit_on=visit_on.isoformat(), **slots
    )
    officers.tell_office(session, engagement, "term_notice_head", now, cause=cause, slots=slots)
    if stage <= parameters.in_force("term.extension_opens_days", today).value:
        _ask_the_village(session, engagement, now)


def _ask_the_village(session: Session, engagement: Engagement, now: datetime) -> None:
    """Once for a last day: whether this term is to be extended."""
    asked = select(Extension.id).where(
        Extension.engagement_id == engagement.id, Extension.ends_on == engagement.ends_on
    )
    if session.scalars(asked.limit(1)).first() is None:
        extensions.remind(session, engagement, now)


def _was_asked_for(wished: Extension) -> bool:
    return wished.wished_at is not None or wished.state != TermState.AT_VILLAGE


def _wait(session: Session, engagement: Engagement, now: datetime) -> None:
    """Asked for and not decided: no work and no pay from here on, and those in charge hear it
    (R-3.3f)."""
    assert engagement.ends_on is not None
    engagement.status = EngagementStatus.UNDECIDED
    cause = f"undecided:{engagement.id}|{engagement.ends_on}"
    slots = {"ends_on": engagement.ends_on.isoformat()}
    officers.tell_worker(session, engagement, "term_undecided", now, cause=cause, **slots)
    for kind in ("term_undecided_head", "term_undecided_town", "term_undecided_district"):
        officers.tell_office(session, engagement, kind, now, cause=cause, slots=slots)


def _due(now: datetime) -> Select[tuple[Engagement]]:
    today = business_date(now)
    rural, urban = stages("rural", today), stages("urban", today)
    conditions = [_reached(days, today) for days in rural]
    conditions += [
        and_(Engagement.track == "urban", _reached(days, today)) for days in set(urban) - set(rural)
    ]
    exiting = exists().where(Exit.engagement_id == Engagement.id, Exit.state == TermState.SET)
    return select(Engagement).where(
        Engagement.status.in_(ON_POST),
        Engagement.ends_on >= today,
        Engagement.ends_on <= today + timedelta(days=max(urban)),
        or_(*conditions),
        ~exiting,
    )


def _reached(days: int, today: date) -> ColumnElement[bool]:
    """So many days or fewer are left, and nothing was told at that stage or a later one."""
    told = exists().where(
        TermNotice.engagement_id == Engagement.id,
        TermNotice.ends_on == Engagement.ends_on,
        TermNotice.days_before <= days,
    )
    return and_(Engagement.ends_on <= today + timedelta(days=days), ~told)


def _over(now: datetime) -> Select[tuple[uuid.UUID]]:
    today = business_date(now)
    exiting = exists().where(
        Exit.engagement_id == Engagement.id, Exit.state == TermState.SET, Exit.last_on < today
    )
    over = and_(Engagement.status.in_(ON_POST), Engagement.ends_on < today)
    return select(Engagement.id).where(
        Engagement.status != EngagementStatus.ENDED, or_(over, exiting)
    )
