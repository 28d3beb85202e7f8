"""Extensions: village, town, district; in time, too late, refused (R-3.3f, R-3.3g)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Agreement, EngagementPause, EngagementStatus, Exit, Extension
from models.term_steps import PauseCause, TermState
from services.procedure import Hindered
from services.terms import extensions, notices, reckoning, settling
from tests.services.terms.stage import company, noon, on_post, told, worker

END = date(2025, 4, 10)
LATER = date(2026, 4, 10)


def _keys(hindered: pytest.ExceptionInfo[Hindered]) -> set[str]:
    return {obstacle.key for obstacle in hindered.value.obstacles}


def test_a_wish_goes_from_village_to_town_to_district(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    assert engagement.ends_on == END
    now = noon(date(2025, 2, 10))
    wish = extensions.wish(seeded, engagement, worker(seeded, engagement), now)
    extensions.propose(seeded, engagement, to_on=LATER, reason="干得好", acting=staff.head, now=now)
    assert wish.state == TermState.AT_TOWN
    settling.take(seeded, wish, "pass", staff.town_head, now)
    settling.take(seeded, wish, "grant", staff.approver, now)
    assert engagement.ends_on == LATER
    assert engagement.status == EngagementStatus.ON_POST
    assert wish.verdict["latest_on"] == LATER.isoformat()
    agreement = seeded.scalars(select(Agreement)).one()
    assert (agreement.from_on, agreement.to_on) == (date(2025, 4, 11), LATER)
    assert [row.cause for row in reckoning.history(seeded, engagement)] == ["start", "extension"]
    assert told(seeded, engagement) == ["extension_granted"]


def test_an_extension_has_its_limits(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    now = noon(date(2025, 2, 10))
    for to_on, why in ((date(2026, 4, 11), "term.too_long"), (END, "term.not_longer")):
        with pytest.raises(Hindered) as hindered, seeded.begin_nested():
            extensions.propose(
                seeded, engagement, to_on=to_on, reason="好", acting=staff.head, now=now
            )
        assert why in _keys(hindered)
    done = extensions.propose(
        seeded, engagement, to_on=LATER, reason="好", acting=staff.head, now=now
    )
    settling.take(seeded, done, "pass", staff.town_head, now)
    settling.take(seeded, done, "grant", staff.approver, now)
    with pytest.raises(Hindered) as hindered:
        extensions.wish(seeded, engagement, worker(seeded, engagement), now)
    assert _keys(hindered) == {"term.too_often"}


def test_nobody_takes_two_steps_running_nor_acts_elsewhere(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    now = noon(date(2025, 2, 10))
    wish = extensions.wish(seeded, engagement, worker(seeded, engagement), now)
    with pytest.raises(Hindered) as hindered:
        settling.take(seeded, wish, "propose", staff.town_head, now, "好")
    assert "obstacle.not_your_role" in _keys(hindered)
    extensions.propose(seeded, engagement, to_on=LATER, reason="好", acting=staff.head, now=now)
    assert staff.head.staff is not None
    again = type(staff.town_head)(
        role=staff.town_head.role, staff=staff.head.staff, region=staff.town_head.region
    )
    with pytest.raises(Hindered) as hindered:
        settling.take(seeded, wish, "pass", again, now)
    assert "obstacle.two_steps_by_one" in _keys(hindered)
    assert staff.town_head.staff is not None
    staff.town_head.staff.person_id = engagement.person_id
    with pytest.raises(Hindered) as hindered:
        settling.take(seeded, wish, "pass", staff.town_head, now)
    assert "obstacle.conflict_own" in _keys(hindered)


def test_undecided_at_the_end_is_not_payable_and_granted_later_leaves_a_gap(
    seeded: Session,
) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    now = noon(date(2025, 4, 1))
    wish = extensions.wish(seeded, engagement, worker(seeded, engagement), now)
    extensions.propose(seeded, engagement, to_on=LATER, reason="好", acting=staff.head, now=now)
    assert notices.end_over(seeded, noon(END)) == 0
    assert notices.end_over(seeded, noon(date(2025, 4, 11))) == 1
    assert engagement.status == EngagementStatus.UNDECIDED
    assert told(seeded, engagement) == ["term_undecided"]
    assert not notices.has_over(seeded, noon(date(2025, 4, 12)))
    late = noon(date(2025, 4, 18))
    settling.take(seeded, wish, "pass", staff.town_head, late)
    settling.take(seeded, wish, "grant", staff.approver, late)
    assert str(engagement.status) == "on_post"
    gap = seeded.scalars(select(EngagementPause)).one()
    assert gap.cause == PauseCause.UNDECIDED
    assert (gap.from_on, gap.to_on, gap.paid) == (date(2025, 4, 11), date(2025, 4, 18), False)


def test_refused_after_the_end_ends_the_term_on_its_day(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    now = noon(date(2025, 4, 1))
    wish = extensions.wish(seeded, engagement, worker(seeded, engagement), now)
    extensions.oppose(seeded, wish, "人手够了", staff.head, now)
    notices.end_over(seeded, noon(date(2025, 4, 11)))
    settling.take(seeded, wish, "refuse_in_town", staff.town_head, noon(date(2025, 4, 15)), "够了")
    assert engagement.status == EngagementStatus.ENDED
    assert engagement.ended_on == END
    assert seeded.scalars(select(Exit.cause)).all() == ["term_end"]
    assert told(seeded, engagement)[-2:] == ["extension_refused", "exit_term_end"]


def test_what_the_clock_asked_and_nobody_answered_ends_by_itself(seeded: Session) -> None:
    engagement = on_post(seeded)
    company(seeded)
    notices.tell_due(seeded, noon(date(2025, 2, 9)))
    asked = seeded.scalars(select(Extension)).one()
    assert (asked.state, asked.wished_at) == (TermState.AT_VILLAGE, None)
    notices.end_over(seeded, noon(date(2025, 4, 11)))
    assert engagement.status == EngagementStatus.ENDED
    assert asked.state == TermState.LAPSED


@pytest.mark.parametrize(
    ("born_on", "first", "near"),
    [(date(1977, 6, 14), date(2022, 6, 15), True), (date(1977, 6, 15), date(2022, 6, 15), False)],
)
def test_urban_one_birthday_apart(seeded: Session, born_on: date, first: date, near: bool) -> None:
    engagement = on_post(seeded, first, track="urban", born_on=born_on)
    engagement.first_approved_on = first
    assert engagement.ends_on == date(2025, 6, 14)
    staff, now = company(seeded), noon(date(2025, 5, 1))
    answer = extensions.may_extend(seeded, engagement, now)
    if not near:
        assert answer.obstacle is not None
        assert answer.obstacle.key == "term.urban_not_near"
        return
    assert answer.latest_on == date(2028, 9, 14)
    wish = extensions.propose(
        seeded, engagement, to_on=date(2028, 9, 14), reason="近退休", acting=staff.head, now=now
    )
    settling.take(seeded, wish, "pass", staff.town_head, now)
    settling.take(seeded, wish, "grant", staff.approver, now)
    assert engagement.ends_on == date(2028, 9, 14)
    frozen = wish.verdict
    assert frozen["is_near_retirement"] is True
    assert frozen["retires_by_first_law"] == "2027-06-14"
    assert frozen["first_approved_on"] == "2022-06-15"
