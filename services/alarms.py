"""Who must know at once: an accident, days without insurance, an objection (requirements 3.9).

Everybody is told once for each ticket, gap day or objection, however often these are called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Engagement, Region, Role, Ticket
from models.places import RegionKind
from models.procedure import TOWN_CLERK, TOWN_HEAD, VILLAGE
from models.talk import TicketLevel
from services.clock import business_date
from services.telling import tell_staff
from services.terms import officers
from services.whereabouts import town_of

DISTRICT = frozenset({Role.DISTRICT_CLERK})


def accident(session: Session, ticket: Ticket, now: datetime) -> int:
    """Call the village, its town and the district about an accident, at any hour; how many people.
    Whoever reported it got 120 and the village's number in the answer (R-3.6d)."""
    place = ticket.region
    if place is None:
        return 0
    slots = {"place": place.name, "number": ticket.number}
    cause = f"ticket:{ticket.id}"
    told = 0
    for office in _up(place):
        kind, roles = _CALLED[_level(office)]
        told += _each(session, office, roles, kind, slots, cause=cause, now=now)
    return told


def objection(session: Session, ticket: Ticket, now: datetime, *, name: str) -> int:
    """Give the town its task and the district a copy; never the accused office, nor anything under
    it. `name` is masked already."""
    town = town_of(ticket.region) if ticket.region is not None else None
    if town is None:
        return 0
    slots = {"name": name, "number": ticket.number}
    cause = f"ticket:{ticket.id}"
    told = 0
    if ticket.level == TicketLevel.TOWN:
        told = _each(session, town, TOWN_CLERK, "objection_town", slots, cause=cause, now=now)
    if town.parent is not None and ticket.level != TicketLevel.SUPERVISION:
        told += _each(
            session, town.parent, DISTRICT, "objection_district", slots, cause=cause, now=now
        )
    return told


def insurance_gaps(session: Session, found: Iterable[Engagement], now: datetime) -> int:
    """Tell each town, and the district, how many of its workers were found without cover today."""
    by_office: dict[int, tuple[Region, int]] = {}
    for engagement in found:
        for office in _up(engagement.post.region):
            if office.kind != RegionKind.VILLAGE:
                _, count = by_office.get(office.id, (office, 0))
                by_office[office.id] = (office, count + 1)
    told = 0
    for office, count in by_office.values():
        at_top = office.kind == RegionKind.DISTRICT
        kind = "insurance_gap_district" if at_top else "insurance_gap_town"
        roles = DISTRICT if at_top else TOWN_CLERK
        slots = {"place": office.name, "count": count}
        cause = f"insurance_gap:{office.id}:{business_date(now)}"
        told += _each(session, office, roles, kind, slots, cause=cause, now=now)
    return told


_CALLED: Mapping[RegionKind, tuple[str, frozenset[Role]]] = {
    RegionKind.VILLAGE: ("accident_village", VILLAGE),
    RegionKind.TOWN: ("accident_town", TOWN_CLERK | TOWN_HEAD),
    RegionKind.DISTRICT: ("accident_district", DISTRICT),
}


def _level(office: Region) -> RegionKind:
    kind = RegionKind(office.kind)
    return kind if kind in _CALLED else RegionKind.TOWN


def _up(place: Region) -> Iterable[Region]:
    """A place and every office above it."""
    office: Region | None = place
    while office is not None:
        yield office
        office = office.parent


def _each(  # noqa: PLR0913 - who, what and why, by name
    session: Session,
    office: Region,
    roles: Collection[Role],
    kind: str,
    slots: Mapping[str, Any],
    *,
    cause: str,
    now: datetime,
) -> int:
    people = officers.of_place(session, office, roles, now)
    for member in people:
        once = f"{kind}|{cause}|{member.id}"
        tell_staff(session, kind=kind, staff=member, slots=slots, cause=cause, now=now, once=once)
    return len(people)
