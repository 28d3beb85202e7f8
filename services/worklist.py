"""What waits for somebody, by its due date, overdue first.

Cases wait in a state, at an office (`Application.holder_id`): for a role these are the states of
its level from which it has a step; for an agency, what it may help the villages of its town with.
Everything is read along an index and a page at a time, so the length of the whole list costs
nothing; numbers stop at `CAP`.

What else waits (tickets, notices, demands) comes from sources that other services register:

    @source
    class Tickets:
        kind = "tickets"
        def items(self, session, acting, now, limit): ...      # the earliest due first
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from models import Application, ApplicationStatus, Region, Role
from models.procedure import HOLDERS, STEPS
from services.acting import Acting
from services.staff import area

PAGE = 50
CAP = 500
NEVER = date.max
"""Sorts what has no due date behind everything that has one."""

_LEVEL = {
    Role.VILLAGE_CLERK: "village",
    Role.VILLAGE_HEAD: "village",
    Role.TOWN_CLERK: "town",
    Role.TOWN_HEAD: "town",
    Role.AGENCY: "village",
    Role.DISTRICT_CLERK: "district",
    Role.DISTRICT_APPROVER: "district",
}
_NOT_WAITED_FOR = frozenset({"withdraw", "object", "decline", "withdraw_offer", "call_up"})
"""Steps that a case may meet with, but does not wait for."""


@dataclass(frozen=True)
class Item:
    """Something of another kind than a case: a phrase with its slots, a date, where to go."""

    kind: str
    key: str
    slots: Mapping[str, Any]
    due_on: date | None
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """Where one kind of work comes from."""

    kind: str

    def items(
        self, session: Session, acting: Acting, now: datetime, limit: int
    ) -> Sequence[Item]: ...


SOURCES: list[Source] = []
_Made = TypeVar("_Made", bound=type)


def source(made: _Made) -> _Made:
    """Register a class of sources; it takes no arguments."""
    if all(type(known).__qualname__ != made.__qualname__ for known in SOURCES):
        SOURCES.append(made())
    return made


@dataclass(frozen=True)
class Mark:
    """The last row of a page: the next page begins behind it."""

    due_on: date
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.due_on.isoformat()}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """From an address; None where it is no mark."""
        day, _, key = text.partition(".")
        try:
            return cls(date.fromisoformat(day), uuid.UUID(key))
        except ValueError:
            return None


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and where it goes on (None: this is the end)."""

    rows: tuple[Application, ...]
    next: Mark | None


def awaited(role: Role) -> tuple[ApplicationStatus, ...]:
    """The states in which a case waits for this role."""
    level = _LEVEL.get(role)
    states = (
        step.source
        for step in STEPS
        if HOLDERS[step.source] == level and role in step.actors and step.act not in _NOT_WAITED_FOR
    )
    return tuple(dict.fromkeys(states))


def waiting(
    session: Session,
    acting: Acting,
    *,
    status: ApplicationStatus | None = None,
    after: Mark | None = None,
    limit: int = PAGE,
) -> Page:
    """The cases that wait for somebody: overdue first, then by date, undated last."""
    mine = awaited(Role(acting.role))
    states = mine if status is None else tuple(one for one in mine if one == status)
    if acting.region is None or not states:
        return Page((), None)
    offices = _offices(session, acting)
    scans = [_scan(session, offices, state, after, limit + 1) for state in states]
    merged = list(heapq.merge(*scans, key=_mark_key))[: limit + 1]
    rows = tuple(merged[:limit])
    more = len(merged) > limit
    return Page(rows, _mark(rows[-1]) if more else None)


def _offices(session: Session, acting: Acting) -> tuple[int, ...]:
    """Whose cases are waited for: one's own office's; for an agency, those of all villages of the
    town that it works for."""
    if acting.region is None:
        return ()
    if acting.role != Role.AGENCY:
        return (acting.region.id,)
    return tuple(session.scalars(select(Region.id).where(area(acting.region))))


