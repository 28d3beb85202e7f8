"""A notice on the pages: draft, publish, read by anybody, objected to, decided."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from docx import Document
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, ApplicationStatus, AuditEntry, Objection, PublicNotice, Ticket
from models.talk import TicketKind
from services import tickets
from tests.builders import at, create_application, create_contact, create_person, region
from tests.console.conftest import Visit, Visitor, Watch

VILLAGE = "v-xinyan-wangjiazhuang"
JPEG = b"\xff\xd8\xff\xe0 a photo"
Sessions = sessionmaker[Session]


def add_case(sessions: Sessions, name: str = "李桂香") -> str:
    with sessions.begin() as session:
        person = create_person(session, name=name, village_id=region(session, VILLAGE).id)
        made = create_application(session, person=person, status=ApplicationStatus.TO_PUBLISH)
        return str(made.id)


def status_of(sessions: Sessions, key: str) -> str:
    with sessions() as session:
        found = session.scalars(select(Application)).all()
        return next(str(case.status) for case in found if str(case.id) == key)


def draft(clerk: Visitor, *cases: str) -> str:
    """Drafted on the page; gives the notice's code."""
    clerk.get("/console/notices")
    answer = clerk.post("/console/notices", {"place": VILLAGE, "case": list(cases)})
    assert answer.status_code == 200, clerk.words
    found = re.search(r"GS\d{4}-\d{4}", clerk.page)
    assert found, clerk.words
    return found[0]


def publish(head: Visitor, code: str) -> None:
    head.get(f"/console/notices/{code}")
    form = {"version": head.field_value("version"), "when": "now"}
    head.post(f"/console/notices/{code}/publish", form)


@pytest.fixture
def hung(seeded_sessions: Sessions, visit: Visit) -> tuple[str, str, str]:
    """A notice with 李桂香 and 王桂兰 on it: its code and the two cases."""
    first, second = add_case(seeded_sessions), add_case(seeded_sessions, "王桂兰")
    code = draft(visit("zhenjingban"), first, second)
    head = visit("zhenfuze")
    publish(head, code)
    assert "公示中" in head.words, head.words
    return code, first, second


def test_a_draft_shows_both_ways_of_hanging_and_only_the_head_publishes(
    seeded_sessions: Sessions, visit: Visit
) -> None:
    case = add_case(seeded_sessions)
    clerk = visit("zhenjingban")
    code = draft(clerk, case)
    assert "李桂香" in clerk.words
    assert "李*香" in clerk.words
    assert "由镇街负责人发布" in clerk.words
    answer = clerk.post(f"/console/notices/{code}/publish", {"when": "now"})
    assert answer.status_code == 403
    assert status_of(seeded_sessions, case) == "to_publish"


def test_published_it_can_be_read_by_anybody_masked_and_unindexed(
    hung: tuple[str, str, str], stranger: Visitor, seeded_sessions: Sessions
) -> None:
    code, first, _ = hung
    assert status_of(seeded_sessions, first) == "on_notice"
    answer = stranger.get(f"/notices/{code}")
    assert answer.status_code == 200
    assert "李*香" in stranger.words
    assert "李桂香" not in stranger.page
    assert "2022年4月6日至2022年4月13日" in stranger.words
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "script" not in stranger.page
    assert code in stranger.get("/notices/").get_data(as_text=True)


def test_a_draft_and_what_was_taken_down_are_not_there(
    seeded_sessions: Sessions, visit: Visit, stranger: Visitor, hung: tuple[str, str, str]
) -> None:
    code = draft(visit("zhenjingban"), add_case(seeded_sessions, "田秀花"))
    assert stranger.get(f"/notices/{code}").status_code == 404
    with seeded_sessions.begin() as session:
        found = session.scalars(select(PublicNotice).where(PublicNotice.code == hung[0])).one()
        found.taken_down_at = at("2022-04-20 00:00")
    assert stranger.get(f"/notices/{hung[0]}").status_code == 404
    assert "李" not in stranger.words
    assert stranger.get("/notices/nothing").status_code == 404


