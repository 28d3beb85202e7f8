"""The audit trail: who did what to whose record. Rows are added, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import AuditEntry, Contact


def record(
    session: Session,
    act: str,
    *,
    contact: Contact,
    now: datetime,
    subject: tuple[str, Any] | None = None,
    **details: Any,
) -> None:
    """Add one entry. `subject` is (kind, key), the contact itself by default; `details` are plain
    JSON and hold no personal number."""
    kind, key = subject or ("contact", contact.id)
    session.add(
        AuditEntry(
            at=now,
            actor=f"contact:{contact.id}",
            act=act,
            subject_kind=kind,
            subject_id=str(key),
            details=details,
        )
    )
