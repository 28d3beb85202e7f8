"""A workbook that would not fit into memory is refused before it is opened."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
import xlsxwriter

from services import sheets_in, sheets_in_size
from services.sheets_excel import read_plan
from services.sheets_in import Unfit


def book(*places: str, rows: int = 0) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        for place in ("A1", *places):
            sheet.write(place, "姓名")
        for row in range(rows):
            sheet.write_row(row, 0, [row] * 15)
    return out.getvalue()


def rewritten(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with its sheet changed by hand."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            new.writestr(part, change(text) if "sheet1" in part.filename else text)
    return out.getvalue()


ODS_CELLS = """<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
<table:table table:name="1"><table:table-row table:number-rows-repeated="1048576">
<table:table-cell table:number-columns-repeated="16384" office:value-type="string">
<text:p>1</text:p></table:table-cell></table:table-row></table:table>
</office:spreadsheet></office:body></office:document-content>"""


def open_document() -> bytes:
    """A file of some hundred bytes in which one cell is repeated over the whole sheet."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("content.xml", ODS_CELLS)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [book("C3"), book("XFD100"), book("A1048576"), book(rows=20_000), b"", b"name,1", b"\xd0\xcf"],
    ids=["small", "wide", "long", "many rows", "empty", "text", "old"],
)
def test_what_fits(content: bytes) -> None:
    assert sheets_in_size.fits(content)


@pytest.mark.parametrize(
    "content",
    [
        book("XFD1048576"),
        rewritten(book("C3"), lambda text: text.replace(b'r="C3"', b"r = 'xfd1048576'")),
        rewritten(book("XFD2"), lambda text: text.replace(b'row r="2"', b'row  r="1048576"')),
        b"PK\x03\x04 broken",
        open_document(),
    ],
    ids=["far", "written otherwise", "far row", "broken", "of OpenOffice"],
)
def test_what_does_not_is_told_and_nobody_dies(content: bytes) -> None:
    assert not sheets_in_size.fits(content)
    with pytest.raises(Unfit) as raised:
        next(sheets_in.sheets(content))
    assert raised.value.obstacle.key == "sheet.unreadable_or_vast"
    assert read_plan(content).errors[0].key == "plan.sheet_unreadable"


def test_what_unpacks_into_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = rewritten(book("C3"), lambda text: text + b" " * 3_000_000)
    assert sheets_in_size.fits(content)
    monkeypatch.setattr(sheets_in_size, "MOST_BYTES", 2_000_000)
    assert not sheets_in_size.fits(content)


def test_a_cell_between_two_pieces_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets_in_size, "_CHUNK", 150)
    assert not sheets_in_size.fits(book("XFD1048576"))
