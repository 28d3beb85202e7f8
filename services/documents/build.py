"""`python -m services.documents.build`: make the Word templates from `layouts/*.yaml`.

A layout is a mapping: `landscape: true` or not, and `blocks`, each one of

    title: text                            in the middle, large
    line: text                             a paragraph; beside it `size`, `bold`, `align`, `indent`
    table: {for: people, as: row, columns: [{head: …, cell: …, cm: …}], blank_rows: n}
    facts: [[label, text], …]              a table of two columns
    if: condition / end: if                what stands between appears only where it holds

Texts are Jinja: `{{ place }}`. A name in `for` is a list in the context; each of its items becomes
a row. Sizes are points: 12 where nothing is said, which people of 60 read without glasses.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as Sheet
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from rules import strict_yaml

FOLDER = Path(__file__).parent
FACE, TITLE_FACE = "FangSong", "SimHei"
"""The faces of official papers, by the names that every Word knows them under."""

_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}


def build_all() -> list[str]:
    """Write every template; gives their names."""
    names = []
    for path in sorted((FOLDER / "layouts").glob("*.yaml")):
        made = BytesIO()
        build(strict_yaml.load(path)).save(made)
        (FOLDER / f"{path.stem}.docx").write_bytes(_without_times(made))
        names.append(path.stem)
    return names


def _without_times(made: BytesIO) -> bytes:
    """The same file whenever it is built, so that version control sees changes only."""
    still = BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(still, "w") as target:
        for entry in source.infolist():
            timeless = zipfile.ZipInfo(entry.filename)
            timeless.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(timeless, source.read(entry))
    return still.getvalue()


def build(layout: dict[str, Any]) -> Sheet:
    """The template that a layout describes."""
    sheet = Document()
    _set_page(sheet, landscape=bool(layout.get("landscape")))
    for block in layout["blocks"]:
        _add(sheet, block)
    return sheet


def _set_page(sheet: Sheet, *, landscape: bool) -> None:
    section = sheet.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(29.7), Cm(21)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2)
    normal = sheet.styles["Normal"]
    normal.font.name, normal.font.size = FACE, Pt(12)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FACE)
    normal.paragraph_format.space_after = Pt(4)


def _add(sheet: Sheet, block: dict[str, Any]) -> None:
    if "title" in block:
        paragraph = sheet.add_paragraph()
        _write(paragraph, block["title"], size=block.get("size", 20), face=TITLE_FACE)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif "line" in block:
        _add_line(sheet, block)
    elif "table" in block:
        _add_table(sheet, block["table"])
    elif "facts" in block:
        _add_facts(sheet, block["facts"])
    elif "if" in block:
        sheet.add_paragraph(f"{{%p if {block['if']} %}}")
    else:
        sheet.add_paragraph(f"{{%p end{block['end']} %}}")


def _add_line(sheet: Sheet, block: dict[str, Any]) -> None:
    paragraph = sheet.add_paragraph()
    bold = bool(block.get("bold"))
    _write(paragraph, block["line"], size=block.get("size", 12), bold=bold)
    paragraph.alignment = _ALIGN[block.get("align", "left")]
    if block.get("indent"):
        paragraph.paragraph_format.first_line_indent = Pt(2 * block.get("size", 12))


def _add_table(sheet: Sheet, told: dict[str, Any]) -> None:
    columns, size = told["columns"], told.get("size", 12)
    table = sheet.add_table(rows=1, cols=len(columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for cell, column in zip(table.rows[0].cells, columns, strict=True):
        _fill(cell, column["head"], size=size, bold=True)
    _repeat_head(table)
    _add_row(table, [f"{{%tr for {told['as']} in {told['for']} %}}"] + [""] * (len(columns) - 1))
    _add_row(table, [column["cell"] for column in columns], size)
    _add_row(table, ["{%tr endfor %}"] + [""] * (len(columns) - 1))
    for _ in range(told.get("blank_rows", 0)):
        _add_row(table, [""] * len(columns), size)
    _set_widths(table, [column["cm"] for column in columns])


def _add_facts(sheet: Sheet, facts: list[list[str]]) -> None:
    table = sheet.add_table(rows=0, cols=2, style="Table Grid")
    for label, text in facts:
        cells = _new_row(table).cells
        _fill(cells[0], label, size=12, bold=True)
        _fill(cells[1], text, size=12)
    _set_widths(table, [4.0, 12.5])
    sheet.add_paragraph()


def _add_row(table: Table, texts: list[str], size: int = 12) -> None:
    for cell, text in zip(_new_row(table).cells, texts, strict=True):
        _fill(cell, text, size=size)


def _new_row(table: Table) -> _Row:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call] # untyped in the library
    row.height = Cm(0.9)
    return row


def _fill(cell: _Cell, text: str, *, size: int, bold: bool = False) -> None:
    _write(cell.paragraphs[0], text, size=size, bold=bold)


def _write(
    paragraph: Paragraph, text: str, *, size: int, bold: bool = False, face: str = FACE
) -> None:
    run = paragraph.add_run(text)
    run.font.size, run.font.name, run.bold = Pt(size), face, bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), face)


def _repeat_head(table: Table) -> None:
    """The head stands on every page of a long list."""
    properties = table.rows[0]._tr.get_or_add_trPr()
    properties.append(properties.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))


def _set_widths(table: Table, widths_cm: list[float]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths_cm, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_cm, strict=True):
            cell.width = Cm(width)


if __name__ == "__main__":
    build_all()
