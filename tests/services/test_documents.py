"""Printed sheets: filled, escaped, and the same as their layouts say."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import jinja2
import pytest
from docx import Document

from rules import strict_yaml
from services.documents import FOLDER, NoSuchDocument, render
from services.documents.build import build

LAYOUTS = sorted((FOLDER / "layouts").glob("*.yaml"))


def notice(**overrides: Any) -> dict[str, Any]:
    line = {"order": 1, "name": "李桂香", "village": "王家庄村", "post": "保洁员"}
    return {
        "title": "公示",
        "posted_on": date(2022, 4, 8),
        "last_on": date(2022, 4, 15),
        "working_days": 5,
        "town": "新兖镇",
        "phone": "0537-0000000",
        "place": "新兖镇",
        "code": "2022-0002",
        "lines": [line | {"number_tail": "0012"}],
    } | overrides


def text_of(content: bytes) -> str:
    """Every paragraph and cell of a document."""
    sheet = Document(BytesIO(content))
    cells = [cell.text for table in sheet.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in sheet.paragraphs] + cells)


def test_a_sheet_holds_its_values_and_no_template_signs() -> None:
    text = text_of(render("public_notice", notice()))
    assert "2022年4月8日至2022年4月15日" in text
    assert "李桂香" in text
    assert "{" not in text


def test_a_name_with_signs_in_it_stays_a_name() -> None:
    text = text_of(render("public_notice", notice(title="<w:br/>& {{ 1 }}")))
    assert "<w:br/>& {{ 1 }}" in text


def test_each_item_has_a_row() -> None:
    lines = [
        {"order": n, "name": f"人{n}", "village": "村", "post": "岗", "number_tail": "0001"}
        for n in range(1, 41)
    ]
    (table,) = Document(BytesIO(render("public_notice", notice(lines=lines)))).tables
    assert [row.cells[1].text for row in table.rows[1:]] == [f"人{n}" for n in range(1, 41)]


def test_a_value_that_lacks_is_an_error_and_not_a_blank() -> None:
    context = notice()
    del context["phone"]
    with pytest.raises(jinja2.UndefinedError):
        render("public_notice", context)


def test_a_document_that_is_not_there() -> None:
    with pytest.raises(NoSuchDocument):
        render("nothing", {})


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.stem)
def test_a_template_is_there_for_every_layout_and_as_it_says(path: Any) -> None:
    stored = Document(str(FOLDER / f"{path.stem}.docx"))
    made = BytesIO()
    build(strict_yaml.load(path)).save(made)
    assert text_of((FOLDER / f"{path.stem}.docx").read_bytes()) == text_of(made.getvalue())
    assert len(stored.tables) == len(Document(BytesIO(made.getvalue())).tables)
