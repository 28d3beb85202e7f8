"""Public notices (公示) as residents see them. Their making belongs to the staff console."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.places import Region


class PublicNotice(Base):
    """A list of people proposed in one place, shown from `posted_on` to the end of `last_on`."""

    __tablename__ = "public_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    posted_on: Mapped[date]
    last_on: Mapped[date]
    taken_down_at: Mapped[datetime | None]

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

    village: Mapped[Region] = relationship()
