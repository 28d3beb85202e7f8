"""A democratic review on the pages: planned, printed, entered from the sheet, closed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationStatus, Review
from tests.builders import create_application, create_person, region
from tests.console.conftest import Visit, Visitor

VILLAGE = "v-xinyan-wangjiazhuang"
JPEG = b"\xff\xd8\xff\xe0 the sheet"
NAMES = ("吴一", "吴二", "吴三", "吴四", "吴五", "吴六", "吴七")
Sessions = sessionmaker[Session]


@pytest.fixture
def case(seeded_sessions: Sessions) -> str:
    with seeded_sessions.begin() as session:
        person = create_person(session, name="李桂香", village_id=region(session, VILLAGE).id)
        made = create_application(session, person=person, status=ApplicationStatus.VILLAGE_REVIEW)
        return str(made.id)


@pytest.fixture
def clerk(visit: Visit) -> Visitor:
    return visit("cunwenshu")


@pytest.fixture
def meeting(clerk: Visitor, case: str, seeded_sessions: Sessions) -> str:
    """The address of a planned meeting."""
    clerk.get("/console/reviews")
    form = {"case": case, "held_on": "2022-04-06", "place": "村委会院内"}
    clerk.post("/console/reviews", form)
    assert "评议会定好了" in clerk.words, clerk.words
    with seeded_sessions() as session:
        return f"/console/reviews/{session.scalars(select(Review.id)).one()}"


def sheet(clerk: Visitor, case: str, **overrides: Any) -> dict[str, Any]:
    return {
        "version": clerk.field_value("version"),
        "held_on": "2022-04-06",
        "place": "村委会院内",
        "attendee": [*NAMES, ""],
        "role": ["villager_representative"] * 8,
        f"for-{case}": "6",
        f"against-{case}": "1",
        f"abstained-{case}": "0",
        **overrides,
    }


def send(clerk: Visitor, meeting: str, form: dict[str, Any], photo: bytes | None = JPEG) -> int:
    if photo is not None:
        form["photo"] = (BytesIO(photo), "表.jpg")
    return clerk.post(meeting, form, content_type="multipart/form-data").status_code


def status(sessions: Sessions) -> str:
    with sessions() as session:
        return str(session.scalars(select(Application.status)).one())


def test_from_plan_to_the_towns_desk(
    clerk: Visitor, meeting: str, case: str, seeded_sessions: Sessions, visit: Visit
) -> None:
    content = clerk.get(f"{meeting}/sheet.docx").get_data()
    text = [row.cells[1].text for row in Document(BytesIO(content)).tables[0].rows]
    assert text == ["姓名", "李桂香"]
    clerk.get(meeting)
    assert send(clerk, meeting, sheet(clerk, case, do="save")) == 200
    assert status(seeded_sessions) == "village_review"
    assert send(clerk, meeting, sheet(clerk, case, do="close"), photo=None) == 200
    assert "评议结束" in clerk.words
    assert status(seeded_sessions) == "town_clerk"
    town = visit("zhenjingban")
    town.get(meeting)
    assert "吴三（村民代表）" in town.words
    assert town.get(f"{meeting}/photo").get_data() == JPEG


def test_what_is_missing_is_said_and_what_was_typed_stays(
    clerk: Visitor, meeting: str, case: str, seeded_sessions: Sessions
) -> None:
    clerk.get(meeting)
    form = sheet(clerk, case, do="close", attendee=["吴一", "吴二"], role=["party_member"] * 2)
    assert send(clerk, meeting, form, photo=None) == 409
    for words in ("不够7人", "还没上传签字表的照片", "比能投票的2人还多"):
        assert words in clerk.words
    assert 'value="吴二"' in clerk.page
    assert 'value="6"' in clerk.page
    assert status(seeded_sessions) == "village_review"
    assert send(clerk, meeting, sheet(clerk, case, do="close")) == 200
    assert status(seeded_sessions) == "town_clerk"


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"attendee": ["吴一", "吴一"]}, "写了两遍"),
        ({"votes": "很多"}, "不能小于0"),
    ],
)
def test_a_slip_is_a_sentence(
    clerk: Visitor, meeting: str, case: str, overrides: dict[str, Any], words: str
) -> None:
    clerk.get(meeting)
    if "votes" in overrides:
        overrides = {f"for-{case}": overrides["votes"]}
    assert send(clerk, meeting, sheet(clerk, case, do="close", **overrides)) == 409
    assert words in clerk.words


def test_a_file_that_is_no_photo_is_refused_and_the_votes_stay(
    clerk: Visitor, meeting: str, case: str
) -> None:
    clerk.get(meeting)
    assert send(clerk, meeting, sheet(clerk, case, do="close"), photo=b"MZ program") == 409
    assert "不是照片" in clerk.words
    clerk.get(meeting)
    assert 'value="吴七"' in clerk.page


def test_an_older_page_overwrites_nothing(
    clerk: Visitor, meeting: str, case: str, visit: Visit
) -> None:
    clerk.get(meeting)
    old = sheet(clerk, case, do="save")
    head = visit("cunzhuren")
    head.get(meeting)
    assert send(head, meeting, sheet(head, case, do="save", place="小学教室")) == 200
    assert send(clerk, meeting, {**old, "place": "打谷场"}) == 409
    assert "刚才" in clerk.words
    assert "上传了照片" in clerk.words
    assert 'value="打谷场"' in clerk.page
    clerk.get(meeting)
    assert 'value="小学教室"' in clerk.page


def test_closing_twice_says_it_is_closed(clerk: Visitor, meeting: str, case: str) -> None:
    clerk.get(meeting)
    form = sheet(clerk, case, do="close")
    assert send(clerk, meeting, dict(form)) == 200
    assert send(clerk, meeting, dict(form)) == 409
    assert "结束了评议" in clerk.words


def test_a_plan_without_people_or_day_says_so(clerk: Visitor, case: str) -> None:
    clerk.get("/console/reviews")
    clerk.post("/console/reviews", {"held_on": "2022-04-06", "place": "村委会院内"})
    assert "还没选人" in clerk.words
    clerk.post("/console/reviews", {"case": case, "held_on": "", "place": "村委会院内"})
    assert "还没填开会日期" in clerk.words
    assert 'value="村委会院内"' in clerk.page


def test_another_village_sees_nothing(meeting: str, visit: Visit) -> None:
    neighbour = visit("xiaomeng")
    for path in ("", "/sheet.docx", "/photo"):
        assert neighbour.get(meeting + path).status_code == 404
    assert "李桂香" not in neighbour.words
