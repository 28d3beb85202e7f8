"""The knock on the door: village staff tell in person what nothing else brought to somebody.

A visit is opened by the router, done with its date, by whom, by phone or at the door and how it
went; it goes to the town when the village lets its day pass (requirements 2.10).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload

from models import Message, MessageState, Region, Visit, new_id
from models.places import RegionKind
from rules import calendar
from rules.errors import UnknownYear
from services.acting import Acting, covers
from services.clock import business_date
from services.staff import area
from services.telling_kinds import Channel, Kind
from services.trail import note


class Way(StrEnum):
    """How somebody was told in person."""

    PHONE = "phone"
    DOOR = "door"


class Outcome(StrEnum):
    TOLD = "told"
    FAMILY_TOLD = "family_told"
    MOVED_AWAY = "moved_away"
    NOT_FOUND = "not_found"


REACHED = frozenset({Outcome.TOLD, Outcome.FAMILY_TOLD})


@dataclass(frozen=True)
class Report:
    """What came of a visit: on which day, how, and whether they were told."""

    on: date
    way: Way
    outcome: Outcome


class VisitError(Exception):
    """The visit was not written down; `key` is the phrase that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def open_visit(session: Session, message: Message, kind: Kind, now: datetime) -> Visit:
    """The task to tell this message in person, for the recipient's village; one a message."""
    assert message.person_id is not None
    known = session.scalars(select(Visit).where(Visit.message_id == message.id)).first()
    if known is not None:
        return known
    today = business_date(now)
    try:
        due_on = calendar.add_working_days(today, kind.visit_days)
    except UnknownYear:
        due_on = today + timedelta(days=kind.visit_days)
    visit = Visit(
        id=new_id(),
        message_id=message.id,
        person_id=message.person_id,
        region_id=message.region_id,
        due_on=due_on,
        opened_at=now,
    )
    session.add(visit)
    session.flush()
    return visit


def is_open(session: Session, message: Message) -> bool:
    """Whether somebody is still to knock for this message."""
    asked = select(Visit.id).where(Visit.message_id == message.id, *_OPEN)
    return session.scalar(asked) is not None


def call_off(session: Session, message: Message, now: datetime) -> bool:
    """Nobody need knock any more; whether somebody was to."""
    found = session.scalars(select(Visit).where(Visit.message_id == message.id, *_OPEN)).first()
    if found is None:
        return False
    found.withdrawn_at = now
    return True


def waiting(session: Session, region: Region, *, limit: int, own: bool = False) -> Sequence[Visit]:
    """The open visits of an area, the earliest due first; `own`: only those that are the task of
    this very office now."""
    query = select(Visit).where(*_OPEN).options(*_ROW).order_by(Visit.due_on, Visit.id)
    if own:
        query = query.where(Visit.region_id == region.id)
    elif region.parent_id is not None:
        query = query.where(Visit.region_id.in_(select(Region.id).where(area(region))))
    return session.scalars(query.limit(limit)).all()


def of_day(session: Session, region: Region, since: date, *, limit: int) -> Sequence[Visit]:
    """The visits of an area that were done since a day, the newest first."""
    query = (
        select(Visit)
        .join(Message, Visit.message_id == Message.id)
        .where(Visit.done_on >= since)
        .options(*_ROW)
        .order_by(Visit.done_at.desc())
    )
    if region.parent_id is not None:
        query = query.where(Message.region_id.in_(select(Region.id).where(area(region))))
    return session.scalars(query.limit(limit)).all()


def find(session: Session, key: uuid.UUID, acting: Acting) -> Visit | None:
    """A visit in the area of who asks; None where it is none of theirs."""
    visit = session.get(Visit, key, options=_ROW)
    place = visit.message.region or visit.region if visit is not None else None
    return visit if place is not None and covers(acting.region, place) else None


def finish(session: Session, visit: Visit, acting: Acting, report: Report, now: datetime) -> None:
    """Write down that somebody was told, or could not be found. Raises `VisitError`."""
    session.flush()
    session.refresh(visit, ["done_at", "withdrawn_at"], with_for_update=True)
    if visit.done_at is not None or visit.withdrawn_at is not None:
        raise VisitError("visit.done_already")
    if not business_date(visit.opened_at) <= report.on <= business_date(now):
        raise VisitError("visit.wrong_day")
    if visit.region is None or not covers(acting.region, visit.message.region or visit.region):
        raise VisitError("visit.not_yours")
    visit.done_at, visit.done_on = now, report.on
    visit.way, visit.outcome = report.way, report.outcome
    visit.done_by_id = acting.staff.id if acting.staff else None
    _settle(visit.message, report.outcome, now)
    note(
        session,
        "visit.done",
        actor=acting.name,
        at=now,
        subject=("message", visit.message_id),
        on=report.on.isoformat(),
        way=str(report.way),
        outcome=str(report.outcome),
    )


def is_late(session: Session, now: datetime) -> bool:
    """Whether `hand_up` would find something."""
    return session.scalar(_late(now).with_only_columns(Visit.id).limit(1)) is not None


def hand_up(session: Session, now: datetime, *, limit: int = 200) -> int:
    """Give to the town what its village let pass: it stays the town's until it is done."""
    found = session.scalars(_late(now).limit(limit).with_for_update(skip_locked=True)).all()
    for visit in found:
        visit.handed_up_at = now
        place = visit.region
        if place is not None and place.kind == RegionKind.VILLAGE and place.parent is not None:
            visit.region = place.parent
            note(session, "visit.handed_up", actor="clock", at=now,
                 subject=("message", visit.message_id), to=place.parent.code)  # fmt: skip
    return len(found)


_OPEN: tuple[ColumnElement[bool], ...] = (Visit.done_at.is_(None), Visit.withdrawn_at.is_(None))
_ROW = (joinedload(Visit.message), joinedload(Visit.person), joinedload(Visit.region))


def _late(now: datetime) -> Select[tuple[Visit]]:
    return (
        select(Visit)
        .where(*_OPEN, Visit.due_on < business_date(now), Visit.handed_up_at.is_(None))
        .order_by(Visit.due_on)
    )


def _settle(message: Message, outcome: Outcome, now: datetime) -> None:
    if outcome in REACHED:
        message.state, message.channel = MessageState.READ, Channel.VISIT
        message.told_at = message.told_at or now
        message.ended_at, message.ended_why = now, "visited"
    elif message.state == MessageState.OPEN:
        message.state = MessageState.UNREACHED
        message.ended_at, message.ended_why = now, str(outcome)
