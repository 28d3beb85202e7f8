"""Files that staff bring: photos of sheets and boards, signed agreements. Sealed, with a hash."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, new_id
from models.sealing import Sealed


class Attachment(Base):
    """One file that belongs to one subject (`subject_kind`, `subject_id`)."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_subject", "subject_kind", "subject_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    file_name: Mapped[str] = mapped_column(String(128))
    content_type: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes_count: Mapped[int]
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    uploaded_at: Mapped[datetime]


class Thumbnail(Base):
    """A picture made small, so that a page of many loads on a village road. It can be made anew
    from its attachment at any time; None where no picture could be made of it."""

    __tablename__ = "thumbnail"

    attachment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attachment.id"), primary_key=True)
    content_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Base64 of a JPEG."""
    made_at: Mapped[datetime]

    content = Sealed(row_key="attachment_id")
