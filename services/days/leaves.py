"""Leave: asked for by the worker or, in their name, by the clerk; answered by the village head, or
by the town where the head may not (requirements 2.7, 3.4, F-15)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import Contact, Engagement, Leave, LeaveState, Person, Post, Region, Role, new_id
from rules import parameters
from services.acting import Acting, covers
from services.clock import business_date
from services.days import deriving, people, village_news
from services.guards import Obstacle
from services.procedure import Hindered
from services.telling import tell
from services.trail import note
from wording import load_book

OPEN = (LeaveState.ASKED, LeaveState.APPROVED)
ANSWER = frozenset({Role.VILLAGE_HEAD, Role.TOWN_CLERK, Role.TOWN_HEAD})
LONGEST_DAYS = 92


@dataclass(frozen=True)
class Wish:
    """What is asked for. `words`: the worker's own, kept sealed."""

    kind: str
    from_on: date
    to_on: date
    half_day: bool = False
    words: str = ""


def kinds(day: date) -> Mapping[str, bool]:
    """Kinds of leave by name, and whether each is paid (parameter `attendance.leave_kinds`)."""
    found = parameters.in_force_or_first("attendance.leave_kinds", day).value
    return {name: word == "paid" for name, word in found.items()}


def needs_note(wish: Wish) -> bool:
    """Whether the village has to see a note of a hospital."""
    days = int(parameters.in_force_or_first("attendance.leave_note_days", wish.from_on).value)
    return wish.kind == "sick" and (wish.to_on - wish.from_on).days + 1 >= days


def ask(
    session: Session, engagement: Engagement, wish: Wish, *, acting: Acting, now: datetime
) -> Leave:
    """Ask for leave. Raises `Hindered` where another leave covers one of the days, the span is too
    long, or it lies in the past. The head hears of it. Of two at the same moment about the same
    day the second one finds the first."""
    session.execute(
        select(Engagement.id).where(Engagement.id == engagement.id).with_for_update(key_share=True)
    )
    if why := _obstacle(session, engagement, wish, business_date(now)):
        raise Hindered("leave", (why,))
    leave = Leave(
        id=new_id(),
        engagement_id=engagement.id,
        engagement=engagement,
        kind=wish.kind,
        paid=kinds(wish.from_on)[wish.kind],
        from_on=wish.from_on,
        to_on=wish.to_on,
        half_day=wish.half_day,
        state=LeaveState.ASKED,
        asked_at=now,
        contact_id=acting.contact.id if acting.contact else None,
        asked_by_id=acting.staff.id if acting.staff else None,
    )
    leave.words = wish.words[:200] or None
    session.add(leave)
    session.flush()
    _renew(session, leave, now)
    village_news.tell_office(
        session, engagement, "leave_asked", village_news.HEAD, now, cause=f"leave:{leave.id}",
        from_on=wish.from_on.isoformat(), to_on=wish.to_on.isoformat(), leave=name_of(wish.kind),
    )  # fmt: skip
    return leave


def answer(
    session: Session, leave: Leave, *, acting: Acting, agree: bool, remark: str, now: datetime
) -> None:
    """Approve or refuse, once; the worker hears it. Raises `Hindered` for those who may not: the
    worker themselves, relatives, whoever asked in the worker's name, other places."""
    if why := _why_not(session, leave, acting):
        raise Hindered("leave", (why,))
    assert acting.staff is not None
    leave.state = LeaveState.APPROVED if agree else LeaveState.REFUSED
    leave.decided_at, leave.decided_by_id = now, acting.staff.id
    leave.remark = remark[:255]
    session.flush()
    note(session, "leave.answered", actor=acting.name, at=now,
         subject=("engagement", leave.engagement_id), agreed=agree)  # fmt: skip
    _renew(session, leave, now)
    key = "leave.word_agreed" if agree else "leave.word_refused"
    tell(
        session,
        kind="leave_answered",
        person=leave.engagement.person,
        slots={
            "from_on": leave.from_on.isoformat(),
            "to_on": leave.to_on.isoformat(),
            "day_on": leave.from_on.isoformat(),
            "answer": load_book().text(key),
            "result": load_book().text(key),
            "remark": leave.remark,
        },
        cause=f"leave:{leave.id}",
        once=f"leave_answered|{leave.id}",
        now=now,
    )


