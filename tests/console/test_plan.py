"""The plan's pages: what is shown to whom, entering, Excel, moving posts, and bad input."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from sqlalchemy.orm import Session, sessionmaker

from models import PlanVersion
from services import plan, sheets_out
from tests.console.conftest import Visit, Visitor
from tests.services.test_sheets_excel import annex, xlsx

WORDS = {"document": "区政府会议纪要7号", "reason": "大安镇用不完", "effective_on": "2022-05-01"}


def typed(visitor: Visitor) -> dict[str, str]:
    """Every field of the form on the page, as a browser would send it."""
    fields = re.findall(r'name="((?:n|target)-[^"]+)" value="([^"]*)"', visitor.page)
    return {**dict(fields), "based_on": visitor.field_value("based_on"), **WORDS}


def versions(sessions: sessionmaker[Session], year: int = 2022) -> list[PlanVersion]:
    with sessions() as session:
        return plan.history(session, year)


def test_the_district_sees_every_town_and_a_town_its_own(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan")
    for words in ("新兖镇", "大安镇", "1800", "587", "附件2未分配", "第1版"):
        assert words in clerk.words
    town = visit("xiaomeng")
    town.get("/console/plan/2022")
    assert "小孟镇" in town.words
    assert "大安镇" not in town.words
    assert "下达新的一版" not in town.words


def test_a_year_without_a_version_is_not_issued(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2023")
    assert "2023年的计划还没下达" in clerk.words
    assert clerk.get("/console/plan/1").status_code == 404


def test_the_chart_is_an_image_of_the_tables_numbers(visit: Visit) -> None:
    clerk = visit("qujingban")
    answer = clerk.get("/console/plan/2022/rural.svg")
    assert answer.mimetype == "image/svg+xml"
    picture = answer.get_data(as_text=True)
    assert "颜店镇" in picture
    assert "<script" not in picture
    assert 'width="720"' in picture
    assert clerk.get("/console/plan/2022/moon.svg").status_code == 404


def test_a_new_version_by_form(visit: Visit, seeded_sessions: sessionmaker[Session]) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2022/new")
    form = typed(clerk)
    assert form["n-daan-rural"] == "216"
    form |= {"n-daan-rural": "200", "n-xinyan-rural": "４０６"}
    clerk.post("/console/plan/2022/new", form)
    assert "第2版下达好了" in clerk.words
    newest = versions(seeded_sessions)[0]
    assert (newest.version, newest.document) == (2, "区政府会议纪要7号")
    clerk.get("/console/plan/2022/versions/2")
    assert "406" in clerk.words
    clerk.get("/console/plan/2022/versions/1")
    assert "390" in clerk.words
    assert clerk.get("/console/plan/2022/versions/9").status_code == 404


def test_what_does_not_add_up_comes_back_as_typed(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2022/new")
    form = typed(clerk) | {"n-daan-rural": "217"}
    answer = clerk.post("/console/plan/2022/new", form)
    assert answer.status_code == 422
    assert "乡村一列加起来是1801，合计写的是1800" in clerk.words
    assert 'value="217"' in clerk.page
    assert "大安镇用不完" in clerk.page
    answer = clerk.post("/console/plan/2022/new", form | {"n-daan-rural": "二百", "reason": ""})
    assert "大安镇填的“二百”不是整数" in clerk.words
    assert 'value="二百"' in clerk.page
    assert len(versions(seeded_sessions)) == 1


def test_the_second_of_two_clerks_learns_of_the_first(visit: Visit) -> None:
    first, second = visit("qujingban"), visit("qushenpi")
    first.get("/console/plan/2022/new")
    second.get("/console/plan/2022/new")
    form = typed(second) | {"n-daan-rural": "200", "n-xinyan-rural": "406"}
    first.post("/console/plan/2022/new", typed(first))
    answer = second.post("/console/plan/2022/new", form)
    assert answer.status_code == 422
    assert "刚才有人又下达了一版（现在是第2版）" in second.words
    assert 'value="406"' in second.page


def test_lowering_the_years_total_needs_its_mark(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2022/new")
    form = typed(clerk) | {"n-daan-rural": "30", "target-rural": "1614"}
    clerk.post("/console/plan/2022/new", form)
    assert "方案二定的这一年是2387" in clerk.words
    clerk.post("/console/plan/2022/new", form | {"total_adjusted": "1"})
    assert "第2版下达好了" in clerk.words


def test_excel_is_read_into_the_form_and_not_entered(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("qujingban")
    grid = annex()
    grid[0][0] = "2023年岗位计划分配表"
    grid[2][3] = "390"
    clerk.get("/console/plan/2023")
    clerk.post("/console/plan/2023/import", {"sheet": (BytesIO(xlsx(grid)), "附件.xlsx")})
    assert "还没存" in clerk.words
    assert "数字存成了文本" in clerk.words
    assert versions(seeded_sessions, 2023) == []
    clerk.post("/console/plan/2023/new", typed(clerk))
    assert "第1版下达好了" in clerk.words
    assert len(versions(seeded_sessions, 2023)) == 1


@pytest.mark.parametrize("junk", [b"", b"\x00" * 2000, b"%PDF-1.7"])
def test_a_file_that_is_no_sheet(visit: Visit, junk: bytes) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2022")
    answer = clerk.post("/console/plan/2022/import", {"sheet": (BytesIO(junk), "a.xlsx")})
    assert answer.status_code == 422
    assert "这个文件打不开" in clerk.words


def test_a_cell_that_is_wrong_is_named_and_no_file_is_said(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2022")
    clerk.post("/console/plan/2022/import", {})
    assert "请先选一个Excel文件" in clerk.words
    grid = annex()
    grid[3][3] = 25
    clerk.post("/console/plan/2022/import", {"sheet": (BytesIO(xlsx(grid)), "a.xlsx")})
    assert "表“附件2”B4：这一行城镇加乡村是255，写的是254" in clerk.words


def test_a_table_of_another_year_is_refused(visit: Visit) -> None:
    clerk = visit("qujingban")
    clerk.get("/console/plan/2023")
    clerk.post("/console/plan/2023/import", {"sheet": (BytesIO(xlsx(annex())), "a.xlsx")})
    assert "表里写的是2022年，您选的是2023年" in clerk.words


def test_posts_are_moved_between_towns(
    visit: Visit, seeded_sessions: sessionmaker[Session]
) -> None:
    clerk = visit("qushenpi")
    clerk.get("/console/plan/2022")
    form = {
        **WORDS, "track": "rural", "giver": "daan", "taker": "xinyan", "number": "16",
        "based_on": clerk.field_value("based_on"),
    }  # fmt: skip
    answer = clerk.post("/console/plan/2022/transfer", form | {"number": "999"})
    assert answer.status_code == 422
    assert "最多能调出216个" in clerk.words
    assert "大安镇用不完" in clerk.page
    clerk.post("/console/plan/2022/transfer", form)
    assert "第2版下达好了" in clerk.words
    with seeded_sessions() as session:
        latest = plan.latest(session, 2022)
        assert latest is not None
        numbers = plan.numbers_of(session, latest)
    assert (numbers["daan"]["rural"], numbers["xinyan"]["rural"]) == (200, 406)
    clerk.post("/console/plan/2022/transfer", form)  # the same click again
    assert "现在是第2版" in clerk.words
    assert len(versions(seeded_sessions)) == 2


@pytest.mark.parametrize("login", ["zhenfuze", "cunzhuren", "guanliyi", "jiandu", "disanfang"])
def test_who_may_not_enter(
    visit: Visit, login: str, seeded_sessions: sessionmaker[Session]
) -> None:
    other = visit(login)
    assert other.get("/console/plan/2022").status_code == 200
    for path in ("new", "import", "transfer"):
        assert other.post(f"/console/plan/2022/{path}", WORDS).status_code == 403
    assert len(versions(seeded_sessions)) == 1


def test_the_sheet_that_is_given_out_can_be_brought_back(visit: Visit) -> None:
    clerk = visit("qujingban")
    answer = clerk.get("/console/plan/2022/sheet.xlsx")
    assert answer.mimetype == sheets_out.CONTENT_TYPE
    clerk.get("/console/plan/2022")
    clerk.post("/console/plan/2022/import", {"sheet": (BytesIO(answer.data), "a.xlsx")})
    assert "还没存" in clerk.words
