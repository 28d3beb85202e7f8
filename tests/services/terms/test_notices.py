"""Who is told when: from the own dates, caught up, dated anew, stopped (3.3, 3.9)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from channels.wechat.cards import fit_field
from models import Delivery, Message, MessageState, OtherSupport, TermNotice
from models.term_steps import TermState
from services.terms import exits, extensions, notices, reckoning, settling, term_pages
from services.terms.term_work import Terms
from tests.builders import create_contact
from tests.services.stage import clerk
from tests.services.terms.stage import company, live_through, noon, on_post, told, worker
from wording.cards import load_cards

END = date(2025, 4, 10)


def _stages(session: Session) -> list[int]:
    rows = select(TermNotice.days_before).order_by(TermNotice.id)
    return list(session.scalars(rows))


@pytest.mark.parametrize(
    ("track", "stages"), [("rural", [90, 60, 30, 7]), ("urban", [180, 90, 60, 30, 7])]
)
def test_a_worker_is_told_at_each_stage_once(
    seeded: Session, track: str, stages: list[int]
) -> None:
    on_post(seeded, track=track, born_on=date(1980, 6, 15))
    live_through(seeded, END - timedelta(days=200), END)
    assert _stages(seeded) == stages
    days = seeded.scalars(select(TermNotice.told_at).order_by(TermNotice.id))
    assert [(END - told_at.date()).days for told_at in days] == stages


@pytest.mark.parametrize(("track", "days"), [("rural", 30), ("urban", 180)])
def test_a_follower_hears_of_the_end_by_card(seeded: Session, track: str, days: int) -> None:
    engagement = on_post(seeded, track=track, born_on=date(1980, 6, 15))
    create_contact(seeded, person_id=engagement.person_id)  # wrote nothing for two days
    notices.tell_due(seeded, noon(END - timedelta(days=days)))
    [card] = seeded.scalars(select(Delivery).where(Delivery.channel == "template"))
    fields = load_cards()["term_end"].fill(json.loads(card.slots or ""))
    assert fields["date2"] == f"{END.year}年{END.month}月{END.day}日"
    assert {name: fit_field(name, text) for name, text in fields.items()} == fields


def test_days_that_were_missed_bring_only_the_latest(seeded: Session) -> None:
    engagement = on_post(seeded)
    live_through(seeded, END - timedelta(days=95), END - timedelta(days=89))
    live_through(seeded, END - timedelta(days=29), END - timedelta(days=20))
    assert _stages(seeded) == [90, 30]
    assert told(seeded, engagement) == ["term_notice", "term_notice"]


def test_an_extension_begins_anew_and_stops_what_waits(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    now = noon(END - timedelta(days=60))
    notices.tell_due(seeded, now)
    wish = extensions.wish(seeded, engagement, worker(seeded, engagement), now)
    later = date(2026, 4, 10)
    extensions.propose(seeded, engagement, to_on=later, reason="好", acting=staff.head, now=now)
    settling.take(seeded, wish, "pass", staff.town_head, now)
    settling.take(seeded, wish, "grant", staff.approver, now)
    assert not notices.has_due(seeded, noon(END - timedelta(days=7)))
    states = seeded.scalars(select(Message.state).where(Message.kind == "term_notice")).all()
    assert states == [MessageState.WITHDRAWN]
    assert notices.has_due(seeded, noon(later - timedelta(days=90)))


def test_who_leaves_is_not_told_of_the_end(seeded: Session) -> None:
    engagement = on_post(seeded)
    now = noon(END - timedelta(days=50))
    exits.resign(seeded, engagement, END - timedelta(days=20), worker(seeded, engagement), now)
    assert not notices.has_due(seeded, now)


def test_the_village_is_asked_once_for_a_last_day(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    live_through(seeded, END - timedelta(days=61), END - timedelta(days=55))
    asked = settling.open_extension(seeded, engagement)
    assert asked is not None
    now = noon(END - timedelta(days=50))
    extensions.oppose(seeded, asked, "不缺人", staff.head, now)
    settling.take(seeded, asked, "refuse_in_town", staff.town_head, now, "不缺人")
    live_through(seeded, END - timedelta(days=49), END)
    assert settling.open_extension(seeded, engagement) is None
    assert asked.state == TermState.REFUSED


def test_a_record_of_other_support_dates_the_term_anew(seeded: Session) -> None:
    engagement = on_post(seeded)
    support = OtherSupport(
        person_id=engagement.person_id, kind="enterprise_hire", from_on=date(2020, 1, 1),
        to_on=date(2020, 6, 30), source="比对", recorded_by_id=clerk(seeded).id,
        recorded_at=noon(date(2023, 1, 1)),
    )  # fmt: skip
    seeded.add(support)
    seeded.flush()
    assert notices.redate(
        seeded, engagement, cause="support", actor="clock", now=noon(date(2023, 1, 1))
    )
    assert engagement.ends_on == date(2024, 10, 10)
    newest = reckoning.history(seeded, engagement)[-1]
    assert (newest.before_on, newest.after_on) == (END, date(2024, 10, 10))
    assert newest.verdict["months_used"] == 6
    assert told(seeded, engagement) == ["term_redated"]


def test_the_law_of_2025_moves_an_end_at_retirement(seeded: Session) -> None:
    engagement = on_post(seeded, date(2023, 5, 1), track="urban", born_on=date(1975, 3, 10))
    engagement.first_approved_on = date(2023, 4, 20)
    assert engagement.ends_on == date(2025, 3, 10)
    assert notices.redate_urban(seeded, noon(date(2024, 12, 31))) == engagement.id
    assert engagement.ends_on == date(2025, 3, 10)
    notices.redate_urban(seeded, noon(date(2025, 1, 1)))
    assert engagement.ends_on == date(2025, 5, 10)
    assert reckoning.history(seeded, engagement)[-1].cause == "law"


def test_who_grows_too_old_on_the_post_is_looked_at_and_stays(seeded: Session) -> None:
    engagement, staff = on_post(seeded, born_on=date(1958, 4, 15)), company(seeded)
    on_post(seeded, born_on=date(1970, 1, 1))
    place = staff.town_clerk.region
    assert place is not None
    assert term_pages.over_age(seeded, place, date(2024, 4, 14)) == []
    (row,) = term_pages.over_age(seeded, place, date(2024, 4, 15))
    assert row.engagement.id == engagement.id
    items = Terms().items(seeded, staff.town_clerk, noon(date(2024, 4, 15)), 10)
    assert [item.key for item in items] == ["term.work_over_age"]
    live_through(seeded, date(2024, 4, 15), date(2024, 4, 16))
    assert engagement.status == "on_post"


def test_an_urban_woman_without_a_category_is_extended_by_nobody(seeded: Session) -> None:
    engagement = on_post(seeded, date(2022, 6, 15), track="urban", born_on=date(1977, 6, 14))
    engagement.retire_category = None
    answer = extensions.may_extend(seeded, engagement, noon(date(2025, 5, 1)))
    assert answer.obstacle is not None
    assert answer.obstacle.key == "term.no_category"
