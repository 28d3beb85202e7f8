"""How the SMS providers are doing, seen by all senders alike."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class SmsHealth(Base):
    """How an SMS provider is doing: its share of what is sent, moved by failures and slowness.

    `weight` is in thousandths of the provider's own share; 1000 is healthy. Shared by all senders.
    """

    __tablename__ = "sms_health"
    __table_args__ = (CheckConstraint("weight BETWEEN 0 AND 1000", name="weight"),)

    provider: Mapped[str] = mapped_column(String(16), primary_key=True)
    weight: Mapped[int]
    changed_at: Mapped[datetime]
    failed: Mapped[int] = mapped_column(default=0)
    slow: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None] = mapped_column(String(255))
