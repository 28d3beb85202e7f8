"""A common word that is somebody's name: said to be a word by the writer, seen by who agrees."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Broadcast, BroadcastState
from tests.builders import create_person, id_number, region
from tests.console.conftest import Visit
from tests.console.test_broadcasts import FORM, act, one, write
from tests.services.broadcasts.conftest import WANGJIA
from tests.sheets import workbook

Sessions = sessionmaker[Session]
BODY = "残疾人、低保户都可以报名，高兴的话就来问。"


@pytest.fixture
def people(seeded_sessions: Sessions) -> list[uuid.UUID]:
    with seeded_sessions.begin() as session:
        village = region(session, WANGJIA).id
        return [
            create_person(session, name=name, village_id=village).id for name in ("高兴", "李桂香")
        ]


def declared(sessions: Sessions) -> list[list[str]]:
    with sessions() as session:
        found = select(AuditEntry).where(AuditEntry.act == "broadcast.no_names")
        return [entry.details["words"] for entry in session.scalars(found.order_by(AuditEntry.id))]


def test_the_writer_says_that_it_is_a_word_and_the_second_person_sees_it(
    visit: Visit, seeded_sessions: Sessions, people: list[uuid.UUID]
) -> None:
    clerk, head = visit("zhenjingban"), visit("zhenfuze")
    clerk.get("/console/broadcasts/new")
    form = {**FORM, "urgency": "broadcast_publicity", "body": BODY}
    assert clerk.post("/console/broadcasts/new", form).status_code == 422
    assert "“高兴”在这里是平常的词" in clerk.words
    assert BODY in clerk.page  # nothing that was typed is lost
    path = write(clerk, body=BODY, urgency="broadcast_publicity", no_name="高兴")
    assert declared(seeded_sessions) == [["高兴"]]
    assert act(clerk, path, "submit") == 200
    head.get(path)
    assert "写的人说明：“高兴”在这里是平常的词" in head.words
    assert act(head, path, "approve", when="now") == 200
    assert one(seeded_sessions).state == BroadcastState.APPROVED


def test_a_word_declared_once_does_not_let_another_name_through(
    visit: Visit, seeded_sessions: Sessions, people: list[uuid.UUID]
) -> None:
    clerk = visit("zhenjingban")
    path = write(clerk, body=BODY, urgency="broadcast_publicity", no_name="高兴")
    clerk.get(f"{path}/edit")
    assert 'value="高兴" checked' in clerk.page
    form = {**FORM, "edition": clerk.field_value("edition"), "urgency": "broadcast_publicity"}
    worse = {**form, "body": f"{BODY}李桂香也来。", "no_name": "高兴"}
    assert clerk.post(f"{path}/edit", worse).status_code == 422
    assert "“李桂香”" in clerk.words
    taken_back = {**form, "body": BODY}
    assert clerk.post(f"{path}/edit", taken_back).status_code == 422
    without = {**form, "body": "残疾人、低保户都可以报名。", "no_name": "高兴"}
    assert clerk.post(f"{path}/edit", without).status_code == 200
    assert declared(seeded_sessions) == [["高兴"], []]


def test_a_list_with_many_bad_rows_says_how_many_more_there_are(
    visit: Visit, seeded_sessions: Sessions
) -> None:
    with seeded_sessions.begin() as session:
        create_person(session, name="李桂香", id_number=id_number(order=1),
                      village_id=region(session, WANGJIA).id)  # fmt: skip
    clerk = visit("zhenjingban")
    path = write(clerk, who="listed")
    rows = [["姓名", "身份证号"], ["李桂香", id_number(order=1)]]
    rows += [["王大成", id_number(order=number)] for number in range(100, 135)]
    clerk.get(path)
    content = (workbook(rows), "a.xlsx")
    answer = clerk.post(f"{path}/list", {"list": content})
    assert answer.status_code == 200, clerk.words
    assert "名单收下了，共1人" in clerk.words
    assert "还有5行也没有算上" in clerk.words
    with seeded_sessions() as session:
        assert session.scalars(select(Broadcast)).one().audience["who"] == "listed"