def test_a_private_number_in_a_name_is_named_and_keeps_it_down(
    seeded_sessions: Sessions, visit: Visit
) -> None:
    case = add_case(seeded_sessions, "李桂香370899197706150029")
    code = draft(visit("zhenjingban"), case)
    head = visit("zhenfuze")
    head.get(f"/console/notices/{code}")
    assert "第1行“姓名”里有身份证号" in head.words
    publish(head, code)
    assert "第1行“姓名”里有身份证号" in head.words
    assert status_of(seeded_sessions, case) == "to_publish"


def test_an_older_page_does_nothing_and_says_what_changed(
    seeded_sessions: Sessions, visit: Visit
) -> None:
    first, second = add_case(seeded_sessions), add_case(seeded_sessions, "王桂兰")
    clerk = visit("zhenjingban")
    code = draft(clerk, first, second)
    head = visit("zhenfuze")
    head.get(f"/console/notices/{code}")
    old = head.field_value("version")
    item = re.search(r'name="item" value="(\d+)"', clerk.page)
    assert item
    form = {"version": clerk.field_value("version"), "item": item[1]}
    clerk.post(f"/console/notices/{code}/drop", form)
    assert "去掉了一行" in clerk.words
    head.post(f"/console/notices/{code}/publish", {"version": old, "when": "now"})
    assert "刚才" in head.words
    assert "从名单里去掉了一行" in head.words
    assert status_of(seeded_sessions, second) == "to_publish"


def test_a_second_click_changes_nothing(hung: tuple[str, str, str], visit: Visit) -> None:
    head = visit("zhenfuze")
    head.get(f"/console/notices/{hung[0]}")
    version = head.field_value("version")
    head.post(f"/console/notices/{hung[0]}/publish", {"version": version, "when": "now"})
    assert "已经发布了" in head.words


def test_it_can_be_left_to_the_clock(seeded_sessions: Sessions, visit: Visit) -> None:
    code = draft(visit("zhenjingban"), add_case(seeded_sessions))
    head = visit("zhenfuze")
    head.get(f"/console/notices/{code}")
    form = {"version": head.field_value("version"), "when": "later", "at": "2022-04-05T08:00"}
    head.post(f"/console/notices/{code}/publish", form)
    assert "已经过了" in head.words
    form["at"] = "2022-04-07T08:00"
    head.post(f"/console/notices/{code}/publish", form)
    assert "2022年4月7日 08:00自动发布" in head.words


def test_the_board_wants_a_photo_and_takes_no_other_file(
    hung: tuple[str, str, str], visit: Visit
) -> None:
    village = visit("cunwenshu")
    page = f"/console/notices/{hung[0]}"
    village.get(page)
    assert "还没有照片" in village.words

    def send(content: bytes) -> None:
        form = {"board": VILLAGE, "hung_on": "2022-04-06", "photo": (BytesIO(content), "墙.jpg")}
        village.post(f"{page}/board", form, content_type="multipart/form-data")

    send(b"MZ a program")
    assert "不是照片" in village.words
    send(JPEG)
    assert "2022年4月6日张贴" in village.words
    shown = re.search(rf"{page}/boards/\d+", village.page)
    assert shown
    assert village.get(shown[0]).get_data() == JPEG


