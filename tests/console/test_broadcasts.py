"""A broadcast on the console: written, looked at, agreed to by another, sent, and its report."""

from __future__ import annotations

import re
import uuid
from io import BytesIO

import pytest
from docx import Document
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Broadcast, BroadcastState
from scheduler import broadcast_works, mass_works
from scheduler.works import Works
from services import dispatch
from services.dispatch import Answer, Fate
from tests.builders import NOW, create_contact, create_person, id_number, region
from tests.console.conftest import Visit, Visitor, Watch
from tests.services.broadcasts.conftest import WANGJIA
from tests.sheets import workbook

FORM = {
    "region": "xinyan",
    "who": "everybody",
    "urgency": "broadcast_duty",
    "title": "集中培训",
    "body": "{姓名}，4月10日上午8点半到{镇街}人社所培训，带身份证。",
}


@pytest.fixture
def people(seeded_sessions: sessionmaker[Session]) -> list[uuid.UUID]:
    with seeded_sessions.begin() as session:
        village = region(session, WANGJIA).id
        return [create_person(session, village_id=village).id for _ in range(4)]


def clock(sessions: sessionmaker[Session], watch: Watch) -> Works:
    def fetch(_media_id: str) -> object:
        raise AssertionError("no picture is wanted here")

    return Works(sessions, watch, {}, fetch)  # type: ignore[arg-type]  # never called


def one(sessions: sessionmaker[Session]) -> Broadcast:
    with sessions() as session:
        return session.scalars(select(Broadcast)).one()


def write(clerk: Visitor, **more: str) -> str:
    """The address of a new draft."""
    clerk.get("/console/broadcasts/new")
    answer = clerk.post("/console/broadcasts/new", {**FORM, **more})
    assert answer.status_code == 200, clerk.words
    found = re.search(r'action="(/console/broadcasts/[0-9a-f-]{36})/', clerk.page)
    assert found, clerk.words
    return found[1]


def act(visitor: Visitor, path: str, name: str, **form: str) -> int:
    visitor.get(path)
    edition = re.search(r'name="edition" value="([0-9]+)"', visitor.page)
    values = {"edition": edition[1] if edition else "", **form}
    return visitor.post(f"{path}/{name}", values).status_code


def test_from_the_first_word_to_the_report(
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    watch: Watch,
    people: list[uuid.UUID],
) -> None:
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    path = write(clerk)
    assert "占1条短信" in clerk.words
    assert "4人" in clerk.words
    assert "最多花" in clerk.words
    assert act(clerk, path, "submit") == 200
    assert "同意，现在就发" not in clerk.page
    head.get(path)
    assert "同意，现在就发" in head.page
    assert act(head, path, "approve", when="now") == 200
    works = clock(seeded_sessions, watch)
    assert broadcast_works.has_broadcasts(works)
    broadcast_works.send_broadcasts(works)
    assert one(seeded_sessions).state == BroadcastState.DONE
    with seeded_sessions.begin() as session:
        for parcel in dispatch.claim(session, "sms", now=NOW, machine_now=NOW, limit=2):
            refused = Answer(Fate.REFUSED, error="permanent: isv.MOBILE_NUMBER_ILLEGAL")
            dispatch.record(session, parcel, refused, now=NOW)
    clerk.get(path)
    assert "一共4人，已经告诉0人" in clerk.words
    assert "等村里上门的2人" in clerk.words
    assert "2条，号码不对" in clerk.words
    row = re.search(r"新兖镇王家庄村 (4 [0-9 ]+)", clerk.words)
    assert row, clerk.words
    assert row[1].split() == ["4", "0", "0", "0", "0", "2", "2", "0", "0", "0", "0"]


def test_a_mass_message_is_shown_before_and_after(
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    watch: Watch,
    people: list[uuid.UUID],
) -> None:
    with seeded_sessions.begin() as session:
        village = region(session, WANGJIA).id
        create_contact(session, person_id=people[0])
        create_contact(session, village_hint_id=village)
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    path = write(clerk, urgency="broadcast_publicity", who="subscribed", mass="yes")
    assert "2个粉丝能收，其中0个本月已经收满4条" in clerk.words
    assert "另外1个粉丝没绑定" in clerk.words
    clerk.get(f"{path}/edit")
    assert 'value="yes" checked' in clerk.page
    act(clerk, path, "submit")
    head.get(path)
    assert "2个粉丝能收" in head.words
    act(head, path, "approve", when="now")
    works = clock(seeded_sessions, watch)
    broadcast_works.send_broadcasts(works)
    head.get(path)
    assert "群发还没有结果" in head.words
    assert mass_works.has_mass(works)
    mass_works.send_mass(works)
    broadcast_works.send_broadcasts(works)
    head.get(path)
    assert "群发没有发成（没有接公众号）" in head.words
    assert "没绑定的粉丝：群发告诉0个，微信聊天告诉0个，没法告诉1个" in head.words
    assert one(seeded_sessions).state == BroadcastState.DONE


