"""The plan's Excel sheet: what clerks do to it, each trouble named by its cell (R-A2a)."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from rules import quota as law
from services import sheets_excel, sheets_out
from tests.builders import NOW

Grid = list[list[Any]]


def annex() -> Grid:
    """附件2 as it is typed: a title, the heads, ten rows, the totals."""
    rows: Grid = [["2022年岗位计划分配表", "", "", ""], ["镇街", "合计", "城镇", "乡村"]]
    for town in law.towns():
        if town.kind != "committee":
            rows.append(
                [
                    town.name,
                    *(law.quota(2022, town.code, track) for track in ("total", "urban", "rural")),
                ]
            )
    return [*rows, ["合计", 2387, 587, 1800]]


def xlsx(grid: Grid, *merges: tuple[int, int, int, int, Any]) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("附件2")
        for row, cells in enumerate(grid):
            for column, value in enumerate(cells):
                sheet.write(row, column, value)
        for merge in merges:
            sheet.merge_range(*merge)
    return out.getvalue()


def troubles(content: bytes) -> list[tuple[str, Any]]:
    return [(one.key, one.slots.get("cell")) for one in sheets_excel.read_plan(content).errors]


def test_the_annex_is_read_with_its_title_merged() -> None:
    read = sheets_excel.read_plan(xlsx(annex(), (0, 0, 0, 3, "2022年岗位计划分配表")))
    assert read.errors == []
    assert read.year == 2022
    assert read.targets == {"urban": 587, "rural": 1800}
    assert read.numbers["xinyan"] == {"urban": 20, "rural": 390}
    assert len(read.numbers) == 10


def test_numbers_as_text_are_read_and_said() -> None:
    grid = annex()
    grid[2][1:] = ["410", " 20 ", "３９０"]
    read = sheets_excel.read_plan(xlsx(grid))
    assert read.errors == []
    assert read.numbers["xinyan"] == {"urban": 20, "rural": 390}
    assert [(one.key, one.slots) for one in read.remarks] == [
        ("plan.sheet_text_numbers", {"count": 3})
    ]


@pytest.mark.parametrize(
    ("row", "column", "value", "expected"),
    [
        (2, 3, 391, [("plan.sheet_row_sum", "B3"), ("plan.sheet_column_sum", "D13")]),
        (2, 3, "三百九", [("plan.sheet_not_a_number", "D3")]),
        (2, 3, 390.5, [("plan.sheet_not_a_number", "D3")]),
        (2, 3, -390, [("plan.sheet_not_a_number", "D3")]),
        (2, 3, "", [("plan.sheet_empty", "D3")]),
        (2, 0, "火星镇", [("plan.sheet_unknown_town", "A3")]),
        (12, 1, 2388, [("plan.sheet_row_sum", "B13"), ("plan.sheet_column_sum", "B13")]),
    ],
)
def test_a_cell_that_does_not_fit_is_named(
    row: int, column: int, value: Any, expected: list[tuple[str, str]]
) -> None:
    grid = annex()
    grid[row][column] = value
    found = troubles(xlsx(grid))
    assert set(expected) <= set(found)
    assert found[0] == expected[0]


def test_a_town_twice_and_two_totals() -> None:
    grid = annex()
    grid[3][0] = "新兖"
    assert ("plan.sheet_town_twice", "A4") in troubles(xlsx(grid))
    grid = [*annex(), ["总计", 2387, 587, 1800]]
    assert ("plan.sheet_two_total_rows", "A14") in troubles(xlsx(grid))


def test_no_total_row_no_table_no_workbook() -> None:
    assert ("plan.sheet_no_total_row", None) in troubles(xlsx(annex()[:-1]))
    assert troubles(xlsx([["姓名", "电话"]])) == [("plan.sheet_no_table", None)]
    for junk in (b"", b"PK\x03\x04 no", b"name,rural\n"):
        assert troubles(junk) == [("plan.sheet_unreadable", None)]


def test_merged_numbers_belong_to_nobody() -> None:
    grid = annex()
    grid[3][3] = ""
    assert ("plan.sheet_merged", "D3:D4") in troubles(xlsx(grid, (2, 3, 3, 3, 414)))


def test_columns_in_another_order_and_an_old_name() -> None:
    grid = [[row[0], row[3], row[2], row[1]] for row in annex()]
    grid[4][0] = "龙桥办事处"
    read = sheets_excel.read_plan(xlsx(grid))
    assert read.errors == []
    assert read.numbers["longqiao"] == {"urban": 167, "rural": 48}


def test_what_we_give_out_is_what_we_read_back() -> None:
    numbers = sheets_excel.read_plan(xlsx(annex())).numbers
    read = sheets_excel.read_plan(sheets_out.plan_sheet(2023, numbers, "佟知秋", NOW))
    assert (read.errors, read.year, read.numbers) == ([], 2023, numbers)


def test_a_register_is_marked_and_holds_no_formula() -> None:
    columns = [sheets_out.Column("名称"), sheets_out.Column("人数")]
    rows = [['=HYPERLINK("http://x")', 3], ["+86", 4]]
    made = sheets_out.register("岗位", columns, rows, "佟知秋", NOW)
    table = CalamineWorkbook.from_filelike(BytesIO(made)).get_sheet_by_index(0).to_python()
    mark = str(table[0][0])
    assert "佟知秋" in mark
    assert "2022-04-06 09:00" in mark
    assert table[1] == ["名称", "人数"]
    assert table[2] == ['=HYPERLINK("http://x")', 3.0]
    assert table[3] == ["+86", 4.0]
