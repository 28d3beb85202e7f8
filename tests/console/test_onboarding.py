"""The pages between the approval and the first day, the registers, and the insurer's lists."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import Application, AuditEntry, Engagement, EngagementStatus
from models.procedure import ApplicationStatus
from tests.builders import card_number, create_engagement, id_number, region
from tests.console.conftest import Visit, Visitor
from tests.sheets import workbook

S = ApplicationStatus
VILLAGE = "v-xinyan-wangjiazhuang"
JPEG = b"\xff\xd8\xff\xe0 the signed copy"


@pytest.fixture
def number(seeded_sessions: sessionmaker[Session]) -> str:
    """A case that has just been approved."""
    with seeded_sessions.begin() as session:
        engagement = create_engagement(session, holder_id=region(session, VILLAGE).id)
        assert engagement.application is not None
        return engagement.application.number


def path(number: str, part: str = "onboarding") -> str:
    return f"/console/cases/{number}/{part}"


def post(visitor: Visitor, number: str, part: str, **form: Any) -> int:
    """Send one of the page's forms, as the page stands now."""
    visitor.get(path(number))
    form["version"] = visitor.field_value("version")
    return visitor.post(path(number, part), form).status_code


def status(sessions: sessionmaker[Session], number: str) -> str:
    with sessions() as session:
        return session.scalars(select(Application.status).filter_by(number=number)).one()


