"""Pictures made small: upright, without what the camera wrote, once, and never from a trap."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Attachment, Thumbnail
from services import attachments, thumbnails
from services.acting import CLOCK
from services.attachments import Upload
from tests.builders import NOW

ORIENTATION, MAKER = 274, 271


def photo(size: tuple[int, int] = (3000, 2000), *, turned: bool = False) -> bytes:
    """A photo of a phone: noise compresses badly, as streets do."""
    image = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    exif[MAKER] = "phone of somebody"
    if turned:
        exif[ORIENTATION] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


def kept(session: Session, content: bytes) -> Attachment:
    return attachments.attach(session, Upload("a.jpg", content), subject=("attendance_event", 1),
                              kind="check_in_photo", acting=CLOCK, now=NOW)  # fmt: skip


def test_a_phones_photo_becomes_a_few_kilobytes() -> None:
    content = photo()
    small = thumbnails.made_small(content)
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (160, 107)
        assert not image.getexif()
    assert len(content) > 1_000_000
    assert len(small) < 12_000
    assert b"somebody" not in small


def test_a_photo_taken_upright_stands_upright() -> None:
    small = thumbnails.made_small(photo(turned=True))
    assert small is not None
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (107, 160)


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60,000 points wide and high."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(
        ">I", zlib.crc32(chunk))  # fmt: skip


@pytest.mark.parametrize("content", [b"%PDF-1.4", b"\xff\xd8\xff cut off", b"", bomb(),
                                     photo()[:2000]])  # fmt: skip
def test_what_cannot_be_shown_small_is_none(content: bytes) -> None:
    assert thumbnails.made_small(content) is None


def test_it_is_made_once_and_sealed(session: Session) -> None:
    attachment = kept(session, photo((400, 300)))
    first = thumbnails.of(session, attachment, NOW)
    assert first is not None
    session.flush()
    row = session.scalars(select(Thumbnail)).one()
    assert row.content_sealed is not None
    assert first not in row.content_sealed
    assert thumbnails.of(session, attachment, NOW) == first
    thumbnails.keep(session, attachment, photo((200, 400)), NOW)
    session.expire_all()
    assert thumbnails.of(session, attachment, NOW) == first, "the first one's stands"


def test_of_what_is_no_picture_it_is_remembered(session: Session) -> None:
    attachment = kept(session, b"%PDF-1.4 a sheet as PDF")
    assert thumbnails.of(session, attachment, NOW) is None
    assert session.scalars(select(Thumbnail.content_sealed)).all() == [None]


def test_an_emptied_file_has_none(session: Session) -> None:
    attachment = kept(session, photo((400, 300)))
    assert thumbnails.of(session, attachment, NOW)
    attachment.content_sealed = b""
    session.flush()
    assert thumbnails.of(session, attachment, NOW) is None
