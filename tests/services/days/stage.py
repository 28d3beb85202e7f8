"""A village with workers on its post, a clerk, a head and a town: for the tests about days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models import (
    AttendanceEvent,
    CheckInHelper,
    Contact,
    Engagement,
    EventKind,
    MonthSheet,
    Region,
    Role,
)
from services.acting import Acting
from services.clock import business_date
from services.days import declaring
from tests import builders
from tests.builders import at

PLACE = "v-xinyan-wangjiazhuang"
DAY = date(2022, 4, 6)
"""A Wednesday of work."""


@dataclass
class Village:
    """One village on the stage."""

    session: Session
    place: Region
    workers: list[Engagement]
    contacts: list[Contact]
    clerk: Acting
    head: Acting
    town: Acting

    def sheet(self) -> MonthSheet:
        """A month sheet of the village, to lock days with."""
        made = MonthSheet(
            region_id=self.place.id, month_on=date(2022, 4, 1), gathered_at=at("2022-05-01 07:00")
        )
        self.session.add(made)
        self.session.flush()
        return made


def village(session: Session, *, workers: int = 1, **overrides: Any) -> Village:
    """The village, whose workers have been on the post since the first of April."""
    place = builders.region(session, PLACE)
    made, contacts = [], []
    for number in range(workers):
        person = builders.create_person(session, village_id=place.id, name=f"工友{number + 1}")
        values = {
            "engagement_status": "on_post",
            "starts_on": date(2022, 4, 1),
            "ends_on": date(2025, 3, 31),
            **overrides,
        }
        made.append(builders.create_engagement(session, person=person, **values))
        contacts.append(builders.create_contact(session, person_id=person.id))
    town = place.parent
    assert town is not None
    return Village(
        session,
        place,
        made,
        contacts,
        clerk=builders.create_acting(session, Role.VILLAGE_CLERK, PLACE),
        head=builders.create_acting(session, Role.VILLAGE_HEAD, PLACE),
        town=builders.create_acting(session, Role.TOWN_CLERK, town.code),
    )


def said(
    session: Session, worker: Engagement, kind: EventKind, moment: datetime, **overrides: Any
) -> AttendanceEvent:
    """An event on 6 April, as it lies in the table."""
    event = AttendanceEvent(
        **{
            "engagement_id": worker.id,
            "day_on": DAY,
            "kind": kind,
            "happened_at": moment,
            "recorded_at": moment,
            "source": "console",
            "evidence": {},
            **overrides,
        }
    )
    session.add(event)
    session.flush()
    return event


def lend(
    session: Session, worker: Engagement, contact: Contact, acting: Acting, now: datetime
) -> CheckInHelper:
    """The phone of this contact, whose owner has proved its number, is declared for a worker."""
    if contact.person is None:
        contact.person = builders.create_person(session, name="家里人")
    owner = contact.person
    assert owner.phone is not None
    phone = declaring.Phone(owner.name, "daughter", owner.phone, business_date(now))
    return declaring.declare(session, worker, phone, acting, now)
