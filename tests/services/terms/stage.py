"""Somebody on a post, and the people in charge of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Contact,
    Engagement,
    EngagementStatus,
    Message,
    Person,
    Post,
    Role,
    new_id,
)
from models.procedure import Actor
from services.acting import Acting
from services.terms import notices, reckoning
from tests.builders import (
    SHANGHAI,
    create_acting,
    create_contact,
    create_engagement,
    create_person,
    region,
)

VILLAGE, TOWN, DISTRICT = "v-xinyan-wangjiazhuang", "xinyan", "yanzhou"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


def on_post(
    session: Session, starts_on: date = date(2022, 4, 11), *, track: str = "rural", **own: Any
) -> Engagement:
    """A worker since that day, dated by the rules; `own` goes to the person."""
    village = region(session, VILLAGE)
    person = create_person(session, village_id=village.id, **own)
    first = own.pop("first", None)
    engagement = create_engagement(session, person=person, track=track)
    if first is not None:
        engagement.first_approved_on = first
    engagement.starts_on = starts_on
    if track == "urban":
        engagement.retire_category = "F50"
    reckoning.begin(session, engagement, "clock", noon(starts_on))
    engagement.status = EngagementStatus.ON_POST
    session.flush()
    return engagement


def held(
    session: Session, person: Person, starts_on: date, ends_on: date, ended_on: date
) -> Engagement:
    """A post that the person held before, taken over from another list."""
    post = session.scalars(select(Post)).first()
    assert post is not None
    engagement = Engagement(
        id=new_id(),
        person_id=person.id,
        post_id=post.id,
        worker_code=f"W{new_id().hex[-12:]}",
        origin="integrated",
        track="rural",
        status=EngagementStatus.ENDED,
        starts_on=starts_on,
        ends_on=ends_on,
        ended_on=ended_on,
        first_approved_on=starts_on,
        created_at=noon(starts_on),
    )
    session.add(engagement)
    session.flush()
    return engagement


@dataclass(frozen=True)
class Company:
    """Everybody who has a say."""

    head: Acting
    town_clerk: Acting
    town_head: Acting
    district_clerk: Acting
    approver: Acting


def company(session: Session) -> Company:
    roles = {
        "head": (Role.VILLAGE_HEAD, VILLAGE),
        "town_clerk": (Role.TOWN_CLERK, TOWN),
        "town_head": (Role.TOWN_HEAD, TOWN),
        "district_clerk": (Role.DISTRICT_CLERK, DISTRICT),
        "approver": (Role.DISTRICT_APPROVER, DISTRICT),
    }
    return Company(**{name: create_acting(session, *where) for name, where in roles.items()})


def worker(session: Session, engagement: Engagement) -> Acting:
    """The worker at their phone."""
    known = session.scalars(select(Contact).where(Contact.person_id == engagement.person_id))
    contact = known.first() or create_contact(session, person_id=engagement.person_id)
    return Acting(role=Actor.APPLICANT, contact=contact)


def told(session: Session, engagement: Engagement) -> list[str]:
    """The kinds of what the worker was told, in order."""
    rows = select(Message.kind).where(Message.person_id == engagement.person_id)
    return list(session.scalars(rows.order_by(Message.created_at, Message.id)))


def live_through(session: Session, first: date, last: date) -> None:
    """The clock's work of every day."""
    day = first
    while day <= last:
        notices.end_over(session, noon(day))
        notices.tell_due(session, noon(day))
        day += timedelta(days=1)
