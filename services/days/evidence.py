"""Everything that lies behind one day: the events with who said them, photos, leaves, and the day
that follows from them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    Attachment,
    AttendanceDay,
    AttendanceEvent,
    CheckInPhoto,
    Engagement,
    Leave,
    Post,
)
from services.acting import Acting, covers


@dataclass(frozen=True)
class Piece:
    """One event, the state of its photo if it has one, and whether it was taken back."""

    event: AttendanceEvent
    photo: str | None
    undone: bool


@dataclass(frozen=True)
class Evidence:
    """One day of one worker with all that was said of it. `day` is None until it was derived."""

    engagement: Engagement
    day_on: date
    day: AttendanceDay | None
    pieces: tuple[Piece, ...]
    leaves: tuple[Leave, ...]


def worker_of(session: Session, key: uuid.UUID, acting: Acting) -> Engagement | None:
    """An engagement of this person's area; None where it is none of theirs."""
    found = session.get(
        Engagement,
        key,
        options=(
            joinedload(Engagement.person),
            joinedload(Engagement.post).joinedload(Post.region),
        ),
    )
    return found if found is not None and covers(acting.region, found.post.region) else None


def of_day(session: Session, engagement: Engagement, day: date) -> Evidence:
    """All that lies behind a day, in a constant number of statements."""
    rows = session.execute(
        select(AttendanceEvent, CheckInPhoto.state)
        .outerjoin(CheckInPhoto, CheckInPhoto.event_id == AttendanceEvent.id)
        .where(AttendanceEvent.engagement_id == engagement.id, AttendanceEvent.day_on == day)
        .order_by(AttendanceEvent.recorded_at, AttendanceEvent.id)
        .options(joinedload(AttendanceEvent.staff))
    ).all()
    undone = {event.undoes_id for event, _ in rows}
    leaves = session.scalars(
        select(Leave)
        .where(
            Leave.engagement_id == engagement.id,
            Leave.from_on <= day,
            Leave.to_on >= day,
        )
        .order_by(Leave.asked_at)
    ).all()
    return Evidence(
        engagement,
        day,
        session.get(AttendanceDay, (engagement.id, day)),
        tuple(Piece(event, photo, event.id in undone) for event, photo in rows),
        tuple(leaves),
    )


def photos_of(
    session: Session, engagement_ids: Collection[uuid.UUID], day: date
) -> dict[uuid.UUID, list[int]]:
    """The events of a day whose photos are kept, by worker."""
    found: dict[uuid.UUID, list[int]] = defaultdict(list)
    rows = session.execute(
        select(AttendanceEvent.engagement_id, AttendanceEvent.id)
        .join(CheckInPhoto, CheckInPhoto.event_id == AttendanceEvent.id)
        .where(
            AttendanceEvent.engagement_id.in_(engagement_ids),
            AttendanceEvent.day_on == day,
            CheckInPhoto.attachment_id.is_not(None),
        )
        .order_by(AttendanceEvent.id)
    )
    for engagement_id, event_id in rows:
        found[engagement_id].append(event_id)
    return found


def picture_of(session: Session, event_id: int, acting: Acting) -> Attachment | None:
    """The photo of a check-in, or of the sheet that a mark stands on, in this person's area."""
    event = session.get(AttendanceEvent, event_id)
    if event is None or worker_of(session, event.engagement_id, acting) is None:
        return None
    photo = session.get(CheckInPhoto, event_id)
    key = photo.attachment_id if photo is not None else event.attachment_id
    return session.get(Attachment, key) if key is not None else None