def test_a_file_of_40_megabytes_is_a_sentence(hung: tuple[str, str, str], visit: Visit) -> None:
    village = visit("cunwenshu")
    village.get(f"/console/notices/{hung[0]}")
    answer = village.client.post(
        f"/console/notices/{hung[0]}/board",
        data=b"0" * (40 << 20),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "文件太大" in answer.get_data(as_text=True)


def test_the_paper_for_the_board_has_full_names(hung: tuple[str, str, str], visit: Visit) -> None:
    content = visit("cunwenshu").get(f"/console/notices/{hung[0]}/paper.docx").get_data()
    (table,) = Document(BytesIO(content)).tables
    assert [row.cells[1].text for row in table.rows] == ["姓名", "李桂香", "王桂兰"]


def test_a_neighbour_sees_nothing_and_it_is_written_down(
    hung: tuple[str, str, str], visit: Visit, seeded_sessions: Sessions
) -> None:
    neighbour = visit("xiaomeng")
    for path in ("", "/paper.docx"):
        assert neighbour.get(f"/console/notices/{hung[0]}{path}").status_code == 404
    assert "李桂香" not in neighbour.words
    with seeded_sessions() as session:
        refused = select(AuditEntry).where(AuditEntry.act == "console.refused")
        assert [entry.subject_id for entry in session.scalars(refused)] == [hung[0]] * 2


def test_whoever_looks_is_written_down(
    hung: tuple[str, str, str], visit: Visit, seeded_sessions: Sessions
) -> None:
    visit("jiandu").get(f"/console/notices/{hung[0]}")
    with seeded_sessions() as session:
        looked = select(AuditEntry).where(
            AuditEntry.act == "console.look", AuditEntry.subject_kind == "public_notice"
        )
        assert "console.notice" in {entry.details["why"] for entry in session.scalars(looked)}


def object_to(stranger: Visitor, code: str, **form: str) -> int:
    """Said on the public page against the first on the list."""
    stranger.get(f"/notices/{code}")
    item = re.search(r'<option value="(\d+)"', stranger.page)
    assert item
    answer = stranger.post(
        f"/notices/{code}/objections", {"item": item[1], "words": "她家开着超市", **form}
    )
    return answer.status_code


def test_an_objection_from_the_page_stops_one_and_is_answered(
    hung: tuple[str, str, str], stranger: Visitor, visit: Visit, seeded_sessions: Sessions
) -> None:
    code, first, second = hung
    assert object_to(stranger, code) == 200
    slip = re.search(r"<strong>([\d-]+)</strong><br>查询码 <strong>(\w{6})</strong>", stranger.page)
    assert slip, stranger.words
    assert (status_of(seeded_sessions, first), status_of(seeded_sessions, second)) == (
        "objection",
        "on_notice",
    )
    head = visit("zhenfuze")
    head.get("/console/objections")
    link = re.search(r'/console/objections/[0-9a-f-]{36}(?=")', head.page)
    assert link, head.words
    head.get(link[0])
    assert "她家开着超市" in head.words
    head.post(f"{link[0]}/findings", {"before": "", "findings": "工商系统查过，没有执照"})
    answer = head.post(
        f"{link[0]}/decision", {"outcome": "dismissed", "reply": "打13800001234问过，没有"}
    )
    assert answer.status_code == 409
    assert "“答复”里有手机号" in head.words
    assert "打13800001234问过，没有" in head.page
    head.post(f"{link[0]}/decision", {"outcome": "dismissed", "reply": "查过了，没有营业执照"})
    assert status_of(seeded_sessions, first) == "on_notice"
    stranger.get("/notices/answers")
    stranger.post("/notices/answers", {"number": slip[1], "code": slip[2].lower()})
    assert "查过了，没有营业执照" in stranger.words
    stranger.get("/notices/answers")
    wrong = stranger.post("/notices/answers", {"number": slip[1], "code": "AAAAAA"})
    assert wrong.status_code == 404
    assert "查过了" not in stranger.words


def test_the_page_of_thanks_loaded_anew_is_the_notice(
    hung: tuple[str, str, str], stranger: Visitor
) -> None:
    assert object_to(stranger, hung[0]) == 200
    assert stranger.get(f"/notices/{hung[0]}/objections").status_code == 200
    assert "有意见怎么提" in stranger.words


def test_the_village_sees_neither_page_nor_words(
    hung: tuple[str, str, str], stranger: Visitor, visit: Visit, seeded_sessions: Sessions
) -> None:
    object_to(stranger, hung[0], phone="13800000009")
    village = visit("cunwenshu")
    assert village.get("/console/objections").status_code == 403
    with seeded_sessions() as session:
        objection = session.scalars(select(Objection)).one()
        number = session.scalars(
            select(Application.number).where(Application.status == "objection")
        )
        case = number.one()
        ticket = session.scalars(select(Ticket)).one()
    assert village.get(f"/console/objections/{objection.id}").status_code == 403
    village.get(f"/console/cases/{case}")
    assert "异议1" in village.words
    assert "超市" not in village.words
    assert ticket.number not in village.words
    assert "13800000009" not in village.words


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"words": " "}, "还没写哪儿不对"),
        ({"item": "999999"}, "还没选对谁有意见"),
        ({"phone": "12"}, "电话号码好像不对"),
    ],
)
def test_a_slip_is_a_sentence_and_what_was_typed_stays(
    hung: tuple[str, str, str], stranger: Visitor, form: dict[str, str], words: str
) -> None:
    stranger.get(f"/notices/{hung[0]}")
    assert object_to(stranger, hung[0], **form) == 409
    assert words in stranger.words
    if "words" not in form:
        assert "她家开着超市" in stranger.page


