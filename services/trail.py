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
    subject = subject or ("contact", contact.id)
    note(session, act, actor=f"contact:{contact.id}", at=now, subject=subject, **details)


def note(
    session: Session,
    act: str,
    *,
    actor: str,
    at: datetime,
    subject: tuple[str, Any],
    **details: Any,
) -> None:
    """Add one entry for any actor (`staff:…`, `contact:…`, `clock`). A change gives `before`,
    `after` and `why` among its details; a look at personal data says what was shown."""
    kind, key = subject
    session.add(
        AuditEntry(
            at=at,
            actor=actor,
            act=act,
            subject_kind=kind,
            subject_id=str(key),
            details=details,
        )
    )
