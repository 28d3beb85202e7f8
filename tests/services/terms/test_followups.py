"""After the post: contacts by plan, referrals with consent, results, silence (plan 三(七), 3.8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Decision, Engagement, FollowUpCase, Message
from services.procedure import Hindered
from services.terms import followups, notices
from services.terms.followups import Contacted, Sent
from tests.services.terms.stage import company, noon, on_post, told, worker

LEFT = date(2025, 4, 11)
"""The day after the last one: when the clock ends the term."""


def _case(session: Session, **own: object) -> FollowUpCase:
    on_post(session, **own)  # type: ignore[arg-type] # of the person
    notices.end_over(session, noon(LEFT))
    return session.scalars(select(FollowUpCase)).one()


def test_a_case_opens_that_day_and_the_worker_is_told_how_to_ask(seeded: Session) -> None:
    case = _case(seeded)
    assert (case.opened_on, case.next_on, case.reached_on) == (LEFT, date(2025, 4, 18), LEFT)
    assert told(seeded, case.engagement) == ["exit_term_end"]


def test_contacts_follow_the_plan(seeded: Session) -> None:
    case, staff = _case(seeded), company(seeded)
    dates = []
    for day in (date(2025, 4, 14), date(2025, 5, 12), date(2025, 7, 11), date(2025, 10, 13),
                date(2026, 4, 13)):  # fmt: skip
        said = Contacted("visit", reached=True, need="job")
        followups.contact(seeded, case, said, staff.head, noon(day))
        dates.append(case.next_on)
    assert dates == [date(2025, 5, 11), date(2025, 7, 11), date(2025, 10, 11), date(2026, 4, 11),
                     None]  # fmt: skip
    assert case.need == "job"


def test_who_is_not_reached_is_tried_again(seeded: Session) -> None:
    case, staff = _case(seeded), company(seeded)
    for day in (14, 15, 16):
        with pytest.raises(Hindered), seeded.begin_nested():
            followups.close(seeded, case, "not_reachable", staff.head, noon(date(2025, 4, day)))
        missed = Contacted("phone", reached=False)
        followups.contact(seeded, case, missed, staff.head, noon(date(2025, 4, day)))
    assert (case.missed, case.next_on) == (3, date(2025, 4, 23))
    followups.close(seeded, case, "not_reachable", staff.head, noon(date(2025, 4, 17)))
    with pytest.raises(Hindered):
        followups.contact(seeded, case, missed, staff.head, noon(date(2025, 4, 18)))


def test_ninety_days_of_silence_go_to_the_district_once(seeded: Session) -> None:
    case, staff = _case(seeded), company(seeded)
    quiet = LEFT + timedelta(days=90)
    assert followups.escalate_silent(seeded, noon(quiet - timedelta(days=1)), 10) == 0
    assert followups.escalate_silent(seeded, noon(quiet), 10) == 1
    assert followups.escalate_silent(seeded, noon(quiet), 10) == 0
    kinds = seeded.scalars(select(Message.kind).where(Message.staff_id.is_not(None))).all()
    assert "followup_silent_district" in kinds
    followups.contact(seeded, case, Contacted("phone", reached=True), staff.head, noon(quiet))
    assert case.escalated_at is None


def test_civil_affairs_hear_only_with_consent(seeded: Session) -> None:
    case, staff, now = _case(seeded), company(seeded), noon(LEFT)
    with pytest.raises(Hindered) as hindered:
        followups.refer(seeded, case, Sent("aid", "民政办"), staff.town_clerk, now)
    assert hindered.value.obstacles[0].key == "followup.consent_needed"
    made = followups.refer(seeded, case, Sent("aid", "民政办", LEFT), staff.town_clerk, now)
    followups.record_outcome(seeded, made, "纳入低保", staff.town_clerk, now)
    assert made.outcome_at is not None


def test_a_household_on_a_list_need_not_ask(seeded: Session) -> None:
    engagement = on_post(seeded)
    seeded.add(
        Decision(
            application_id=engagement.application_id, decided_at=noon(LEFT), ruleset="yanzhou-2022",
            facts={}, outcome="eligible", matched=["low_income"], trace=[],
        )
    )  # fmt: skip
    seeded.flush()
    notices.end_over(seeded, noon(LEFT))
    assert seeded.scalars(select(FollowUpCase.suggests_aid)).one() is True


def test_nobody_follows_up_in_another_place_or_for_somebody_else(seeded: Session) -> None:
    case, staff = _case(seeded), company(seeded)
    other = worker(seeded, on_post(seeded))
    said = Contacted("chat", reached=True)
    for acting in (other, staff.approver):
        with pytest.raises(Hindered):
            followups.contact(seeded, case, said, acting, noon(LEFT))
    mine = worker(seeded, seeded.get_one(Engagement, case.engagement_id))
    followups.contact(seeded, case, said, mine, noon(LEFT))
