"""The village clerk's roll-call (requirements 3.4): who is here, who is not, who asked for leave.

Today or yesterday only: a week is not called in one go (F-10). Never of oneself or of relatives
(F-08). How long it took, and of how many, is kept with every mark.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import Engagement, EventKind, LeaveState, Role
from services.acting import Acting
from services.clock import business_date
from services.days import leaves, people
from services.days.events import Word, say
from services.days.leaves import Wish
from services.days.people import Look
from services.guards import Obstacle
from services.procedure import Hindered

LATEST_DAYS = 1
"""A roll-call of yesterday is still taken."""


@dataclass(frozen=True)
class Marks:
    """Who was seen, who was not, and who asked for leave through the clerk."""

    present: tuple[uuid.UUID, ...] = ()
    absent: tuple[uuid.UUID, ...] = ()
    on_leave: tuple[uuid.UUID, ...] = ()


def to_call(session: Session, acting: Acting, day: date, now: datetime) -> list[Look]:
    """Whom this clerk calls on a day: whoever is to work, without themselves and relatives."""
    assert acting.staff is not None
    assert acting.region is not None
    barred = people.barred(session, acting.staff)
    return [
        look
        for look in people.of_place(session, acting.region, day, now)
        if look.person_id not in barred and not look.is_off and not look.is_on_leave
    ]


def call(  # noqa: PLR0913 - one roll-call, each part by name
    session: Session,
    acting: Acting,
    day: date,
    marks: Marks,
    *,
    source: str,
    seconds: int,
    now: datetime,
    attachment_id: uuid.UUID | None = None,
) -> Marks:
    """Keep a roll-call; gives the marks that were taken. With a sheet's photo (`attachment_id`) the
    marks are those of the sheet. Raises `Hindered` for other days and roles."""
    if why := _why_not(acting, day, now):
        raise Hindered("roll", (why,))
    allowed = {look.engagement_id for look in to_call(session, acting, day, now)}
    taken = Marks(
        *(tuple(key for key in keys if key in allowed)
          for keys in (marks.present, marks.absent, marks.on_leave))
    )  # fmt: skip
    evidence = {
        "seconds": seconds,
        "called": len(taken.present) + len(taken.absent) + len(taken.on_leave),
    }
    here = EventKind.SHEET if attachment_id else EventKind.PRESENT
    for kind, keys in ((here, taken.present), (EventKind.ABSENT, (*taken.absent, *taken.on_leave))):
        word = Word(kind, acting, source, evidence, attachment_id=attachment_id)
        say(session, list(keys), day, word, now)
    for key in taken.on_leave:
        _ask_leave(session, acting, key, day, now)
    return taken


def _ask_leave(
    session: Session, acting: Acting, engagement_id: uuid.UUID, day: date, now: datetime
) -> None:
    """Leave that a worker asked for by word of mouth; the head answers it as any other."""
    held: Sequence[object] = [
        leave
        for leave in leaves.current(session, engagement_id, day)
        if leave.from_on <= day <= leave.to_on and leave.state != LeaveState.REFUSED
    ]
    if not held:
        engagement = session.get_one(Engagement, engagement_id)
        leaves.ask(session, engagement, Wish("personal", day, day), acting=acting, now=now)


def _why_not(acting: Acting, day: date, now: datetime) -> Obstacle | None:
    if acting.role != Role.VILLAGE_CLERK:
        return Obstacle("obstacle.not_your_role")
    today = business_date(now)
    if not today - timedelta(days=LATEST_DAYS) <= day <= today:
        return Obstacle("obstacle.roll_too_late")
    return None
