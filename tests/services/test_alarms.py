"""Who hears at once of accidents, objections and missing insurance; who must not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import EngagementStatus, Message, Role
from models.talk import TicketKind
from services import alarms, insurance_gaps, objections, tickets
from services.acting import CLOCK
from services.objections import Complaint
from tests.builders import (
    NOW,
    at,
    create_acting,
    create_application,
    create_contact,
    create_engagement,
    region,
)
from tests.services.stage import _on_notice

VILLAGE = "v-xinyan-wangjiazhuang"


OFFICES = ("a-head", "b-head", "a-town", "b-town", "district")


def told(session: Session) -> Sequence[tuple[str, str]]:
    """Which kinds were told to whom, of those that `offices` put to work."""
    rows = session.scalars(select(Message).where(Message.staff_id.is_not(None))).all()
    return sorted(
        (row.kind, row.staff.login)
        for row in rows
        if row.staff is not None and row.staff.login in OFFICES
    )


def offices(session: Session) -> None:
    create_acting(session, Role.VILLAGE_HEAD, VILLAGE, login="a-head")
    create_acting(session, Role.VILLAGE_HEAD, "v-xinyan-xinghualing", login="b-head")
    create_acting(session, Role.TOWN_CLERK, "xinyan", login="a-town")
    create_acting(session, Role.TOWN_CLERK, "xiaomeng", login="b-town")
    create_acting(session, Role.DISTRICT_CLERK, "yanzhou", login="district")


def test_an_accident_calls_village_town_and_district_at_any_hour_once(seeded: Session) -> None:
    offices(seeded)
    night = at("2022-04-06 23:10")
    request = tickets.Request(
        TicketKind.ACCIDENT,
        words="扫地叫车碰了",
        contact=create_contact(seeded),
        place=region(seeded, VILLAGE),
    )
    ticket = tickets.open_ticket(seeded, request, night)
    alarms.accident(seeded, ticket, night)
    alarms.accident(seeded, ticket, night)
    assert told(seeded) == [
        ("accident_district", "district"), ("accident_town", "a-town"),
        ("accident_village", "a-head"),
    ]  # fmt: skip
    assert {row.due_at for row in seeded.scalars(select(Message))} == {night}


def test_an_objection_is_the_towns_task_with_a_copy_for_the_district_and_silent_for_the_village(
    seeded: Session,
) -> None:
    offices(seeded)
    application = create_application(seeded)
    item = _on_notice(seeded, application, (NOW + timedelta(days=5)).date())
    complaint = Complaint("他家有楼房", contact=create_contact(seeded))
    objections.raise_against(seeded, item, complaint, CLOCK, NOW)
    assert told(seeded) == [("objection_district", "district"), ("objection_town", "a-town")]


def test_what_is_said_against_the_town_goes_past_it(seeded: Session) -> None:
    offices(seeded)
    item = _on_notice(seeded, create_application(seeded), (NOW + timedelta(days=5)).date())
    complaint = Complaint("镇上偏心", contact=create_contact(seeded), against_town=True)
    objections.raise_against(seeded, item, complaint, CLOCK, NOW)
    assert told(seeded) == [("objection_district", "district")]


def test_a_gap_in_the_insurance_is_told_the_day_it_is_found(seeded: Session) -> None:
    offices(seeded)
    create_engagement(
        seeded, engagement_status=EngagementStatus.ON_POST, starts_on=NOW.date(), track="rural"
    )
    assert insurance_gaps.look(seeded, NOW) == 1
    expected = [("insurance_gap_district", "district"), ("insurance_gap_town", "a-town")]
    assert told(seeded) == expected
    insurance_gaps.look(seeded, NOW + timedelta(days=1))
    assert told(seeded) == expected, "a gap that goes on stands on the list, and is told once"
