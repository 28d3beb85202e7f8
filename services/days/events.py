"""Says something about a day: one event a fact, never changed; the day is derived anew at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AttendanceDay, AttendanceEvent, EventKind
from services.acting import Acting
from services.days import deriving


class DayLocked(Exception):
    """The month has locked the day: only a correction can put it right."""


@dataclass(frozen=True)
class Word:
    """What is said, by whom and how."""

    kind: EventKind
    acting: Acting
    source: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    attachment_id: uuid.UUID | None = None
    undoes_id: int | None = None


def say(
    session: Session, engagement_ids: list[uuid.UUID], day: date, word: Word, now: datetime
) -> list[AttendanceEvent]:
    """Say the same of some workers on one day, and derive it. Raises `DayLocked`."""
    if not engagement_ids:
        return []
    if is_locked(session, engagement_ids, day):
        raise DayLocked
    events = [
        AttendanceEvent(
            engagement_id=engagement_id,
            day_on=day,
            kind=word.kind,
            happened_at=now,
            recorded_at=now,
            contact_id=word.acting.contact.id if word.acting.contact else None,
            staff_id=word.acting.staff.id if word.acting.staff else None,
            source=word.source,
            evidence=dict(word.evidence),
            reason=word.reason[:255],
            attachment_id=word.attachment_id,
            undoes_id=word.undoes_id,
        )
        for engagement_id in engagement_ids
    ]
    session.add_all(events)
    session.flush()
    deriving.derive(session, engagement_ids, from_on=day, to_on=day, now=now)
    return events


def take_back(
    session: Session, event: AttendanceEvent, acting: Acting, *, reason: str, now: datetime
) -> None:
    """Take one's own word back: another event says so."""
    word = Word(EventKind.TAKEN_BACK, acting, "console", reason=reason, undoes_id=event.id)
    say(session, [event.engagement_id], event.day_on, word, now)


def is_locked(session: Session, engagement_ids: list[uuid.UUID], day: date) -> bool:
    """Whether a month has locked that day of one of these workers."""
    locked = select(AttendanceDay.day_on).where(
        AttendanceDay.engagement_id.in_(engagement_ids),
        AttendanceDay.day_on == day,
        AttendanceDay.month_sheet_id.is_not(None),
    )
    return session.scalar(locked.limit(1)) is not None
