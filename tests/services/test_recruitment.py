"""The yearly announcement: draft, schedule, publication, correction, and what it looks like."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Announcement, Post, PostStatus, Role
from services import announcements, notices, plan_work, post_steps, posts, recruitment
from services import recruitment_paper as paper
from services import recruitment_publishing as publishing
from services.acting import Acting
from services.procedure import Hindered
from services.recruitment import Text
from tests.builders import NOW, at, create_acting, region
from tests.services.test_posts import FIT, REASON, SHEET, VILLAGE

NEXT_YEAR = at("2023-03-01 09:00")


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")


@pytest.fixture
def approver(seeded: Session) -> Acting:
    return create_acting(seeded, Role.DISTRICT_APPROVER, "yanzhou")


@pytest.fixture
def post(seeded: Session, approver: Acting) -> Post:
    """An approved post that no announcement has."""
    village = create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)
    town = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    made, _ = posts.demand(seeded, SHEET, region(seeded, VILLAGE), REASON, village, NOW)
    post_steps.take(seeded, made, "check", town, NOW)
    post_steps.take(seeded, made, "approve", approver, NOW, FIT)
    return made


def text(post: Post, **overrides: Any) -> Text:
    values: dict[str, Any] = {
        "year": 2023,
        "title": "2023年城乡公益性岗位需求公告",
        "ruleset": "yanzhou-2022",
        "opens_on": date(2023, 3, 10),
        "closes_on": date(2023, 4, 10),
        "reference_on": date(2023, 4, 10),
        "contact_phone": "0537-3412345",
        "post_ids": (post.id,),
        **overrides,
    }
    return Text(**values)


def hindered(call: Any, *values: Any) -> set[str]:
    with pytest.raises(Hindered) as caught:
        call(*values)
    return {obstacle.key for obstacle in caught.value.obstacles}


def test_a_draft_shows_nowhere_and_its_posts_stay_where_they_are(
    seeded: Session, post: Post, clerk: Acting
) -> None:
    recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    assert post.announcement_id is None
    assert announcements.open_on(seeded, date(2023, 3, 15)) is None


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"title": " "}, "announcement.title_needed"),
        ({"ruleset": "yanzhou-1999"}, "announcement.ruleset_needed"),
        ({"closes_on": date(2023, 3, 9)}, "announcement.window_backwards"),
        ({"year": 2024}, "announcement.other_year"),
        ({"contact_phone": "找村长"}, "announcement.phone_needed"),
    ],
)
def test_a_form_that_is_not_fit(
    seeded: Session, post: Post, clerk: Acting, overrides: dict[str, Any], key: str
) -> None:
    assert hindered(recruitment.draft, seeded, text(post, **overrides), clerk, NEXT_YEAR) == {key}


def test_one_draft_a_year(seeded: Session, post: Post, clerk: Acting) -> None:
    recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    assert hindered(recruitment.draft, seeded, text(post), clerk, NEXT_YEAR) == {
        "announcement.draft_there"
    }


def test_the_clock_publishes_at_the_time_and_once(
    seeded: Session, post: Post, clerk: Acting, approver: Acting
) -> None:
    made = recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    when = NEXT_YEAR + timedelta(days=2)
    publishing.schedule(seeded, made, when, approver, NEXT_YEAR)
    assert not publishing.is_due(seeded, NEXT_YEAR)
    assert publishing.publish_due(seeded, NEXT_YEAR) == (0, 0)
    assert publishing.is_due(seeded, when)
    assert publishing.publish_due(seeded, when) == (1, 0)
    assert publishing.publish_due(seeded, when) == (0, 0)
    assert (post.status, post.announcement_id) == (PostStatus.ANNOUNCED, made.id)
    assert announcements.open_on(seeded, date(2023, 3, 15)) is made
    assert notices.posts_on_offer(seeded, None, date(2023, 3, 15)) == (post,)


def test_an_edit_takes_the_time_away(
    seeded: Session, post: Post, clerk: Acting, approver: Acting
) -> None:
    made = recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    publishing.schedule(seeded, made, NEXT_YEAR + timedelta(days=2), approver, NEXT_YEAR)
    recruitment.edit(seeded, made, text(post, title="另一个标题"), clerk, NEXT_YEAR)
    assert made.scheduled_at is None


def test_a_post_that_was_revoked_meanwhile_holds_it_back(
    seeded: Session, post: Post, clerk: Acting, approver: Acting
) -> None:
    made = recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    when = NEXT_YEAR + timedelta(days=2)
    publishing.schedule(seeded, made, when, approver, NEXT_YEAR)
    gone = post_steps.Why(reason="不要了")
    post_steps.take(seeded, post, "revoke", approver, NEXT_YEAR, gone)
    assert publishing.publish_due(seeded, when) == (0, 1)
    assert (made.published_at, made.scheduled_at) == (None, None)


def test_a_post_without_a_demand_cannot_be_announced(
    seeded: Session, post: Post, clerk: Acting, approver: Acting
) -> None:
    post.demand_reason = ""
    made = recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    assert hindered(publishing.schedule, seeded, made, NEXT_YEAR, approver, NEXT_YEAR) == {
        "announcement.post_not_ready"
    }
    recruitment.edit(seeded, made, text(post, post_ids=()), clerk, NEXT_YEAR)
    assert hindered(publishing.schedule, seeded, made, NEXT_YEAR, approver, NEXT_YEAR) == {
        "announcement.posts_needed"
    }


def test_the_clerk_does_not_publish_and_the_town_does_not_draft(
    seeded: Session, post: Post, clerk: Acting
) -> None:
    made = recruitment.draft(seeded, text(post), clerk, NEXT_YEAR)
    assert hindered(publishing.schedule, seeded, made, NEXT_YEAR, clerk, NEXT_YEAR) == {
        "obstacle.not_your_role"
    }
    town = create_acting(seeded, Role.TOWN_HEAD, "xinyan")
    later = text(post, year=2024, opens_on=date(2024, 3, 1), closes_on=date(2024, 4, 1))
    assert hindered(recruitment.draft, seeded, later, town, NEXT_YEAR) == {"obstacle.not_your_role"}


def test_a_correction_is_a_new_version_and_the_old_one_stays_readable(
    seeded: Session, post: Post, clerk: Acting, approver: Acting
) -> None:
    first = seeded.scalars(select(Announcement)).one()
    before = publishing.shown(seeded, first)
    assert len(before["posts"]) == 6
    second = recruitment.correct(seeded, first, clerk, NOW)
    assert (second.year, second.version, len(second.post_ids)) == (2022, 2, 6)
    assert hindered(publishing.schedule, seeded, second, NOW, approver, NOW) == {
        "announcement.correction_reason_needed"
    }
    kept = (*sorted(second.post_ids)[1:], post.id)
    corrected = replace(
        recruitment.text_of(second),
        post_ids=kept,
        correction_reason="去掉一个岗位，加上一个",
        closes_on=date(2022, 5, 10),
    )
    recruitment.edit(seeded, second, corrected, clerk, NOW)
    publishing.schedule(seeded, second, NOW, approver, NOW)
    assert announcements.open_on(seeded, NOW.date()) is second
    assert {one.id for one in recruitment.posts_of(seeded, second)} == set(kept)
    assert recruitment.posts_of(seeded, first) == []
    assert publishing.shown(seeded, first) == before
    dropped = seeded.scalars(select(Post).where(Post.code == "P2022-0001")).one()
    assert (dropped.status, dropped.announcement_id) == (PostStatus.APPROVED, None)


def test_what_is_published_cannot_be_edited(seeded: Session, post: Post, clerk: Acting) -> None:
    first = seeded.scalars(select(Announcement)).one()
    assert hindered(recruitment.edit, seeded, first, text(post), clerk, NOW) == {
        "announcement.published_already"
    }


def test_a_year_without_one_is_reminded_of(seeded: Session, clerk: Acting) -> None:
    assert recruitment.is_missing(seeded, NOW.date()) is None
    seeded.scalars(select(Announcement)).one().published_at = None
    assert recruitment.is_missing(seeded, NOW.date()) == date(2022, 3, 31)
    (item,) = plan_work.PostsWork().items(seeded, clerk, NOW, 9)
    assert item.due_on == date(2022, 3, 31)
    assert recruitment.is_missing(seeded, date(2023, 4, 1)) is None  # no plan, no announcement


def test_demands_wait_at_the_town_then_at_the_district(seeded: Session, clerk: Acting) -> None:
    village = create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)
    town = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    other = create_acting(seeded, Role.TOWN_CLERK, "xiaomeng")
    made, _ = posts.demand(seeded, SHEET, region(seeded, VILLAGE), REASON, village, NOW)
    demands = plan_work.PostsWork()
    assert len(demands.items(seeded, town, NOW, 9)) == 1
    assert not demands.items(seeded, other, NOW, 9)
    assert not demands.items(seeded, village, NOW, 9)
    assert not demands.items(seeded, clerk, NOW, 9)
    post_steps.take(seeded, made, "check", town, NOW)
    assert len(demands.items(seeded, clerk, NOW, 9)) == 1


def test_the_sheet_and_the_message_say_what_is_published(seeded: Session) -> None:
    first = seeded.scalars(select(Announcement)).one()
    shown = publishing.shown(seeded, first)
    message = paper.chat(shown)
    assert "2022年4月1日到2022年4月30日" in message
    assert "乡村12个，城镇4个" in message
    sheet = Document(BytesIO(paper.sheet(shown, "兖州区", date(2022, 4, 1))))
    lines = "\n".join(paragraph.text for paragraph in sheet.paragraphs)
    assert "2022年4月1日至2022年4月30日" in lines
    assert "农村大龄人员" in lines
    assert "更正" not in lines
    cells = {cell.text for row in sheet.tables[0].rows for cell in row.cells}
    assert {"村道路保洁员", "新兖镇王家庄村", "按规定"} <= cells
    assert sheet.sections[0].page_width.cm == pytest.approx(21, abs=0.1)  # type: ignore[union-attr] # the template sets it