def _held_by(offices: tuple[int, ...]) -> ColumnElement[bool]:
    """One office is one range of the index."""
    if len(offices) == 1:
        return Application.holder_id == offices[0]
    return Application.holder_id.in_(offices)


def _scan(
    session: Session,
    offices: tuple[int, ...],
    state: ApplicationStatus,
    after: Mark | None,
    limit: int,
) -> list[Application]:
    """One state: the dated ones along the index, then the undated."""
    base = (
        select(Application)
        .where(_held_by(offices), Application.status == state)
        .options(*_ROW)
        .limit(limit)
    )
    rows: list[Application] = []
    if after is None or after.due_on != NEVER:
        dated = base.where(Application.due_on.is_not(None))
        if after is not None:
            place = tuple_(Application.due_on, Application.id)  # one range of the index
            dated = dated.where(place > (after.due_on, after.id))
        rows += session.scalars(dated.order_by(Application.due_on, Application.id))
    if len(rows) < limit:
        undated = base.where(Application.due_on.is_(None)).order_by(Application.id)
        if after is not None and after.due_on == NEVER:
            undated = undated.where(Application.id > after.id)
        rows += session.scalars(undated)
    return rows[:limit]


_ROW = (
    joinedload(Application.person),
    joinedload(Application.village),
    joinedload(Application.post),
)


def _mark(row: Application) -> Mark:
    return Mark(row.due_on or NEVER, row.id)


def _mark_key(row: Application) -> tuple[date, uuid.UUID]:
    return row.due_on or NEVER, row.id


def counts(session: Session, acting: Acting) -> dict[ApplicationStatus, int]:
    """How many cases wait, by state; `CAP` means that many or more."""
    offices = _offices(session, acting)
    if not offices:
        return {}
    return {
        state: _capped(
            session, select(Application.id).where(_held_by(offices), Application.status == state)
        )
        for state in awaited(Role(acting.role))
    }


def _capped(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.limit(CAP).subquery())) or 0


def others(session: Session, acting: Acting, now: datetime) -> Iterator[tuple[str, Sequence[Item]]]:
    """What waits besides cases: kind and items, kinds without any left out."""
    for known in SOURCES:
        found = known.items(session, acting, now, PAGE)
        if found:
            yield known.kind, found


def everything(
    session: Session,
    region: Region,
    *,
    status: ApplicationStatus | None = None,
    place: Region | None = None,
    before: uuid.UUID | None = None,
) -> Page:
    """All cases of an area, the newest first; `place`: a part of it."""
    query = select(Application).options(*_ROW).order_by(Application.id.desc()).limit(PAGE + 1)
    narrow = place or region
    if narrow.parent_id is not None:
        villages = select(Region.id).where(area(narrow), area(region))
        query = query.where(Application.village_id.in_(villages))
    if status is not None:
        query = query.where(Application.status == status)
    if before is not None:
        query = query.where(Application.id < before)
    found = tuple(session.scalars(query))
    rows = found[:PAGE]
    return Page(rows, _mark(rows[-1]) if len(found) > PAGE else None)


def by_place(session: Session, region: Region, today: date) -> list[tuple[Region, int, int]]:
    """For each office of an area that holds open cases: how many, and how many are overdue."""
    overdue = func.sum(case((Application.due_on < today, 1), else_=0))
    counted = (
        select(Application.holder_id, func.count().label("held"), overdue.label("overdue"))
        .where(Application.holder_id.is_not(None))
        .group_by(Application.holder_id)
        .subquery()
    )
    rows = session.execute(
        select(Region, counted.c.held, counted.c.overdue)
        .join(counted, Region.id == counted.c.holder_id)
        .where(area(region))
        .order_by(counted.c.overdue.desc(), Region.path)
    )
    return [(place, held, int(late)) for place, held, late in rows]
