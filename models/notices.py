"""Public notices (公示): made, checked, published for their working days, taken down (R-3.4d).

`snapshot` is the text as it was published, `sha256` its hash: both stay after it was taken down.
Dates tell where a notice stands: made, `scheduled_at`, `published_at`, `closed_at` (its people have
all gone on), `taken_down_at`; or `withdrawn_at`, where a new one with its full period follows.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.cases import Application
from models.places import Region
from models.talk import Ticket


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
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str | None] = mapped_column(String(255))
    version: Mapped[int] = mapped_column(default=1)
    snapshot: Mapped[str | None] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration

    region: Mapped[Region] = relationship()
    items: Mapped[list[PublicNoticeItem]] = relationship(
        order_by="PublicNoticeItem.id", cascade="all, delete-orphan"
    )


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
    """Taken off the list: an objection was upheld, the line was corrected on a new notice, or the
    applicant withdrew. The others' notice runs on."""

    village: Mapped[Region] = relationship()
    application: Mapped[Application | None] = relationship()
    notice: Mapped[PublicNotice] = relationship(viewonly=True)


class BoardPhoto(Base):
    """The paper on one board, with the day it was hung: online and paper at the same time (2.6)."""

    __tablename__ = "board_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("public_notice.id"), index=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    hung_on: Mapped[date]
    attachment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("attachment.id"))
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]

    region: Mapped[Region] = relationship()


class Objection(Base):
    """Somebody objects to one person on a notice: their case stops, nobody else's (R-3.4d).

    Whoever raises it (by chat, on the page, through staff) has a ticket, which holds their words
    and how to reach them. Both sides get a reply; `reply` is what the objector was told."""

    __tablename__ = "objection"
    __table_args__ = (UniqueConstraint("ticket_id", "item_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    item_id: Mapped[int] = mapped_column(ForeignKey("public_notice_item.id"), index=True)
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("ticket.id"))
    raised_at: Mapped[datetime]
    due_on: Mapped[date | None]
    findings: Mapped[str | None] = mapped_column(Text)
    found_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    upheld: Mapped[bool | None]
    reply: Mapped[str | None] = mapped_column(Text)
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

    item: Mapped[PublicNoticeItem] = relationship()
    ticket: Mapped[Ticket | None] = relationship()


class PageSubmission(Base):
    """Something sent from a page without sign-in, by a keyed hash of the address it came from: what
    the limits count. Kept for a day."""

    __tablename__ = "page_submission"
    __table_args__ = (Index("ix_page_submission_address", "address_index", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_index: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
