"""WeChat's mass messages: the tags by which they find their followers, what was sent to a tag, what
the platform counted, and the followers of a broadcast whom we know by nothing but their chat.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.telling import Delivery


class MassTag(Base):
    """A tag of the account: the followers of one place who want news. `number` is the platform's;
    the district's tag is for all of them (an account has 100 tags, a follower 20)."""

    __tablename__ = "mass_tag"

    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), primary_key=True)
    number: Mapped[int]
    made_at: Mapped[datetime]


class MassTagMember(Base):
    """Somebody who carries a tag on the platform, as far as we know."""

    __tablename__ = "mass_tag_member"

    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("contact.id"), primary_key=True, index=True
    )
    tagged_at: Mapped[datetime]


class MassOutcome(StrEnum):
    """What became of a mass message, as far as it decides who else is to be told."""

    TOLD = "told"
    """The platform reported that it was sent: who carried the tag need not be told again."""
    FAILED = "failed"
    """It was refused, came to nothing, or was called back: everybody goes the usual way."""
    SILENT = "silent"
    """Nothing was heard of it in time: everybody goes the usual way."""
    NOBODY = "nobody"
    """No follower carried the tag."""


class MassSend(Base):
    """The one mass message of a broadcast. `planned`: who carried the tag when it was handed over.
    `outcome` is empty until it is known; then whoever it did not reach goes the usual way."""

    __tablename__ = "mass_send"

    broadcast_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("broadcast.id"), primary_key=True)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"))
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("delivery.id"), index=True)
    planned: Mapped[int]
    made_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When the platform was last asked what became of it, because no report had come."""
    outcome: Mapped[MassOutcome | None] = mapped_column(String(8))
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(255))

    delivery: Mapped[Delivery | None] = relationship()


class MassReport(Base):
    """What the platform counted at the end of a mass job: it may come before the answer to the
    send. `filtered`: left after those whose month is used up; of them `sent` or `failed`."""

    __tablename__ = "mass_report"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    status: Mapped[str] = mapped_column(String(64))
    total: Mapped[int]
    filtered: Mapped[int]
    sent: Mapped[int]
    failed: Mapped[int]
    reported_at: Mapped[datetime]


class FollowerWay(StrEnum):
    """How a follower without a name got a broadcast."""

    MASS = "mass"
    CHAT = "chat"
    NONE = "none"
    """No window was open and no mass message went: they have no phone that we know."""


class BroadcastFollower(Base):
    """A follower bound to nobody who gets a broadcast, once. `way` is empty until it was their
    turn. `region_id`: the village whose code they scanned."""

    __tablename__ = "broadcast_follower"
    __table_args__ = (
        Index(
            "ix_broadcast_follower_waiting",
            "broadcast_id",
            "contact_id",
            sqlite_where=text("way IS NULL"),
            postgresql_where=text("way IS NULL"),
        ),
    )

    broadcast_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("broadcast.id"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    way: Mapped[FollowerWay | None] = mapped_column(String(8))
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("delivery.id"), index=True)
