"""The month in Excel by the console's own pages: down, filled in, up, looked at, taken."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AttendanceEvent, Engagement, EventKind, RollSheet
from tests.builders import at
from tests.console.conftest import Visit, Watch
from tests.services.days.test_month_file import DAYS, TITLE, book
from tests.services.month import create_worker, say

DAY = date(2022, 4, 14)


@pytest.fixture
def april(seeded_sessions: sessionmaker[Session], watch: Watch) -> sessionmaker[Session]:
    """王家庄 on the evening of 14 April, a Thursday."""
    watch.at = at("2022-04-14 18:30")
    with seeded_sessions.begin() as session:
        first = create_worker(session, name="司徒望舒", account=False)
        create_worker(session, name="欧阳小满", account=False)
        say(session, first, DAY, EventKind.CHECKIN)
    return seeded_sessions


def events(sessions: sessionmaker[Session]) -> list[tuple[str, int, str]]:
    with sessions() as session:
        rows = session.execute(
            select(AttendanceEvent.kind, AttendanceEvent.day_on, AttendanceEvent.source)
            .where(AttendanceEvent.kind != EventKind.CHECKIN)
            .order_by(AttendanceEvent.day_on, AttendanceEvent.kind)
        )
        return [(str(kind), day.day, source) for kind, day, source in rows]


def test_the_month_goes_down_and_comes_back(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/days?month=2022-04")
    assert "用Excel记整月" in clerk.words
    answer = clerk.get("/console/days/grid.xlsx?month=2022-04")
    content = answer.get_data()
    setup = zipfile.ZipFile(BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert 'paperSize="9"' in setup
    assert 'orientation="landscape"' in setup
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "王家庄村2022年4月城乡公益性岗位考勤表"
    assert [rows[2][column] for column in (0, 2, 4, 33)] == ["序号", "姓名", 1, 30]
    people = {row[2]: row for row in rows[4:6]}
    people["司徒望舒"][3 + 14] = people["欧阳小满"][3 + 14] = "√"
    people["欧阳小满"][3 + 12] = people["欧阳小满"][3 + 8] = "√"
    filled = BytesIO(book(rows))

    clerk.get("/console/days/sheet?month=2022-04")
    clerk.post("/console/days/sheet", {"month": "2022-04", "list": (filled, "考勤.xlsx")})
    assert "记成点名 2格" in clerk.words
    assert "报补签 1格" in clerk.words
    assert "只能补最近3天的" in clerk.words
    assert events(april) == [], "looking takes nothing"
    with april() as session:
        key = session.scalars(select(RollSheet.id)).one()
    path = f"/console/days/sheets/{key}"
    form = {"opened": clerk.field_value("opened")}
    assert clerk.post(path, form).status_code == 409
    assert "请选一个缘故" in clerk.words
    clerk.post(path, {**form, "reason": "sheet"})
    assert "点名记了2格，补签报了1格" in clerk.words
    taken = [
        ("backfill_asked", 12, "month_sheet"),
        ("present", 14, "month_sheet"),
        ("present", 14, "month_sheet"),
    ]
    assert events(april) == taken
    assert clerk.post(path, {**form, "reason": "sheet"}).status_code == 409
    assert "没有要记的" in clerk.words
    assert events(april) == taken
    clerk.get("/console/days/sheet?month=2022-04")
    assert "点名2格，补签1格" in clerk.words
    with april() as session:
        worker = session.scalars(
            select(Engagement).join(Engagement.person).where(Engagement.person.has(name="欧阳小满"))
        ).one()
    clerk.get(f"/console/days/workers/{worker.id}/2022-04-12")
    assert "考勤员照月度考勤表替报的" in clerk.words
    clerk.get("/console/days/backfills")
    assert "没有等着作证的" in clerk.words
    head = visit("cunzhuren")
    head.get("/console/days/backfills")
    assert "村里纸质考勤表上有" in head.words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xcf\x11\xe0", "老格式"),
        (b"%PDF-1.4", "打不开"),
        (book([["姓名", "实发（元）"], ["司徒望舒", 833.33]]), "这是发放表"),
        (book([["2022年3月"], ["姓名", *DAYS], ["司徒望舒", "√"]]), "表的标题写的是2022-03"),
        (book([["姓名", "电话"], ["司徒望舒", "1"]]), "没找到考勤表的表头"),
    ],
)
def test_what_cannot_be_taken_is_told(
    april: sessionmaker[Session], visit: Visit, content: bytes, said: str
) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/days/sheet")
    form: dict[str, Any] = {"month": "2022-04", "list": (BytesIO(content), "x.xlsx")}
    assert clerk.post("/console/days/sheet", form).status_code == 422
    assert said in clerk.words
    for empty in ({"month": "2022-04"}, {"month": "4", "list": (BytesIO(content), "x.xlsx")}):
        assert clerk.post("/console/days/sheet", empty).status_code == 409
        assert "还没选文件" in clerk.words
    with april() as session:
        assert session.scalars(select(RollSheet)).all() == []


def test_each_cell_that_is_wrong_is_named(april: sessionmaker[Session], visit: Visit) -> None:
    rows: list[list[Any]] = [
        [TITLE], ["姓名", *DAYS],
        ["司徒望舒", *[""] * 12, "来了吧", "", "√", "√"], ["谁也不是", "√"],
    ]  # fmt: skip
    clerk = visit("cunwenshu")
    clerk.get("/console/days/sheet")
    clerk.post("/console/days/sheet", {"month": "2022-04", "list": (BytesIO(book(rows)), "x.xlsx")})
    assert "N3的记号认不出来" in clerk.words
    assert "15、16日" in clerk.words, "two cells of one kind are one row"
    assert "那天还没到" in clerk.words
    assert "没有“谁也不是”" in clerk.words
    assert "记下能记的" not in clerk.words


def test_only_the_clerk_of_the_village(april: sessionmaker[Session], visit: Visit) -> None:
    clerk = visit("cunwenshu")
    clerk.get("/console/days/sheet")
    content = book([["姓名", *DAYS], ["司徒望舒", *[""] * 13, "√"]])
    clerk.post("/console/days/sheet", {"month": "2022-04", "list": (BytesIO(content), "x.xlsx")})
    with april() as session:
        key = session.scalars(select(RollSheet.id)).one()
    for login in ("cunzhuren", "zhenjingban", "qujingban"):
        other = visit(login)
        assert other.get(f"/console/days/sheets/{key}").status_code == 403
        assert other.get("/console/days/sheet").status_code == 403
