"""What hangs for whom and how long, and that names are masked."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import PublicNotice
from services import notices
from tests.builders import NOW, region

VILLAGE = "v-xinyan-xinghualing"


@pytest.mark.parametrize(
    ("day", "left"),
    [
        (date(2022, 4, 5), None),
        (date(2022, 4, 6), 7),
        (date(2022, 4, 12), 1),
        (date(2022, 4, 13), 0),
        (date(2022, 4, 14), None),
    ],
)
def test_a_notice_hangs_from_its_posting_to_the_end_of_its_last_day(
    seeded: Session, day: date, left: int | None
) -> None:
    shown = notices.showing(seeded, region(seeded, VILLAGE), day)
    assert [notice.days_left for notice in shown] == ([] if left is None else [left])


def test_names_are_masked_and_told_apart_by_the_application_number(seeded: Session) -> None:
    (shown,) = notices.showing(seeded, region(seeded, VILLAGE), NOW.date())
    assert [(line.name, line.number_tail) for line in shown.lines] == [
        ("田*花", "0017"),
        ("欧阳*满", "0023"),
    ]


@pytest.mark.parametrize(
    ("code", "hangs"),
    [
        (VILLAGE, True),
        ("xinyan", True),
        ("yanzhou", True),
        ("v-xinyan-wangjiazhuang", False),
        ("xiaomeng", False),
    ],
)
def test_a_place_shows_its_own_notices_and_those_under_it(
    seeded: Session, code: str, hangs: bool
) -> None:
    assert bool(notices.showing(seeded, region(seeded, code), NOW.date())) is hangs


def test_a_notice_of_the_town_shows_in_the_villages_it_names(seeded: Session) -> None:
    posted = seeded.scalars(select(PublicNotice)).one()
    posted.region_id = region(seeded, "xinyan").id
    seeded.flush()
    assert notices.showing(seeded, region(seeded, VILLAGE), NOW.date())
    assert not notices.showing(seeded, region(seeded, "v-xinyan-wangjiazhuang"), NOW.date())


def test_what_was_taken_down_is_over_before_its_time(seeded: Session) -> None:
    village = region(seeded, VILLAGE)
    posted = seeded.scalars(select(PublicNotice)).one()
    assert notices.last_over(seeded, village, NOW.date()) is None
    posted.taken_down_at = NOW
    seeded.flush()
    assert notices.showing(seeded, village, NOW.date()) == ()
    over = notices.last_over(seeded, village, NOW.date())
    assert over is not None
    assert over.title == posted.title


def test_a_draft_shows_nowhere(seeded: Session) -> None:
    posted = seeded.scalars(select(PublicNotice)).one()
    posted.published_at = None
    seeded.flush()
    village = region(seeded, VILLAGE)
    assert notices.showing(seeded, village, NOW.date()) == ()
    assert notices.last_over(seeded, village, date(2022, 5, 1)) is None


def test_whoever_was_taken_off_the_list_is_on_it_no_more(seeded: Session) -> None:
    posted = seeded.scalars(select(PublicNotice)).one()
    posted.items[0].removed_at = NOW
    seeded.flush()
    (shown,) = notices.showing(seeded, region(seeded, VILLAGE), NOW.date())
    assert [line.number_tail for line in shown.lines] == ["0023"]


def test_posts_are_those_of_the_open_announcement(seeded: Session) -> None:
    town = region(seeded, "xinyan")
    offered = notices.posts_on_offer(seeded, town, date(2022, 4, 30))
    assert {post.code for post in offered} == {"P2022-0001", "P2022-0002"}
    assert notices.posts_on_offer(seeded, town, date(2022, 5, 1)) == ()
