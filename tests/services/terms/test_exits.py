"""Leaving: resigned, reported, proposed, died, undone; what follows (2.7, 3.3, F-07, F-13)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AttendanceDay,
    EngagementPause,
    EngagementStatus,
    FollowUpCase,
    InsuranceCover,
    Message,
    Post,
    Role,
    Vacancy,
)
from models.term_steps import ExitCause, PauseCause, TermState
from services import insurance, posts
from services.attachments import Upload
from services.procedure import Hindered
from services.terms import exits, extensions, leaving, notices, pauses, settling
from services.terms.exits import Leaving
from tests.builders import create_acting, create_contact, region
from tests.services.stage import clerk
from tests.services.terms.stage import DISTRICT, company, noon, on_post, told, worker

TODAY = date(2023, 5, 10)
PAPER = Upload("辞岗.png", b"\x89PNG\r\n\x1a\n" + b"0" * 32)


def _keys(hindered: pytest.ExceptionInfo[Hindered]) -> set[str]:
    return {obstacle.key for obstacle in hindered.value.obstacles}


def test_who_resigns_works_until_the_last_day_and_may_take_it_back(seeded: Session) -> None:
    engagement, now = on_post(seeded), noon(TODAY)
    me, former = worker(seeded, engagement), engagement.ends_on
    made = exits.resign(seeded, engagement, date(2023, 5, 31), me, now)
    assert exits.resign(seeded, engagement, date(2023, 5, 31), me, now) is made
    assert (engagement.status, engagement.ends_on) == ("on_post", date(2023, 5, 31))
    exits.take_back(seeded, made, me, now)
    assert engagement.ends_on == former
    again = exits.resign(seeded, engagement, date(2023, 5, 31), me, now)
    assert notices.end_over(seeded, noon(date(2023, 5, 31))) == 0
    assert notices.end_over(seeded, noon(date(2023, 6, 1))) == 1
    assert again.state == TermState.DONE
    assert (engagement.status, engagement.ended_on) == ("ended", date(2023, 5, 31))
    with pytest.raises(Hindered) as hindered:
        exits.take_back(seeded, again, me, noon(date(2023, 6, 2)))
    assert _keys(hindered) == {"obstacle.state_moved_on"}


def test_nobody_resigns_for_yesterday_or_for_somebody_else(seeded: Session) -> None:
    engagement, other = on_post(seeded), on_post(seeded)
    with pytest.raises(Hindered) as hindered:
        exits.resign(seeded, engagement, date(2023, 5, 9), worker(seeded, engagement), noon(TODAY))
    assert _keys(hindered) == {"term.last_day_past"}
    with pytest.raises(Hindered):
        exits.resign(seeded, engagement, TODAY, worker(seeded, other), noon(TODAY))


def test_a_village_passes_on_only_what_is_signed(seeded: Session) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(TODAY)
    with pytest.raises(Hindered):
        exits.relay_resignation(seeded, engagement, TODAY, None, staff.head, now)
    made = exits.relay_resignation(seeded, engagement, TODAY, PAPER, staff.head, now)
    assert engagement.status == EngagementStatus.ON_POST
    settling.take(seeded, made, "confirm", staff.town_clerk, now)
    assert (made.state, engagement.ends_on) == (TermState.SET, TODAY)


def test_a_report_goes_by_the_town_to_the_district(seeded: Session) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(TODAY)
    seeded.get_one(Post, engagement.post_id).headcount = 1
    what = Leaving(ExitCause.JOB, date(2023, 5, 8), "去厂里了")
    made = exits.report(seeded, engagement, what, staff.head, now)
    settling.take(seeded, made, "propose", staff.town_clerk, now, "核过了")
    with pytest.raises(Hindered):
        settling.take(seeded, made, "approve", staff.head, now)
    settling.take(seeded, made, "approve", staff.approver, now)
    assert (engagement.status, engagement.ended_on) == ("ended", date(2023, 5, 8))
    vacancy = seeded.scalars(select(Vacancy)).one()
    assert (vacancy.left_on, vacancy.due_on, vacancy.late_at) == (
        date(2023, 5, 8), date(2023, 5, 13), None,
    )  # fmt: skip
    assert posts.people_on(seeded, engagement.post) == 0
    case = seeded.scalars(select(FollowUpCase)).one()
    assert (case.opened_on, case.next_on) == (TODAY, date(2023, 5, 17))
    assert told(seeded, engagement) == ["exit_other"]


def test_a_vacancy_that_is_reported_late_is_told_and_marked(seeded: Session) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(TODAY)
    what = Leaving(ExitCause.JOB, date(2023, 4, 20), "早走了")
    made = exits.propose(seeded, engagement, what, staff.town_clerk, now)
    settling.take(seeded, made, "approve", staff.approver, now)
    assert seeded.scalars(select(Vacancy.late_at)).one() is not None
    kinds = seeded.scalars(select(Message.kind).where(Message.staff_id.is_not(None))).all()
    assert {"vacancy_late_town", "vacancy_late_district"} <= set(kinds)


def test_a_death_stops_work_pay_and_messages_at_once(seeded: Session) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(TODAY)
    contact = create_contact(seeded, person_id=engagement.person_id)
    what = Leaving(ExitCause.DIED, date(2023, 5, 3), "病故")
    made = exits.report(seeded, engagement, what, staff.head, now)
    assert engagement.status == EngagementStatus.SUSPENDED
    pause = seeded.scalars(select(EngagementPause)).one()
    assert (pause.cause, pause.from_on, pause.paid) == (
        PauseCause.DEATH_REPORTED, date(2023, 5, 4), False,
    )  # fmt: skip
    assert contact.quiet_at is not None
    settling.take(seeded, made, "propose", staff.town_clerk, now, "有证明")
    settling.take(seeded, made, "approve", staff.approver, now)
    assert (engagement.status, engagement.ended_on) == ("ended", date(2023, 5, 3))
    assert told(seeded, engagement) == []
    assert seeded.scalars(select(FollowUpCase)).all() == []
    assert pause.state == TermState.WITHDRAWN, "undone, it costs not one day"
    settling.take(
        seeded,
        made,
        "undo",
        create_acting(seeded, Role.DISTRICT_APPROVER, DISTRICT),
        now,
        "人还在，弄错了",
    )
    assert (engagement.status, engagement.ended_on) == ("on_post", None)
    assert engagement.ends_on == date(2025, 4, 10)
    assert contact.quiet_at is None
    assert seeded.scalars(select(Vacancy.void_at)).one() is not None


@pytest.mark.parametrize("act", ["drop", "refuse"])
def test_a_death_that_is_not_true_leaves_nothing_behind(seeded: Session, act: str) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(TODAY)
    contact = create_contact(seeded, person_id=engagement.person_id)
    what = Leaving(ExitCause.DIED, date(2023, 5, 3), "听人说的")
    made = exits.report(seeded, engagement, what, staff.head, now)
    if act == "refuse":
        settling.take(seeded, made, "propose", staff.town_clerk, now, "村里报的")
    decider = staff.approver if act == "refuse" else staff.town_clerk
    settling.take(seeded, made, act, decider, now, "人在家里")
    assert (engagement.status, contact.quiet_at) == (EngagementStatus.ON_POST, None)
    assert leaving.open_pause(seeded, engagement) is None
    days = select(AttendanceDay.state).where(AttendanceDay.engagement_id == engagement.id)
    assert "paused" not in set(seeded.scalars(days))


def test_the_insurer_must_take_off_who_left_early(seeded: Session) -> None:
    engagement, now = on_post(seeded), noon(TODAY)
    seeded.add(
        InsuranceCover(
            engagement_id=engagement.id, policy_number="P1", from_on=date(2022, 4, 11),
            to_on=date(2025, 4, 10), recorded_by_id=clerk(seeded).id, recorded_at=now,
        )
    )  # fmt: skip
    exits.resign(seeded, engagement, TODAY, worker(seeded, engagement), now)
    notices.end_over(seeded, noon(date(2023, 5, 11)))
    (row,) = insurance.to_delete(seeded, region(seeded, DISTRICT))
    assert row.last_on == TODAY


def test_a_suspension_can_be_explained_and_is_looked_at_again(seeded: Session) -> None:
    engagement, staff, now = on_post(seeded), company(seeded), noon(TODAY)
    pause = pauses.begin(
        seeded, engagement, cause=PauseCause.LIST_HIT, from_on=TODAY, words="社保比对有记录",
        acting=staff.town_clerk, now=now,
    )  # fmt: skip
    assert (pause.paid, pause.due_on) == (False, date(2023, 5, 24))
    pauses.explain(seeded, pause, "那是我同名的", worker(seeded, engagement), now)
    settling.take(seeded, pause, "resume", staff.town_head, noon(date(2023, 5, 15)), "同名")
    assert (pause.to_on, engagement.status) == (date(2023, 5, 15), "on_post")
    assert told(seeded, engagement) == ["pause_begun", "pause_over"]


def test_leaving_closes_what_was_asked_for(seeded: Session) -> None:
    engagement, now = on_post(seeded), noon(date(2025, 3, 1))
    me = worker(seeded, engagement)
    wish = extensions.wish(seeded, engagement, me, now)
    exits.resign(seeded, engagement, date(2025, 3, 1), me, now)
    notices.end_over(seeded, noon(date(2025, 3, 2)))
    assert wish.state == TermState.WITHDRAWN
    assert leaving.open_pause(seeded, engagement) is None