def test_the_page_takes_so_many_an_hour(hung: tuple[str, str, str], stranger: Visitor) -> None:
    sent = [object_to(stranger, hung[0], words=f"第{n}条") for n in range(6)]
    assert sent == [200] * 5 + [409]
    assert "提得太多了" in stranger.words


def test_without_the_pages_token_nothing_is_taken(
    hung: tuple[str, str, str], app: Flask, seeded_sessions: Sessions
) -> None:
    answer = app.test_client().post(
        f"/notices/{hung[0]}/objections", data={"item": "1", "words": "伪造的"}
    )
    assert answer.status_code == 400
    assert "伪造的" in answer.get_data(as_text=True)
    with seeded_sessions() as session:
        assert session.scalars(select(Objection)).all() == []


def test_on_the_last_day_it_says_so_and_after_it_takes_none(
    hung: tuple[str, str, str], stranger: Visitor, watch: Watch
) -> None:
    watch.at = at("2022-04-13 20:00")
    stranger.get(f"/notices/{hung[0]}")
    assert "今天是最后一天" in stranger.words
    form = {"item": "1", "words": "晚了"}
    watch.at = at("2022-04-14 00:01")
    stranger.post(f"/notices/{hung[0]}/objections", form)
    stranger.get(f"/notices/{hung[0]}")
    assert "公示已经结束" in stranger.words
    assert "<form" not in stranger.page


def test_one_entered_for_somebody_gives_a_number_and_a_code(
    hung: tuple[str, str, str], visit: Visit, seeded_sessions: Sessions
) -> None:
    clerk = visit("zhenjingban")
    clerk.get(f"/console/notices/{hung[0]}")
    item = re.search(r'<option value="(\d+)">李桂香', clerk.page)
    assert item
    form = {"item": item[1], "words": "来人说她在外地上班"}
    clerk.post(f"/console/notices/{hung[0]}/objections", form)
    assert "查询码" in clerk.words
    assert status_of(seeded_sessions, hung[1]) == "objection"


def test_a_correction_makes_a_new_draft(
    hung: tuple[str, str, str], visit: Visit, seeded_sessions: Sessions
) -> None:
    head = visit("zhenfuze")
    head.get(f"/console/notices/{hung[0]}")
    item = re.search(r'id="i-(\d+)"', head.page)
    assert item
    form = {"version": head.field_value("version"), "item": item[1], "do": "correct"}
    head.post(f"/console/notices/{hung[0]}/withdraw", {**form, "why": "岗位写错了"})
    assert "更正的名单做成了新草稿" in head.words
    assert "草稿" in head.words
    with seeded_sessions() as session:
        corrects = select(PublicNotice.corrects_id).where(PublicNotice.corrects_id.is_not(None))
        assert len(session.scalars(corrects).all()) == 1


def test_the_case_leads_to_its_notice_and_objection(
    hung: tuple[str, str, str], stranger: Visitor, visit: Visit, seeded_sessions: Sessions
) -> None:
    object_to(stranger, hung[0])
    with seeded_sessions() as session:
        stopped = Application.status == "objection"
        number = session.scalars(select(Application.number).where(stopped)).one()
    head, village = visit("zhenfuze"), visit("cunwenshu")
    for visitor, may in ((head, True), (village, False)):
        visitor.get(f"/console/cases/{number}")
        assert f"/console/notices/{hung[0]}" in visitor.page
        assert ("/console/objections/" in visitor.page) is may


