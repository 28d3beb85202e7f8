"""Messages on the console: found, told whole, within one's own area; visits written down."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, Message
from models import Visit as Knock
from services import dispatch, message_story
from services.dispatch import Answer, Fate
from services.message_story import Wanted
from services.telling import tell
from tests.builders import (
    NOW,
    create_application,
    create_contact,
    create_inbound,
    create_person,
    region,
)
from tests.console.conftest import Visit

VILLAGE = "v-xinyan-wangjiazhuang"


def create_untold(session: Session) -> Message:
    """Somebody by SMS that failed, so that a visit waits; they wrote, and left the account."""
    person = create_person(
        session, name="张翠英", phone="13800007777", village_id=region(session, VILLAGE).id
    )
    create_inbound(session, create_contact(session, person_id=person.id, followed=False))
    made = tell(session, kind="case_refused", person=person, slots={"number": "2022900009"},
                cause="application:7|refuse", now=NOW)  # fmt: skip
    session.flush()
    [parcel] = dispatch.claim(session, "sms", now=NOW, machine_now=NOW)
    answer = Answer(Fate.REFUSED, provider="tencent", error="number does not exist")
    dispatch.record(session, parcel, answer, now=NOW)
    return made


@pytest.fixture
def message(seeded_sessions: sessionmaker[Session]) -> str:
    """The key of such a message."""
    with seeded_sessions.begin() as session:
        return str(create_untold(session).id)


def test_the_whole_story_of_one_message(visit: Visit, message: str) -> None:
    clerk = visit("zhenjingban")
    found = clerk.get("/console/messages?q=张翠英").text
    assert f"/console/messages/{message}" in found
    story = clerk.get(f"/console/messages/{message}").text
    for words in ("没有通过", "取消关注了", "有手机号", "number does not exist", "当面告诉"):
        assert words in story
    talk = clerk.get(f"/console/messages/{message}/talk").text
    assert "您好" in talk
    assert "公益性岗位报名有进展了" in talk


def test_who_wrote_and_was_never_told_anything_is_heard_from_the_case(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions.begin() as session:
        case = create_application(session)
        create_inbound(session, create_contact(session, person_id=case.person_id))
        number = case.number
    clerk = visit("zhenjingban")
    assert f"/console/cases/{number}/talk" in clerk.get(f"/console/cases/{number}").text
    assert "您好" in clerk.get(f"/console/cases/{number}/talk").text


def test_a_phone_number_is_found_whole_and_not_shown_again(visit: Visit, message: str) -> None:
    clerk = visit("zhenjingban")
    page = clerk.get("/console/messages?q=13800007777").text
    assert "张翠英" in page
    assert "13800007777" not in page
    assert "张翠英" not in clerk.get("/console/messages?q=1380000777").text


def test_another_town_finds_nothing(visit: Visit, message: str) -> None:
    other = visit("xiaomeng")
    assert "张翠英" not in other.get("/console/messages").text
    for path in (f"/console/messages/{message}", f"/console/messages/{message}/talk"):
        assert other.get(path).status_code == 404


def test_the_visit_is_done_on_the_console(
    visit: Visit, message: str, seeded_sessions: sessionmaker[Session]
) -> None:
    with seeded_sessions() as session:
        key = session.scalars(select(Knock.id)).one()
    clerk = visit("zhenjingban")
    assert "张翠英" in clerk.get("/console/visits").text
    path = f"/console/visits/{key}"
    form = {"on": "", "way": "door", "outcome": "told"}
    assert clerk.post(path, form).status_code == 422
    assert clerk.post(path, {**form, "on": "2021-01-01"}).status_code == 409
    done = clerk.post(path, {**form, "on": NOW.date().isoformat()}).text
    assert "记上了" in done
    assert "本人知道了" in done
    assert "已经办过" in clerk.post(path, {**form, "on": NOW.date().isoformat()}).text
    with seeded_sessions() as session:
        assert session.get_one(Message, uuid.UUID(message)).state == "read"
        assert "visit" in session.scalars(select(AuditEntry.subject_kind)).all()


def test_what_a_month_cost_by_town(seeded: Session) -> None:
    person = create_person(seeded, village_id=region(seeded, VILLAGE).id)
    tell(seeded, kind="case_refused", person=person, slots={"number": "1"}, cause="a", now=NOW)
    [parcel] = dispatch.claim(seeded, "sms", now=NOW, machine_now=NOW)
    taken = Answer(Fate.ACCEPTED, provider="tencent", provider_id="1")
    dispatch.record(seeded, parcel, taken, now=NOW)
    seeded.flush()
    district = region(seeded, "yanzhou")
    [row] = message_story.costs(seeded, district, date(2022, 4, 1))
    assert (row.place, row.sms, row.wechat, row.cost_fen) == ("新兖镇", 1, 0, 5)
    assert message_story.costs(seeded, district, date(2022, 5, 1)) == []
    assert message_story.costs(seeded, region(seeded, "xiaomeng"), date(2022, 4, 1)) == []


def test_a_search_by_state_and_by_what_it_was_about(seeded: Session) -> None:
    person = create_person(seeded, phone=None)
    tell(seeded, kind="case_submitted", person=person, slots={"number": "1"},
         cause="application:5|x", now=NOW)  # fmt: skip
    district = region(seeded, "yanzhou")
    seeded.flush()
    assert seeded.scalars(select(Message)).one().state == "unreached"
    for wanted, count in (
        (Wanted(state="unreached"), 1),
        (Wanted(state="read"), 0),
        (Wanted(text="application:5"), 1),
        (Wanted(since=date(2022, 4, 7)), 0),
        (Wanted(kind="nonsense", state="nonsense"), 1),
    ):
        assert len(message_story.search(seeded, wanted, district)) == count