def sheet_of(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()


def signed(visitor: Visitor, number: str) -> int:
    return post(visitor, number, "agreement/signed", signed_on="2022-04-06",
                copy=(BytesIO(JPEG), "协议.jpg"))  # fmt: skip


def test_the_village_and_the_town_bring_somebody_to_the_first_day(
    visit: Visit, number: str, seeded_sessions: sessionmaker[Session]
) -> None:
    village = visit("cunwenshu")
    assert post(village, number, "offer") == 409
    assert "没有办成" in village.words
    assert post(village, number, "offer", paper=(BytesIO(JPEG), "愿意去.jpg")) == 200
    assert "记下了，本人答应去" in village.words
    assert village.get(path(number, "offer/paper")).data == JPEG
    assert post(village, number, "agreement", from_on="2022-04-11") == 200
    assert "2022年4月11日到2025年4月10日" in village.words
    assert village.get(path(number, "agreement.docx")).data.startswith(b"PK")
    assert signed(village, number) == 200
    assert status(seeded_sessions, number) == S.TO_TRAIN
    assert village.get(path(number, "agreement/signed")).data == JPEG
    village.get("/console/trainings")
    lesson = {"held_on": "2022-04-06", "hours": "8", "content": "保洁规范", "passed": number}
    village.post("/console/trainings", lesson)
    assert "记下了" in village.words
    assert post(village, number, "seen") == 200
    assert post(village, number, "account", bank="某银行", holder="李桂香",
                card=card_number()) == 200  # fmt: skip
    assert card_number() not in village.page
    town = visit("zhenjingban")
    town.get(path(number))
    assert "上岗那天没有意外险" in town.words
    district = visit("qujingban")
    cover_everybody(district)
    town.get(path(number))
    town.post(path(number, "steps/start"), {"version": town.field_value("version")})
    assert status(seeded_sessions, number) == S.ON_POST


def cover_everybody(district: Visitor) -> None:
    """Send the add-list back with policies on it."""
    rows = sheet_of(district.get("/console/insurance/add.xlsx").data)
    heads, people = rows[1], rows[2:]
    for row in people:
        row[heads.index("保单号")] = "P-1"
        row[heads.index("起保日期")] = row[heads.index("应从哪天起保")]
    district.get("/console/insurance")
    answer = district.post("/console/insurance", {"list": (workbook([heads, *people]), "单.xlsx")})
    assert answer.status_code == 200
    assert f"记好了{len(people)}人" in district.words


@pytest.mark.parametrize(
    ("part", "form", "words"),
    [
        ("agreement", {"from_on": ""}, "日期没填"),
        ("agreement", {"from_on": "2022-04-01"}, "上岗日期不能早于今天"),
        ("account", {"bank": "某银行", "holder": "王大成", "card": "1"}, "户名和本人姓名不一样"),
        ("agreement/signed", {"signed_on": "2022-04-06"}, "还没出协议"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_nothing_typed_is_lost(
    visit: Visit, number: str, part: str, form: dict[str, str], words: str
) -> None:
    village = visit("cunwenshu")
    assert post(village, number, part, **form) in {409, 422}
    assert words in village.words
    if "holder" in form:
        assert 'value="王大成"' in village.page


def test_a_page_that_is_no_longer_true_says_what_happened(
    visit: Visit, number: str, seeded_sessions: sessionmaker[Session]
) -> None:
    head, clerk = visit("cunzhuren"), visit("cunwenshu")
    post(clerk, number, "agreement", from_on="2022-04-11")
    head.get(path(number))
    version = head.field_value("version")
    assert signed(clerk, number) == 200
    answer = head.post(
        path(number, "agreement/signed"),
        {"version": version, "signed_on": "2022-04-05", "copy": (BytesIO(JPEG), "协议.jpg")},
    )
    assert answer.status_code == 409
    assert "冉小禾" in head.words
    assert status(seeded_sessions, number) == S.TO_TRAIN


def test_a_file_that_is_no_photo_undoes_nothing_else(visit: Visit, number: str) -> None:
    village = visit("cunwenshu")
    post(village, number, "agreement", from_on="2022-04-11")
    assert post(village, number, "agreement/signed", signed_on="2022-04-06",
                copy=(BytesIO(b"PK\x03\x04"), "协议.docx")) == 409  # fmt: skip
    assert "不是照片" in village.words
    assert "XY2022" in village.words


def test_a_neighbour_gets_nothing(visit: Visit, number: str) -> None:
    neighbour = visit("xiaomeng")
    for part in ("onboarding", "agreement.docx", "agreement/signed", "offer/paper"):
        assert neighbour.get(path(number, part)).status_code == 404


def test_the_case_page_leads_here(visit: Visit, number: str) -> None:
    village = visit("cunwenshu")
    village.get(f"/console/cases/{number}")
    assert f"/console/cases/{number}/onboarding" in village.page
    assert "岗位编号 P2022-0001" in village.words


def test_the_register_shows_nobody_before_something_is_asked(visit: Visit, number: str) -> None:
    district = visit("qujingban")
    district.get("/console/people")
    assert "先在上面选一样" in district.words
    district.get("/console/people?name=李")
    assert "至少写两个字" in district.words
    district.get("/console/people?name=李桂")
    assert "李桂香" in district.words
    assert "P2022-0001" in district.words


def test_the_register_ends_at_the_border(visit: Visit, number: str) -> None:
    neighbour = visit("xiaomeng")
    neighbour.get("/console/people?track=rural")
    assert "没有查到这样的人" in neighbour.words
    neighbour.get("/console/people?track=rural&place=xinyan")
    assert "没有查到这样的人" in neighbour.words


def test_an_export_is_marked_written_down_and_holds_what_the_role_needs(
    visit: Visit, number: str, seeded_sessions: sessionmaker[Session]
) -> None:
    district = visit("qujingban")
    rows = sheet_of(district.get("/console/people.xlsx?track=rural").data)
    assert "佟知秋" in rows[0][0]
    assert "身份证号" in rows[1]
    assert str(rows[2][rows[1].index("身份证号")]).startswith("370899")
    head = visit("cunzhuren")
    rows = sheet_of(head.get("/console/people.xlsx?track=rural").data)
    assert "身份证号" not in rows[1]
    with seeded_sessions() as session:
        exported = select(AuditEntry).filter_by(act="register.exported").order_by(AuditEntry.id)
        kept = session.scalars(exported).all()
    assert [one.details["id_numbers"] for one in kept] == [True, False]
    assert head.get("/console/people.xlsx").status_code == 200
    assert "先选好要查谁" in head.words


def test_supervision_looks_and_takes_nothing_away(visit: Visit, number: str) -> None:
    supervision = visit("jiandu")
    assert supervision.get("/console/people?track=rural").status_code == 200
    assert supervision.get("/console/people.xlsx?track=rural").status_code == 403
    assert supervision.get("/console/insurance").status_code == 200
    assert supervision.get("/console/insurance/add.xlsx").status_code == 403


def test_those_who_were_there_before_are_taken_over_whole_or_not_at_all(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    district = visit("qujingban")
    heads = ["姓名", "身份证号", "岗位编号", "上岗日期"]
    good = ["吴一", id_number(order=401), "P2022-0001", "2021-03-01"]
    bad = ["吴二", 370899197005020029.0, "P2022-0001", "2021-03-01"]
    district.get("/console/people/integrated")
    answer = district.post(
        "/console/people/integrated", {"list": (workbook([heads, good, bad]), "名单.xlsx")}
    )
    assert answer.status_code == 409
    assert "B3的身份证号存成了数字" in district.words
    with seeded_sessions() as session:
        assert not session.scalars(select(Engagement)).all()
    district.post("/console/people/integrated", {"list": (workbook([heads, good]), "名单.xlsx")})
    assert "在岗1人" in district.words
    with seeded_sessions() as session:
        taken = session.scalars(select(Engagement)).one()
        assert taken.status == EngagementStatus.ON_POST
        assert str(taken.ends_on) == "2024-02-29"


def test_a_file_that_is_no_list(visit: Visit) -> None:
    district = visit("qujingban")
    for page in ("/console/people/integrated", "/console/insurance"):
        district.get(page)
        assert district.post(page, {}).status_code == 422
        assert "还没选文件" in district.words
        answer = district.post(page, {"list": (BytesIO(b"no workbook"), "名单.xlsx")})
        assert answer.status_code == 422
        assert "打不开" in district.words
        answer = district.post(page, {"list": (workbook([["姓名"], ["吴一"]]), "名单.xlsx")})
        assert "没找到表头" in district.words
