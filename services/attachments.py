"""Files that staff bring: photos of sheets and boards, signed copies. Checked, hashed and sealed.

What a file is, is told by its first bytes, never by its name.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Attachment, new_id
from models.sealing import ring
from services.acting import Acting
from services.guards import Obstacle
from services.procedure import Hindered
from services.trail import note

MOST_BYTES = 10 * 1024 * 1024

_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})


@dataclass(frozen=True)
class Upload:
    """A file as it came."""

    file_name: str
    content: bytes


def attach(
    session: Session,
    upload: Upload | None,
    *,
    subject: tuple[str, Any],
    kind: str,
    acting: Acting,
    now: datetime,
) -> Attachment:
    """Keep a file for a subject. `Hindered` with a sentence where there is none, where it is too
    big (over 10 MB), or where it is no JPEG, PNG, HEIC or PDF."""
    content_type = check(upload)
    assert upload is not None
    subject_kind, subject_id = subject
    attachment = Attachment(
        id=new_id(),
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        kind=kind,
        file_name=upload.file_name[-128:],
        content_type=content_type,
        sha256=hashlib.sha256(upload.content).hexdigest(),
        bytes_count=len(upload.content),
        uploaded_by_id=acting.staff.id if acting.staff else None,
        uploaded_at=now,
    )
    attachment.content_sealed = ring().seal(
        base64.b64encode(upload.content).decode("ascii"), _place(attachment.id)
    )
    session.add(attachment)
    note(
        session,
        "attachment.added",
        actor=acting.name,
        at=now,
        subject=subject,
        kind=kind,
        sha256=attachment.sha256,
    )
    session.flush()
    return attachment


def check(upload: Upload | None) -> str:
    """The content type of a file that may be kept; `Hindered` otherwise."""
    if upload is None or not upload.content:
        raise _refused("attachment.none")
    if len(upload.content) > MOST_BYTES:
        megabytes = -(-len(upload.content) // (1024 * 1024))
        raise _refused("attachment.too_big", file=upload.file_name, megabytes=megabytes)
    content_type = told_by_its_bytes(upload.content)
    if content_type is None:
        raise _refused("attachment.wrong_type", file=upload.file_name)
    return content_type


def told_by_its_bytes(content: bytes) -> str | None:
    """What a file is; None for anything that we do not keep."""
    for beginning, content_type in _BEGINNINGS:
        if content.startswith(beginning):
            return content_type
    return "image/heic" if content[4:8] == b"ftyp" and content[8:12] in _HEIC else None


def content_of(attachment: Attachment) -> bytes:
    """The file itself. Whoever shows it to staff logs the view."""
    return base64.b64decode(ring().open(attachment.content_sealed, _place(attachment.id)))


def of_subject(session: Session, subject: tuple[str, Any]) -> Sequence[Attachment]:
    """The files of a subject, oldest first."""
    kind, key = subject
    return session.scalars(
        select(Attachment)
        .where(Attachment.subject_kind == kind, Attachment.subject_id == str(key))
        .order_by(Attachment.uploaded_at, Attachment.id)
    ).all()


def _refused(key: str, **slots: Any) -> Hindered:
    return Hindered("attach", (Obstacle(key, slots),))


def _place(attachment_id: uuid.UUID) -> str:
    return f"attachment.content|{attachment_id}"
