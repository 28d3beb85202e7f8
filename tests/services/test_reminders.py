"""The morning reminder: to who asked for it, in the last quarter of an hour, once, and not to who
has come."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendanceEvent, Contact, Delivery, Engagement, EngagementStatus, Message
from models.days import EventKind
from services import card_consents, reminders
from tests.builders import NOW, at, create_contact, create_engagement


@pytest.fixture
def worker(seeded: Session) -> Engagement:
    """On a post, with the card ticked once."""
    made = create_engagement(
        seeded, engagement_status=EngagementStatus.ON_POST, starts_on=date(2022, 4, 1)
    )
    contact = create_contact(seeded, person_id=made.person_id)
    card_consents.grant_consent(seeded, contact, "reminder", NOW)
    return made


def test_a_quarter_of_an_hour_before_the_window_closes_once(
    seeded: Session, worker: Engagement
) -> None:
    assert reminders.remind(seeded, at("2022-04-06 08:14")) == 0
    assert reminders.remind(seeded, at("2022-04-06 08:15")) == 1
    assert reminders.remind(seeded, at("2022-04-06 08:16")) == 0
    [delivery] = seeded.scalars(select(Delivery)).all()
    assert (delivery.channel, delivery.key) == ("subscription", "card.reminder")
    assert delivery.expires_at == at("2022-04-06 08:30"), "later it is no longer true"
    assert reminders.remind(seeded, at("2022-04-07 08:20")) == 0, "one tick is one reminder"


@pytest.mark.parametrize("moment", ["2022-04-06 08:30", "2022-04-09 08:20", "2022-04-05 08:20"])
def test_not_when_it_is_over_nor_on_a_free_day(
    seeded: Session, worker: Engagement, moment: str
) -> None:
    assert reminders.remind(seeded, at(moment)) == 0


def test_not_who_has_come_nor_who_did_not_ask(seeded: Session, worker: Engagement) -> None:
    create_engagement(seeded, engagement_status=EngagementStatus.ON_POST)
    seeded.add(
        AttendanceEvent(
            engagement_id=worker.id, day_on=NOW.date(), kind=EventKind.CHECKIN,
            happened_at=NOW, recorded_at=NOW, source="wechat", evidence={},
        )
    )  # fmt: skip
    seeded.flush()
    assert reminders.remind(seeded, at("2022-04-06 08:20")) == 0
    assert seeded.scalars(select(Message)).all() == []


def test_who_refused_reminders_gets_none(seeded: Session, worker: Engagement) -> None:
    contact = seeded.scalars(select(Contact).where(Contact.person_id == worker.person_id)).one()
    contact.opted_out_at = NOW
    reminders.remind(seeded, at("2022-04-06 08:20"))
    assert seeded.scalars(select(Message)).one().state == "withdrawn"
    assert seeded.scalars(select(Delivery)).all() == []
