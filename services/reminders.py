"""The morning reminder: shortly before their window closes, to workers who asked WeChat for it and
have not checked in (requirements 3.9). Asking for it is ticking the card `reminder`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from models import AttendanceEvent, Contact, Engagement, EngagementStatus, Message
from models.credit import TemplateConsent
from models.days import EventKind
from rules import parameters
from services import card_consents
from services.clock import SHANGHAI, business_date
from services.days.duty import Duties
from services.telling import tell

CARD = "reminder"
KIND = "morning_reminder"


def waiting(session: Session, now: datetime) -> Sequence[Engagement]:
    """Who is to be reminded at this moment."""
    asked = _asked(session, now)
    today, local = business_date(now), now.astimezone(SHANGHAI)
    before = timedelta(minutes=int(parameters.in_force("attendance.reminder_minutes", today).value))
    duties = Duties(session, {one.post_id for one in asked if one.post_id is not None})
    found = []
    for one in asked:
        if one.post_id is None:
            continue
        duty = duties.on(one.post_id, today)
        closes = datetime.combine(today, duty.closes, SHANGHAI)
        if duty.kind_of_day(today) == "work" and closes - before <= local < closes:
            found.append(one)
    return found


def remind(session: Session, now: datetime) -> int:
    """Remind each of them, once a day; how many."""
    today, people = business_date(now), waiting(session, now)
    for one in people:
        tell(
            session,
            kind=KIND,
            person=one.person,
            slots={"post": one.post.name[:20], "at": now.astimezone(SHANGHAI).strftime("%H:%M")},
            cause=f"day:{one.id}:{today}",
            now=now,
            once=_once(one, now),
        )
    return len(people)


def _once(engagement: Engagement, now: datetime) -> str:
    return f"{KIND}|{engagement.id}|{business_date(now)}"


def _asked(session: Session, now: datetime) -> Sequence[Engagement]:
    """Who is on a post, ticked the card, has not checked in today and was not reminded yet."""
    today = business_date(now)
    came = select(AttendanceEvent.id).where(
        AttendanceEvent.engagement_id == Engagement.id,
        AttendanceEvent.day_on == today,
        AttendanceEvent.kind.in_((EventKind.CHECKIN, EventKind.PRESENT)),
    )
    ticked = (
        select(TemplateConsent.contact_id)
        .join(Contact, TemplateConsent.contact_id == Contact.id)
        .where(
            Contact.person_id == Engagement.person_id,
            TemplateConsent.template.in_(card_consents.ticked_templates(CARD)),
            or_(TemplateConsent.left > 0, TemplateConsent.lasting),
        )
    )
    rows = session.scalars(
        select(Engagement)
        .where(Engagement.status == EngagementStatus.ON_POST, ticked.exists(), ~came.exists())
        .options(joinedload(Engagement.person), joinedload(Engagement.post))
    ).all()
    told = set(session.scalars(select(Message.once).where(
        Message.kind == KIND, Message.created_at > now - timedelta(hours=24)
    )))  # fmt: skip
    return [one for one in rows if _once(one, now) not in told]
