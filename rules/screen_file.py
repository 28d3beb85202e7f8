"""Cutting a CSV file of any length into pieces that can be read on their own.

Pieces are bytes and end where a record ends: at a line end outside quotes. That holds for UTF-8
and for GB18030, whose second bytes are never a quote or a line end. Memory stays flat whatever the
file.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rules.errors import UnfitList

PIECE_BYTES = 1 << 20
_SAMPLE_BYTES = 1 << 20
LONGEST_RECORD = 8 * PIECE_BYTES
_NO_CSV = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = ",\t;"


@dataclass(frozen=True, slots=True)
class Form:
    """How the file is written: encoding, delimiter, the header's cells and where rows begin."""

    encoding: str
    has_bom: bool
    delimiter: str
    header: tuple[str, ...]
    body_at: int
    first_line: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records as bytes, and the line of the file on which they begin."""

    content: bytes
    first_line: int


def read_form(path: Path) -> Form:
    """The form of ``path``; :class:`UnfitList` when it is missing, empty or no CSV text."""
    with open_list(path) as file:
        sample = file.read(_SAMPLE_BYTES)
        if sample.startswith(_NO_CSV) or b"\0" in sample:
            raise UnfitList("list_no_csv", file=path.name)
        bom = len(codecs.BOM_UTF8) if sample.startswith(codecs.BOM_UTF8) else 0
        file.seek(bom)
        head = next(_records(file, 0), b"")
    encoding = _encoding(sample)
    text = head.decode(encoding, "replace").strip("\r\n")
    if not text.strip():
        raise UnfitList("list_empty", file=path.name)
    delimiter = max(_DELIMITERS, key=text.count)
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return Form(
        encoding=encoding,
        has_bom=bool(bom),
        delimiter=delimiter,
        header=tuple(header),
        body_at=bom + len(head),
        first_line=1 + head.count(b"\n"),
    )


def pieces(path: Path, form: Form, *, size: int = PIECE_BYTES) -> Iterator[Piece]:
    """The rows of ``path`` in order, about ``size`` bytes at a time."""
    with open_list(path) as file:
        file.seek(form.body_at)
        line = form.first_line
        for content in _records(file, size):
            yield Piece(content, line)
            line += content.count(b"\n")


def open_list(path: Path) -> BinaryIO:
    """``path`` opened for reading, or a sentence why not."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise UnfitList("list_missing", file=str(path)) from error
    except OSError as error:
        raise UnfitList("list_unreadable", file=str(path), why=error.strerror) from error


def _records(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Pieces of at least ``size`` bytes that end at a line end outside quotes.

    A quote that is never closed ends a piece at the longest record: one bad row, not one piece that
    holds the rest of the file.
    """
    while content := file.read(size) + file.readline(LONGEST_RECORD):
        parts = [content]
        quotes, length = content.count(b'"'), len(content)
        while quotes % 2 and length < size + LONGEST_RECORD:
            line = file.readline(LONGEST_RECORD)
            if not line:
                break
            parts.append(line)
            quotes += line.count(b'"')
            length += len(line)
        yield b"".join(parts)


def _encoding(sample: bytes) -> str:
    """UTF-8, or else what spreadsheets in China write; a few broken lines do not change it."""
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    telling = [line for line in whole.split(b"\n") if not line.isascii()]
    as_utf8 = sum(map(_is_utf8, telling))
    return "utf-8" if as_utf8 * 2 >= len(telling) else "gb18030"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
