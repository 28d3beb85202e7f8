"""The month's sheet as clerks fill it: what is read for certain, and what is said instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from services.days import month_file
from services.days.month_file import Filled
from services.sheets_in import Unfit
from tests.services.test_sheets_in_size import rewritten

APRIL = date(2022, 4, 1)
DAYS = list(range(1, 31))
TITLE = "新兖镇王家庄村2022年4月公益性岗位考勤表"


def book(
    rows: Sequence[Sequence[Any]], merges: Sequence[tuple[int, int, int, int, Any]] = ()
) -> bytes:
    """A workbook of one sheet; merges: from row and column to row and column, with a text."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        dates = made.add_format({"num_format": "d"})
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(at, place, datetime.combine(value, datetime.min.time()),
                                         dates)  # fmt: skip
                else:
                    sheet.write(at, place, value)
        for top, left, bottom, right, text in merges:
            sheet.merge_range(top, left, bottom, right, text)
    return out.getvalue()


def read(
    rows: Sequence[Sequence[Any]], merges: Sequence[tuple[int, int, int, int, Any]] = ()
) -> Filled:
    return month_file.read(book(rows, merges), APRIL)


def marks(filled: Filled, line: int = 0) -> dict[int, str | None]:
    return {cell.day: cell.mark for cell in filled.lines[line].cells}


@pytest.mark.parametrize(
    "heads",
    [
        DAYS, [f"{day}日" for day in DAYS], [f"{day}号" for day in DAYS],
        [f"4月{day}日" for day in DAYS], [f"4.{day}" for day in DAYS],
        [f"{day:02d}" for day in DAYS], ["１", "２", "３", "４", "５", "６"],
        [date(2022, 4, day) for day in DAYS],
    ],
    ids=["numbers", "ri", "hao", "dates in words", "points", "padded", "full width", "dates"],
)  # fmt: skip
def test_heads_as_people_write_them(heads: list[Any]) -> None:
    filled = read([[TITLE], ["序号", "姓名", *heads], [1, "李桂香", "√", "×", "", "√"]])
    assert filled.month_on == APRIL
    assert filled.lines[0].name == "李桂香"
    assert marks(filled) == {1: "present", 2: "absent", 4: "present"}


def test_heads_over_two_rows_a_moved_head_and_a_column_of_its_own() -> None:
    rows: list[list[Any]] = [
        [TITLE], [], ["单位：王家庄村"],
        ["序号", "姓 名", "队别", "日期", "", "", "", "", "备注"],
        ["", "", "", 1, 2, 3, 4, 5, ""],
        [1, "李桂香", "一队", "√", "√", "", "假", "√", "勤快"],
        ["合计", "合计", "", 1, 1, 0, 0, 1, ""],
        ["", "考勤员：孙文书", "", "√"],
    ]  # fmt: skip
    filled = read(rows, [(3, 3, 3, 7, "日期")])
    assert marks(filled) == {1: "present", 2: "present", 4: "on_leave", 5: "present"}
    assert len(filled.lines) == 1
    assert filled.lines[0].cells[0].address == "D6"


@pytest.mark.parametrize(
    ("signs", "mark"),
    [
        (["√", "✓", "✔", " √ ", "对", "对勾", "出勤", "到", "1", 1, "v", "ｖ"], "present"),
        (["×", "x", "X", "Ｘ", "✗", "缺", "缺勤", "旷工", "没来", "0", 0], "absent"),
        (["○", "〇", "△", "假", "事假", "病", "请假", "o", "Ｏ"], "on_leave"),
        (["休", "休息", "节", "停工", "暂", "-"], "off"),
        (["？", "?", "未定"], "open"),
        (["半天", "√×", "到岗早", "12"], None),
    ],
)
def test_signs(signs: list[Any], mark: str | None) -> None:
    filled = read([["姓名", *DAYS], ["李桂香", *signs]])
    assert set(marks(filled).values()) == {mark}
    assert len(filled.lines[0].cells) == len(signs)


def test_a_long_cell_holds_for_each_of_its_days_but_not_for_two_people() -> None:
    rows: list[list[Any]] = [["姓名", *DAYS], ["李桂香"], ["王大成"]]
    filled = read(rows, [(1, 3, 1, 5, "病"), (1, 8, 2, 8, "√"), (3, 0, 3, 20, "说明：√出勤")])
    assert marks(filled)[3] == marks(filled)[5] == "on_leave"
    assert [cell.day for cell in filled.lines[0].cells if cell.merged] == [8]
    assert [cell.day for cell in filled.lines[1].cells if cell.merged] == [8]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"\xd0\xcf\x11\xe0 old", "day_console.sheet_old_excel"),
        (b"name,1,2", "sheet.unreadable"),
        (b"", "sheet.unreadable"),
        (b"PK\x03\x04 broken", "sheet.unreadable_or_vast"),
        (book([["姓名", "电话"], ["李桂香", "1"]]), "day_console.sheet_no_head"),
        (book([[], ["序号", "姓名", "应发（元）", "实发（元）"], [1, "李桂香", 833.33, 833.33]]),
         "day_console.sheet_is_pay_list"),
        (book([["2022年3月考勤表"], ["姓名", *DAYS], ["李桂香", "√"]]),
         "day_console.sheet_other_month"),
    ],
)  # fmt: skip
def test_what_is_no_months_sheet_is_told_apart(content: bytes, key: str) -> None:
    with pytest.raises(Unfit) as raised:
        month_file.read(content, APRIL)
    assert raised.value.obstacle.key == key


def test_rows_that_say_nothing_are_none() -> None:
    assert read([["姓名", *DAYS], ["李桂香"], ["", "√"], ["王大成", "√"]]).lines[0].name == "王大成"


CELLS = st.one_of(
    st.text("√×○假休1230姓名编号月日年.-/ 、合计", max_size=6), st.integers(-2, 40),
    st.floats(allow_nan=False, allow_infinity=False), st.just("姓名"), st.just(TITLE),
    st.dates(date(1999, 1, 1), date(2030, 1, 1)),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, max_size=34), max_size=12), st.data())
def test_whatever_a_sheet_holds_it_is_read_or_refused(
    rows: list[list[Any]], data: st.DataObject
) -> None:
    if data.draw(st.booleans()):
        rows.insert(data.draw(st.integers(0, len(rows))), ["姓名", *DAYS])
    try:
        filled = month_file.read(book(rows), APRIL)
    except Unfit:
        return
    assert filled.month_on in {None, APRIL}
    for line in filled.lines:
        assert line.cells
        assert line.code or line.name
        assert {cell.day for cell in line.cells} <= filled.days <= set(range(1, 32))


def test_a_cell_merged_over_the_whole_sheet_costs_nothing() -> None:
    small = book([["姓名", *DAYS], ["李桂香", "√"]], [(2, 1, 2, 2, "√")])
    vast = rewritten(small, lambda text: text.replace(b'"B3:C3"', b'"B3:XFD1048576"'))
    assert vast != small
    assert marks(month_file.read(vast, APRIL)) == {1: "present"}