@pytest.mark.parametrize(
    "path",
    ["/notices/%00", "/notices/x%00/objections", "/notices/" + "9" * 300],
)
def test_a_strange_address_is_not_there(path: str, stranger: Visitor) -> None:
    assert stranger.get(path).status_code == 404


def test_characters_that_no_database_takes_are_left_out(
    hung: tuple[str, str, str], stranger: Visitor, seeded_sessions: Sessions
) -> None:
    assert object_to(stranger, hung[0], words="开\x00超市") == 200
    with seeded_sessions() as session:
        words = session.scalars(select(Ticket)).one().words
    assert words is not None
    assert words.startswith("开超市")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("publish", {"when": "later", "at": "9999-12-31T23:59"}),
        ("publish", {"when": "later", "at": "nonsense"}),
        ("drop", {"item": "9" * 30}),
        ("withdraw", {"do": "correct", "item": "9" * 30, "why": "x"}),
        ("withdraw", {"why": ""}),
        ("board", {"board": "nowhere", "hung_on": "nonsense"}),
        ("objections", {"item": "x"}),
    ],
)
def test_nonsense_is_answered_and_changes_nothing(
    hung: tuple[str, str, str],
    visit: Visit,
    seeded_sessions: Sessions,
    path: str,
    form: dict[str, str],
) -> None:
    head = visit("zhenfuze")
    head.get(f"/console/notices/{hung[0]}")
    form = {"version": head.field_value("version"), **form}
    assert head.post(f"/console/notices/{hung[0]}/{path}", form).status_code in {200, 404}
    assert status_of(seeded_sessions, hung[1]) == "on_notice"
    assert head.get(f"/console/notices/{hung[0]}/boards/{'9' * 30}").status_code == 404


def loose(sessions: Sessions, code: str) -> str:
    """An objection from the chat that names nobody on the list; its number."""
    with sessions.begin() as session:
        found = session.scalars(select(PublicNotice).where(PublicNotice.code == code)).one()
        place = region(session, VILLAGE)
        request = tickets.Request(
            TicketKind.OBJECTION,
            words="有一家不够条件",
            contact=create_contact(session),
            place=place,
            accused=place,
            notice_id=found.id,
        )
        return tickets.open_ticket(session, request, at("2022-04-06 09:00")).number


def test_one_from_the_chat_is_assigned_to_whom_it_concerns(
    hung: tuple[str, str, str], visit: Visit, seeded_sessions: Sessions
) -> None:
    number = loose(seeded_sessions, hung[0])
    clerk = visit("zhenjingban")
    clerk.get("/console/")
    assert f"单号{number}）还没认定是对谁的" in clerk.words
    clerk.get("/console/objections")
    item = re.search(r'<option value="(\d+)">王家庄村 王桂兰', clerk.page)
    assert item, clerk.words
    clerk.post(f"/console/objections/tickets/{number}", {"item": item[1]})
    assert "认定好了" in clerk.words
    assert [status_of(seeded_sessions, key) for key in hung[1:]] == ["on_notice", "objection"]


def test_one_that_concerns_nobody_is_answered_from_the_list(
    hung: tuple[str, str, str], visit: Visit, seeded_sessions: Sessions
) -> None:
    number = loose(seeded_sessions, hung[0])
    clerk = visit("zhenjingban")
    clerk.get("/console/objections")
    page = f"/console/objections/tickets/{number}/answer"
    assert clerk.post(page, {"reply": "他家是低保户"}).status_code == 409
    assert "涉及个人困难或病情的字样“低保”" in clerk.words
    assert "他家是低保户" in clerk.page
    clerk.post(page, {"reply": "名单上没有您说的这家"})
    assert "办结" in clerk.words
    assert visit("xiaomeng").post(page, {"reply": "别处的"}).status_code in {403, 404}
