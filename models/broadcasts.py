"""One thing told to very many: what staff wrote, for whom, who agreed, and how far it has come.

The legal life of a broadcast is the table `BROADCAST_STEPS`; nothing else changes its state.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, new_id
from models.places import Region
from models.staff import Staff


class BroadcastState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    """Its writer is done; somebody else looks at it."""
    APPROVED = "approved"
    """It leaves at its time."""
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    """Everybody was handed to the channels; what became of them is in the reach report."""
    STOPPED = "stopped"
    DISCARDED = "discarded"


class BroadcastAct(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    RETURN = "return"
    APPROVE = "approve"
    DISCARD = "discard"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    FINISH = "finish"
    FIND_MORE = "find_more"
    """Somebody belongs to the audience now who was not told."""


S, A = BroadcastState, BroadcastAct
BROADCAST_STEPS: Mapping[BroadcastAct, Mapping[BroadcastState, BroadcastState]] = {
    # What was agreed to and is then changed has to be agreed to anew.
    A.EDIT: {S.DRAFT: S.DRAFT, S.SUBMITTED: S.DRAFT, S.APPROVED: S.DRAFT},
    A.SUBMIT: {S.DRAFT: S.SUBMITTED},
    A.RETURN: {S.SUBMITTED: S.DRAFT},
    A.APPROVE: {S.SUBMITTED: S.APPROVED},
    A.DISCARD: {S.DRAFT: S.DISCARDED, S.SUBMITTED: S.DISCARDED, S.APPROVED: S.DISCARDED},
    A.START: {S.APPROVED: S.SENDING},
    A.PAUSE: {S.SENDING: S.PAUSED},
    A.RESUME: {S.PAUSED: S.SENDING},
    A.STOP: {S.SENDING: S.STOPPED, S.PAUSED: S.STOPPED, S.DONE: S.STOPPED},
    A.FINISH: {S.SENDING: S.DONE},
    A.FIND_MORE: {S.DONE: S.SENDING},
}


class Broadcast(Base):
    """What is told to everybody of an audience.

    `kind` is a row of `services/telling_kinds.yaml`. `audience` is plain JSON: `who`, `track`,
    `roles` (`services.broadcasts.audience.Audience`), within the place `region_id`. `expected` is
    how many the one who agreed saw. `cursor` is the last person that the expansion looked at: where
    it goes on after a crash; `expanded_at` is set when it reached the end.
    """

    __tablename__ = "broadcast"
    __table_args__ = (
        Index(
            "ix_broadcast_at_work",
            "state",
            sqlite_where=text("state IN ('approved', 'sending')"),
            postgresql_where=text("state IN ('approved', 'sending')"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    region_id: Mapped[int] = mapped_column(ForeignKey("region.id"), index=True)
    kind: Mapped[str] = mapped_column(String(48))
    title: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    sms_body: Mapped[str] = mapped_column(Text, default="")
    """Shorter words for SMS; empty: the same."""
    audience: Mapped[dict[str, Any]]
    state: Mapped[BroadcastState] = mapped_column(String(12), default=BroadcastState.DRAFT)
    mass: Mapped[bool] = mapped_column(default=False)
    """Whether it goes out as one mass message by WeChat first (`models.mass`)."""
    edition: Mapped[int] = mapped_column(default=1)
    scheduled_at: Mapped[datetime | None]
    expected: Mapped[int | None]
    cursor: Mapped[uuid.UUID | None]
    follower_cursor: Mapped[uuid.UUID | None]
    """The same for followers bound to nobody."""
    announcement_id: Mapped[int | None] = mapped_column(ForeignKey("announcement.id"), unique=True)
    """The recruitment announcement whose publication it spreads by itself."""
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    approved_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    expanded_at: Mapped[datetime | None]
    swept_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(255), default="")
    """Why it was returned, paused or stopped."""

    __mapper_args__ = {"version_id_col": edition}  # noqa: RUF012 - SQLAlchemy's own declaration

    region: Mapped[Region] = relationship()
    made_by: Mapped[Staff | None] = relationship(foreign_keys=[made_by_id])
    approved_by: Mapped[Staff | None] = relationship(foreign_keys=[approved_by_id])

    def allows(self, act: BroadcastAct) -> bool:
        """Whether its state knows this step."""
        return self.state in BROADCAST_STEPS[act]


class BroadcastRecipient(Base):
    """One person who gets one broadcast, once. `message_id` is empty until the router has them."""

    __tablename__ = "broadcast_recipient"
    __table_args__ = (
        Index(
            "ix_broadcast_recipient_waiting",
            "broadcast_id",
            "person_id",
            sqlite_where=text("message_id IS NULL AND dropped IS NULL"),
            postgresql_where=text("message_id IS NULL AND dropped IS NULL"),
        ),
        Index(
            "ix_broadcast_recipient_message",
            "message_id",
            sqlite_where=text("message_id IS NOT NULL"),
            postgresql_where=text("message_id IS NOT NULL"),
        ),
    )

    broadcast_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("broadcast.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    region_id: Mapped[int | None] = mapped_column(ForeignKey("region.id"))
    """Where the person lived when it was made out."""
    message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("message.id"))
    dropped: Mapped[str | None] = mapped_column(String(16))
    """Why they were left out after all: they live elsewhere now, or are forgotten."""