def come_back(session: Session, leave: Leave, now: datetime) -> date | None:
    """Take a leave back, or end one that has begun: from today on it does not hold. Gives the last
    day that still does, None where none does."""
    today = business_date(now)
    last = today - timedelta(days=1)
    if leave.state == LeaveState.ASKED or last < leave.from_on:
        leave.state, leave.withdrawn_at = LeaveState.WITHDRAWN, now
        kept = None
    else:
        leave.ended_on = min(last, leave.to_on)
        kept = leave.ended_on
    session.flush()
    _renew(session, leave, now)
    return kept


def current(session: Session, engagement_id: uuid.UUID, today: date) -> Sequence[Leave]:
    """Leaves that are asked for or hold, today or later; the next one first."""
    return session.scalars(
        select(Leave)
        .where(
            Leave.engagement_id == engagement_id,
            Leave.state.in_(OPEN),
            Leave.to_on >= today,
            Leave.ended_on.is_(None) | (Leave.ended_on >= today),
        )
        .order_by(Leave.from_on)
    ).all()


def waiting(session: Session, acting: Acting) -> Sequence[Leave]:
    """What this member of staff has to answer, the oldest first."""
    assert acting.staff is not None
    assert acting.region is not None
    barred = people.barred(session, acting.staff)
    asked = (
        select(Leave)
        .join(Engagement, Leave.engagement_id == Engagement.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(Leave.state == LeaveState.ASKED, Region.path.startswith(acting.region.path))
        .order_by(Leave.asked_at)
        .options(joinedload(Leave.engagement).joinedload(Engagement.person))
    )
    return [row for row in session.scalars(asked) if row.engagement.person_id not in barred]


def away(session: Session, place: Region, day: date) -> Sequence[tuple[Person, Leave]]:
    """Who of a place is on leave on a day."""
    rows = session.execute(
        select(Person, Leave)
        .join(Engagement, Leave.engagement_id == Engagement.id)
        .join(Person, Engagement.person_id == Person.id)
        .join(Post, Engagement.post_id == Post.id)
        .where(
            Post.region_id == place.id,
            Leave.state.in_(OPEN),
            Leave.from_on <= day,
            Leave.to_on >= day,
            Leave.ended_on.is_(None) | (Leave.ended_on >= day),
        )
        .order_by(Engagement.worker_code)
    )
    return [(row[0], row[1]) for row in rows]


def name_of(kind: str) -> str:
    """The kind as people call it."""
    return load_book().text(f"leave.kind_{kind}")


def find(session: Session, key: str) -> Leave | None:
    """A leave by its id, locked."""
    return session.get(Leave, uuid.UUID(key), with_for_update=True, populate_existing=True)


def asker(contact: Contact) -> Acting:
    """The worker who asks for themselves."""
    return Acting(village_news.WORKER, contact=contact)


def _obstacle(session: Session, engagement: Engagement, wish: Wish, today: date) -> Obstacle | None:
    if wish.to_on < today - timedelta(days=1):
        return Obstacle("obstacle.leave_in_the_past")
    if (wish.to_on - wish.from_on).days >= LONGEST_DAYS:
        return Obstacle("obstacle.leave_too_long", {"days": LONGEST_DAYS})
    overlapping = select(Leave.id).where(
        Leave.engagement_id == engagement.id,
        Leave.state.in_(OPEN),
        Leave.from_on <= wish.to_on,
        Leave.to_on >= wish.from_on,
        Leave.ended_on.is_(None) | (Leave.ended_on >= wish.from_on),
    )
    if session.scalars(overlapping.limit(1)).first() is not None:
        return Obstacle("obstacle.leave_overlaps")
    return None


def _why_not(session: Session, leave: Leave, acting: Acting) -> Obstacle | None:
    if leave.state != LeaveState.ASKED:
        return Obstacle("obstacle.state_moved_on")
    if acting.role not in ANSWER or acting.staff is None:
        return Obstacle("obstacle.not_your_role")
    if not covers(acting.region, leave.engagement.post.region):
        return Obstacle("obstacle.not_your_place")
    if leave.asked_by_id == acting.staff.id:
        return Obstacle("obstacle.conflict_own")
    if leave.engagement.person_id in people.barred(session, acting.staff):
        return Obstacle("obstacle.conflict_kin")
    return None


def _renew(session: Session, leave: Leave, now: datetime) -> None:
    deriving.derive(
        session, [leave.engagement_id], from_on=leave.from_on, to_on=leave.to_on, now=now
    )