def test_hardship_may_be_named_and_whoever_agrees_sees_it(
    visit: Visit, people: list[uuid.UUID]
) -> None:
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    path = write(clerk, body="残疾人、低保户都可以报名。", urgency="broadcast_publicity")
    act(clerk, path, "submit")
    head.get(path)
    assert "这份通知提到“残疾、低保”" in head.words
    for body in ("{姓名}是低保户，可以报名。", "李桂香是低保户，大家有意见没有。"):
        clerk.get("/console/broadcasts/new")
        answer = clerk.post("/console/broadcasts/new", {**FORM, "body": body})
        assert answer.status_code == 422, body
        assert "低保" in clerk.words


def test_the_report_goes_out_as_a_sheet_and_a_picture(
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    watch: Watch,
    people: list[uuid.UUID],
) -> None:
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    path = write(clerk)
    assert clerk.get(f"{path}/reach.xlsx").status_code == 404
    act(clerk, path, "submit")
    act(head, path, "approve", when="now")
    broadcast_works.send_broadcasts(clock(seeded_sessions, watch))
    book = CalamineWorkbook.from_filelike(BytesIO(clerk.get(f"{path}/reach.xlsx").data))
    assert book.get_sheet_by_index(0).to_python()[2][:2] == ["新兖镇王家庄村", 4]
    picture = clerk.get(f"{path}/reach.svg")
    assert picture.mimetype == "image/svg+xml"
    assert "王家庄村" in picture.get_data(as_text=True)


def test_the_writer_cannot_agree_even_by_hand(
    visit: Visit, people: list[uuid.UUID], seeded_sessions: sessionmaker[Session]
) -> None:
    head = visit("zhenfuze")
    path = write(head)
    act(head, path, "submit")
    assert act(head, path, "approve", when="now") == 422
    assert "要换个人批" in head.words
    assert one(seeded_sessions).state == BroadcastState.SUBMITTED


def test_a_town_reaches_only_its_own_people(
    visit: Visit, people: list[uuid.UUID], seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("zhenjingban")
    clerk.get("/console/broadcasts/new")
    assert "v-gulou-xiangyang" not in clerk.page
    for code in ("gulou", "yanzhou", "v-gulou-xiangyang"):
        assert clerk.post("/console/broadcasts/new", {**FORM, "region": code}).status_code == 422
    path = write(clerk)
    stranger = visit("xiaomeng")
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/discard", {}).status_code == 404
    assert one(seeded_sessions).state == BroadcastState.DRAFT


def test_a_village_reads_what_was_sent_to_it_and_nothing_else(
    visit: Visit,
    seeded_sessions: sessionmaker[Session],
    watch: Watch,
    people: list[uuid.UUID],
) -> None:
    clerk, head, village = visit("zhenjingban"), visit("zhenfuze"), visit("cunwenshu")
    path = write(clerk)
    assert village.get(path).status_code == 404
    act(clerk, path, "submit")
    act(head, path, "approve", when="now")
    broadcast_works.send_broadcasts(clock(seeded_sessions, watch))
    village.get("/console/broadcasts")
    assert "集中培训" in village.words
    village.get(path)
    assert "王家庄村的乡亲们，请注意听" in village.words
    assert "一共4人" not in village.words
    poster = Document(BytesIO(village.get(f"{path}/poster.docx").data))
    text = "\n".join(paragraph.text for paragraph in poster.paragraphs)
    assert "乡亲，4月10日上午8点半到" in text
    assert village.get(f"{path}/reach.xlsx").status_code == 403


def test_a_list_with_its_row_errors(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    with seeded_sessions.begin() as session:
        village = region(session, WANGJIA).id
        create_person(session, village_id=village, id_number=id_number(order=301))
        elsewhere = region(session, "v-gulou-xiangyang").id
        create_person(session, village_id=elsewhere, id_number=id_number(order=302))
    clerk = visit("zhenjingban")
    path = write(clerk, who="listed")
    assert "一个人也没有" in clerk.words
    same = ["李桂香", id_number(order=301)]
    rows = [
        ["姓名", "身份证号"],
        same,
        same,
        same,
        ["李桂香", id_number(order=302)],
        ["王桂香", id_number(order=301)],
        ["李桂香", "123"],
    ]
    answer = clerk.client.post(
        f"{path}/list",
        data={"csrf_token": clerk.token, "list": (workbook(rows), "a.xlsx")},
    )
    clerk._read(answer)
    assert answer.status_code == 200, clerk.words
    assert "名单收下了，共1人" in clerk.words
    for words in (
        "第3行：这个人前面有了",
        "第4行：这个人前面有了",
        "第5行：",
        "第6行：姓名和",
        "B7",
    ):
        assert words in clerk.words


def test_what_was_typed_comes_back(visit: Visit) -> None:
    clerk = visit("zhenjingban")
    clerk.get("/console/broadcasts/new")
    answer = clerk.post("/console/broadcasts/new", {**FORM, "body": "{电话}，开会"})
    assert answer.status_code == 422
    assert "{电话}，开会" in clerk.page
    assert "只能用：姓名、村、镇街" in clerk.words


def test_two_people_at_one_draft(visit: Visit, people: list[uuid.UUID]) -> None:
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    path = write(clerk)
    head.get(f"{path}/edit")
    stale = head.field_value("edition")
    clerk.get(f"{path}/edit")
    clerk.post(f"{path}/edit", {**FORM, "edition": clerk.field_value("edition"), "title": "改了"})
    assert head.post(f"{path}/edit", {**FORM, "edition": stale}).status_code == 409
