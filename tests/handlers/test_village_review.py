"""A democratic review from the phone: the result, the photo, closing; bad input."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ApplicationStatus, Attachment, Material, Review, Role
from services import materials, reviews
from services.acting import Acting
from services.materials import Miss
from tests.builders import NOW, create_acting, create_application, region
from tests.handlers.test_village_staff import VILLAGE, pair
from tests.talk import Talk

NINE = (
    "张一山、李二水（党员）、王三木（村委）、赵四海（镇里）、钱五一、孙六合、周七星、吴八方、郑九成"
)
JPEG = b"\xff\xd8\xff the signed sheet"


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.VILLAGE_CLERK, VILLAGE)


def meeting(talk: Talk, clerk: Acting, people: int = 2) -> Review:
    cases = [
        create_application(talk.session, status=ApplicationStatus.VILLAGE_REVIEW)
        for _ in range(people)
    ]
    made = reviews.plan(
        talk.session,
        region(talk.session, VILLAGE),
        held_on=NOW.date(),
        place="村委会",
        chosen=[case.id for case in cases],
        acting=clerk,
        now=NOW,
    )
    talk.session.commit()
    return made


def enter(talk: Talk, *, photo: bool, votes: str = "8 0 0；5 2 1") -> str:
    assert "到会的都有谁" in talk("录评议")
    talk(NINE)
    assert "评议表拍张照片" in talk(votes)
    talk.photo() if photo else talk("以后")
    return talk("1")


def fetched(talk: Talk, content: bytes = JPEG) -> None:
    """The clock fetches what was sent."""
    for errand in materials.take(talk.session, talk.clock.at):
        materials.keep(talk.session, errand.id, content, "image/jpeg", talk.clock.at)
    talk.session.commit()


def statuses(talk: Talk, made: Review) -> list[str]:
    talk.session.expire_all()
    return [row.application.status for row in made.results]


def test_a_review_is_entered_and_closed_from_the_phone(talk: Talk, clerk: Acting) -> None:
    made = meeting(talk, clerk)
    pair(talk, clerk)
    reply = enter(talk, photo=True, votes="8 0 0；3 4 1")
    assert "录好了" in reply
    assert "都齐了" in reply
    fetched(talk)
    assert "1 结束评议" in talk("1")
    last_look = talk("1")
    assert "赞成8、反对0" in last_look
    assert "赞成3、反对4" in last_look
    reply = talk("1")
    assert "通过，报到镇里了" in reply
    assert "没通过" in reply
    assert statuses(talk, made) == [ApplicationStatus.TOWN_CLERK, ApplicationStatus.REFUSED]
    votes = [(row.votes_for, row.votes_against, row.abstained) for row in made.results]
    assert votes == [(8, 0, 0), (3, 4, 1)]
    roles = {one.name: one.role for one in made.attendees}
    assert (roles["李二水"], roles["赵四海"]) == ("party_member", "town_observer")
    kept = talk.session.scalars(select(Attachment)).one()
    assert clerk.staff is not None
    assert (kept.id, kept.uploaded_by_id) == (made.photo_id, clerk.staff.id)


def test_without_the_photo_it_stays_open(talk: Talk, clerk: Acting) -> None:
    made = meeting(talk, clerk)
    pair(talk, clerk)
    assert "还没上传签字表的照片" in enter(talk, photo=False)
    assert "1 补签字照片" in talk("录评议")
    talk("2")
    assert "签字表的照片" in talk("1")
    assert made.closed_at is None
    talk("录评议")
    talk("1")
    assert "都齐了" in talk.photo()
    assert "照片还在存" in [talk("1"), talk("2"), talk("1")][-1]
    fetched(talk)
    assert [talk("录评议"), talk("1"), talk("1")][-1].count("通过") == 2


def test_votes_that_are_no_votes(talk: Talk, clerk: Acting) -> None:
    meeting(talk, clerk)
    pair(talk, clerk)
    talk("录评议")
    assert "没看懂" in talk("他们都来了")
    talk(NINE)
    assert "没看懂" in talk("都同意")
    talk("8 0 0；5 2 1")
    assert "要一张照片" in talk("没有啊怎么弄")
    talk("以后")
    assert "没有办" in talk("2")


def test_more_votes_than_people_are_said_at_once(talk: Talk, clerk: Acting) -> None:
    meeting(talk, clerk)
    pair(talk, clerk)
    assert "比能投票的8人还多" in enter(talk, photo=True, votes="9 0 0；5 2 1")


@pytest.mark.parametrize("content", [b"GIF89a", b"PK\x03\x04"])
def test_what_is_no_photo_is_not_kept(talk: Talk, clerk: Acting, content: bytes) -> None:
    made = meeting(talk, clerk)
    pair(talk, clerk)
    enter(talk, photo=True)
    fetched(talk, content)
    assert made.photo_id is None
    assert "没存住" in talk("录评议")


def test_a_photo_that_the_platform_lost_is_asked_for_again(talk: Talk, clerk: Acting) -> None:
    meeting(talk, clerk)
    pair(talk, clerk)
    enter(talk, photo=True)
    (errand,) = materials.take(talk.session, talk.clock.at)
    materials.miss(talk.session, errand.id, Miss.GONE, talk.clock.at)
    talk.session.commit()
    assert talk.session.get_one(Material, errand.id).state == "lost"
    assert "没存住" in talk("录评议")
    talk("2")
    assert "还没上传签字表的照片" in talk("1")


def test_no_meeting_waits(talk: Talk, clerk: Acting) -> None:
    pair(talk, clerk)
    assert "没有等着录的" in talk("录评议")


def test_a_name_twice_is_refused_in_words(talk: Talk, clerk: Acting) -> None:
    meeting(talk, clerk, 1)
    pair(talk, clerk)
    talk("录评议")
    for answer in ("张一山、张一山", "1 0 0", "以后", "1"):
        reply = talk(answer)
    assert "写了两遍" in reply


def test_who_was_put_off_the_village_enters_nothing(talk: Talk, clerk: Acting) -> None:
    meeting(talk, clerk, 1)
    pair(talk, clerk)
    talk("录评议")
    talk(NINE)
    assert clerk.staff is not None
    clerk.staff.disabled_at = NOW
    talk.session.commit()
    for answer in ("1 0 0", "以后", "1"):
        reply = talk(answer)
    assert "录好了" not in reply
