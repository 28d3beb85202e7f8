"""Public notices (公示): made, checked, published for their working days, taken down (R-3.4d).

`snapshot` is the text as it was published, `sha256` its hash: both stay after it was taken down.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.places import Region


class PublicNotice(Base):
    """A list of people proposed in one place, shown from `posted_on` to the end of `last_on`."""

    __tablename__ = "public_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(24), default="proposed_people")
    code: Mapped[str] = mapped_column(String(24), unique=True)
    """What stands in the public page's address."""
    scheduled_at: Mapped[datetime | None]
    posted_on: Mapped[date | None]
    last_on: Mapped[date | None]
    working_days: Mapped[int]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("public_notice.id"))
    closed_at: Mapped[datetime | None]
    taken_down_at: Mapped[datetime | None]
    snapshot: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))

    region: Mapped[Region] = relationship()
    items: Mapped[list[PublicNoticeItem]] = relationship(order_by="PublicNoticeItem.id")


class PublicNoticeItem(Base):
    """One person on a notice. What is shown is derived by masking (requirements 2.6)."""

    __tablename__ = "public_notice_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("public_notice.id"), index=True)
    application_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("application.id"))
    name: Mapped[str] = mapped_column(String(64))
    village_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    post_name: Mapped[str] = mapped_column(String(64))
    number_tail: Mapped[str] = mapped_column(String(4))
    removed_at: Mapped[datetime | None]
    """Taken off the list by an objection that was upheld; the others' notice runs on."""

    village: Mapped[Region] = relationship()


class Objection(Base):
    """Somebody objects to one person on a notice: their case stops, nobody else's (R-3.4d).

    Raised by chat or page through a ticket, or entered by staff. Both sides get a reply."""

    __tablename__ = "objection"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[int] = mapped_column(ForeignKey("public_notice_item.id"), index=True)
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ticket.id"), unique=True)
    raised_at: Mapped[datetime]
    due_on: Mapped[date | None]
    findings: Mapped[str | None] = mapped_column(Text)
    upheld: Mapped[bool | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

    item: Mapped[PublicNoticeItem] = relationship()
