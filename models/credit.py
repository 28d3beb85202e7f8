"""What the platform still lets us send: counted where we send, voided where it says no.

Each row is spent by one conditional UPDATE, so that two senders cannot spend the same credit. The
48 hours themselves are stored nowhere twice: they follow from the messages that came in.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class ChannelWindow(Base):
    """Customer-service messages spent since the act at `opened_at` (platform.md 2).

    `act` is `message` (5 in 48 hours) or `event` (3 in a minute). A newer act begins a new count.
    """

    __tablename__ = "channel_window"
    __table_args__ = (CheckConstraint("spent >= 0", name="spent"),)

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    act: Mapped[str] = mapped_column(String(8), primary_key=True)
    opened_at: Mapped[datetime]
    spent: Mapped[int]


class TemplateConsent(Base):
    """What somebody ticked for one subscription template: `left` messages, or any number while
    `lasting`. `template` is the platform's template id.
    """

    __tablename__ = "template_consent"
    __table_args__ = (CheckConstraint('"left" >= 0', name="left"),)

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    template: Mapped[str] = mapped_column(String(64), primary_key=True)
    left: Mapped[int] = mapped_column(default=0)
    lasting: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
    refused_at: Mapped[datetime | None]


class MonthlyCount(Base):
    """Mass messages that reached a follower in a calendar month (`2022-04`), of at most four."""

    __tablename__ = "monthly_count"
    __table_args__ = (CheckConstraint("spent >= 0", name="spent"),)

    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    spent: Mapped[int]
