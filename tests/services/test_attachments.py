"""Files that staff bring: what is taken, what is refused in words, and that it lies sealed."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import Attachment, AuditEntry
from services import attachments
from services.acting import CLOCK
from services.attachments import MOST_BYTES, Upload
from services.procedure import Hindered
from tests.builders import NOW

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 9
HEIC = b"\x00\x00\x00\x18ftypheic" + b"picture"


def attach(session: Session, upload: Upload | None) -> Attachment:
    return attachments.attach(
        session, upload, subject=("review", 7), kind="sheet", acting=CLOCK, now=NOW
    )


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"%PDF-1.7 ...", "application/pdf"),
        (HEIC, "image/heic"),
    ],
)
def test_a_photo_or_pdf_is_kept_and_comes_back_as_it_was(
    session: Session, content: bytes, content_type: str
) -> None:
    kept = attach(session, Upload("表.jpg", content))
    session.expire_all()
    assert kept.content_type == content_type
    assert attachments.content_of(kept) == content
    assert list(attachments.of_subject(session, ("review", 7))) == [kept]


def test_it_lies_sealed_and_the_trail_names_its_hash(session: Session) -> None:
    kept = attach(session, Upload("表.jpg", JPEG))
    stored = session.execute(text("SELECT content_sealed FROM attachment")).scalar_one()
    assert b"picture" not in bytes(stored)
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.details["sha256"] == kept.sha256


@pytest.mark.parametrize(
    ("upload", "key"),
    [
        (None, "attachment.none"),
        (Upload("表.jpg", b""), "attachment.none"),
        (Upload("表.jpg", b"MZ\x90\x00 a program"), "attachment.wrong_type"),
        (Upload("表.jpg", b"<svg onload=alert(1)>"), "attachment.wrong_type"),
        (Upload("表.mp4", b"\x00\x00\x00\x18ftypisom...."), "attachment.wrong_type"),
        (Upload("表.jpg", JPEG + b"0" * (4 * MOST_BYTES)), "attachment.too_big"),
    ],
)
def test_anything_else_is_refused_with_a_sentence(
    session: Session, upload: Upload | None, key: str
) -> None:
    with pytest.raises(Hindered) as refused:
        attach(session, upload)
    assert refused.value.obstacles[0].key == key
    assert session.scalars(select(Attachment)).all() == []
