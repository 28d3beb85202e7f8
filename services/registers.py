"""The register of people on posts: looked up by a filter, never as one endless list, and taken away
as Excel by whom it concerns, marked and written down (R-3.5c, requirements 2.9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from models import Engagement, EngagementStatus, Person, Post, Region, Role
from services.acting import Acting
from services.insurance_sheets import HEADS, VALUES
from services.sheets_in import WORDS
from services.sheets_out import Column, register
from services.staff import area
from services.trail import note

PAGE = 50
SHORTEST_NAME = 2
SEES_ID_NUMBERS = frozenset({Role.TOWN_CLERK, Role.DISTRICT_CLERK})
"""Who needs them outside a single document: for the insurer, the bank, the cross-checks."""


@dataclass(frozen=True)
class Filter:
    """What is looked for; at least one of them must be said."""

    place: Region | None = None
    status: EngagementStatus | None = None
    track: str = ""
    origin: str = ""
    name: str = ""
    code: str = ""

    @property
    def is_enough(self) -> bool:
        """Whether there is something to look for."""
        named = len(self.name) >= SHORTEST_NAME
        return bool(self.place or self.status or self.track or self.origin or named or self.code)

    def shown(self) -> dict[str, str]:
        """The filter as the audit trail keeps it: no name of a person."""
        return {
            "place": self.place.code if self.place else "",
            "status": self.status or "",
            "track": self.track,
            "origin": self.origin,
            "name": "given" if self.name else "",
            "code": self.code,
        }


@dataclass(frozen=True)
class Found:
    """Some rows, and the worker code behind which it goes on; None at the end."""

    rows: tuple[Engagement, ...]
    next: str | None


def find(session: Session, region: Region, wanted: Filter, after: str = "") -> Found:
    """A page of the people of an area that fit; nothing where nothing was asked for."""
    if not wanted.is_enough:
        return Found((), None)
    query = _asked(region, wanted).limit(PAGE + 1)
    if after:
        query = query.where(Engagement.worker_code > after)
    rows = tuple(session.scalars(query))
    return Found(rows[:PAGE], rows[PAGE - 1].worker_code if len(rows) > PAGE else None)


def current_engagement(session: Session, person: Person) -> Engagement | None:
    """The engagement that a person is starting on or holds."""
    return session.scalars(
        select(Engagement).where(
            Engagement.person_id == person.id, Engagement.status != EngagementStatus.ENDED
        )
    ).first()


def export(session: Session, wanted: Filter, acting: Acting, now: datetime) -> bytes:
    """Everybody of the area who fits, as Excel. ID numbers, as text, only for roles that need
    them. Who took it, with what filter and how many rows, is written down."""
    assert acting.region is not None
    assert acting.staff is not None
    with_numbers = acting.role in SEES_ID_NUMBERS
    rows = list(session.scalars(_asked(acting.region, wanted))) if wanted.is_enough else []
    note(
        session,
        "register.exported",
        actor=acting.name,
        at=now,
        subject=("region", acting.region.code),
        rows=len(rows),
        id_numbers=with_numbers,
        filter=wanted.shown(),
    )
    who = f"{acting.staff.unit} {acting.staff.name}"
    columns = [
        Column(HEADS[name], _WIDE.get(name, 12)) for name in _names(with_numbers=with_numbers)
    ]
    return register(
        WORDS["sheets"]["people"], columns, _lines(rows, with_numbers=with_numbers), who, now
    )


def _asked(region: Region, wanted: Filter) -> Select[tuple[Engagement]]:
    query = (
        select(Engagement)
        .join(Person, Engagement.person_id == Person.id)
        .join(Post, Engagement.post_id == Post.id)
        .join(Region, Post.region_id == Region.id)
        .where(area(region))
        .order_by(Engagement.worker_code)
        .options(
            joinedload(Engagement.person),
            joinedload(Engagement.post).joinedload(Post.region),
            joinedload(Engagement.application),
        )
    )
    if wanted.place is not None:
        query = query.where(area(wanted.place))
    for column, value in (
        (Engagement.status, wanted.status),
        (Engagement.track, wanted.track),
        (Engagement.origin, wanted.origin),
    ):
        query = query.where(column == value) if value else query
    if wanted.name:
        query = query.where(Person.name.startswith(wanted.name, autoescape=True))
    if wanted.code:
        query = query.where((Engagement.worker_code == wanted.code) | (Post.code == wanted.code))
    return query


_WIDE = {"id_number": 22, "post": 20, "village": 16}


def _names(*, with_numbers: bool) -> Sequence[str]:
    number = ("id_number",) if with_numbers else ()
    return (
        "worker_code", "name", "sex", "born_on", *number, "town", "village", "track",
        "post_code", "post", "status", "starts_on", "ends_on", "origin",
    )  # fmt: skip


def _lines(rows: Sequence[Engagement], *, with_numbers: bool) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        person, place = row.person, row.post.region
        number = (person.id_number or "",) if with_numbers else ()
        yield (
            row.worker_code,
            person.name,
            VALUES[person.sex],
            person.born_on.isoformat(),
            *number,
            place.parent.name if place.parent else "",
            place.name,
            VALUES[row.track],
            row.post.code,
            row.post.name,
            VALUES[row.status],
            row.starts_on.isoformat() if row.starts_on else "",
            row.ends_on.isoformat() if row.ends_on else "",
            VALUES[row.origin],
        )
