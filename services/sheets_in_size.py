"""How much room a workbook would take once it is read, told before it is read.

The reader lays every sheet out in full, from its first cell to its last: one stray cell in the
farthest corner of a file of five kilobytes asks for hundreds of gigabytes and takes the process
down with it.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

MOST_CELLS = 5_000_000
"""Rows to the last one times columns to the last one, of all sheets."""
MOST_BYTES = 256 * 1024 * 1024
"""Unpacked."""
_CHUNK = 1 << 20
_OVERLAP = 1_100
_PLACE = re.compile(
    rb"<(?:\w+:)?(?:c|row)\b[^<>]{0,1000}?\sr\s*=\s*[\"']([A-Za-z]{0,3})([0-9]{1,7})"
)
_ZIP = b"PK\x03\x04"


def fits(content: bytes) -> bool:
    """Whether a workbook of Excel's own form can be laid out. The old form (.xls) is bounded by
    itself. Others are not taken: the binary one (.xlsb), and .ods, where a few bytes may ask for a
    cell to be repeated a thousand million times."""
    if not content.startswith(_ZIP):
        return True
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            parts = packed.infolist()
            if any(part.filename.endswith("workbook.bin") for part in parts):
                return False
            if sum(part.file_size for part in parts) > MOST_BYTES:
                return False
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                return False
            return sum(_cells(packed, part) for part in parts) <= MOST_CELLS
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, NotImplementedError):
        return False


def _cells(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    rows = columns = 0
    for text in _chunks(packed, part):
        for letters, number in _PLACE.findall(text):
            rows = max(rows, int(number))
            columns = max(columns, _column(letters))
    return rows * columns


def _chunks(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part in pieces that overlap, so that no cell falls between two of them."""
    with packed.open(part) as file:
        rest = b""
        while read := file.read(_CHUNK):
            yield rest + read
            rest = read[-_OVERLAP:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
