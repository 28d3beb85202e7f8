"""Photos that come with check-ins: fetched outside the request, sealed as attachments, and hashed
by what they look like, so that yesterday's photo is known again (F-04, F-05).

`take` → commit → fetch → `keep` or `miss` → commit, as for papers. Whatever becomes of a photo, the
check-in stands.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from PIL import Image, UnidentifiedImageError
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import CheckInPhoto
from services import attachments, thumbnails
from services.acting import CLOCK
from services.attachments import Upload
from services.materials import BACK_OFF_SECONDS, MEDIA_LIFE, Miss
from services.procedure import Hindered

SIDE = 8
"""The hash compares this many neighbours in each of this many lines: 64 bits."""


@dataclass(frozen=True)
class Errand:
    """A photo to fetch."""

    event_id: int
    media_id: str


def is_due(session: Session, now: datetime) -> bool:
    """Whether `take` would find something."""
    return session.scalar(select(CheckInPhoto.event_id).where(*_due(now)).limit(1)) is not None


def take(session: Session, now: datetime, *, limit: int = 8) -> list[Errand]:
    """The next photos to fetch. They come again later, unless `keep` or `miss` follows."""
    found = session.scalars(
        select(CheckInPhoto)
        .where(*_due(now))
        .order_by(CheckInPhoto.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for photo in found:
        wait = BACK_OFF_SECONDS[min(photo.tries, len(BACK_OFF_SECONDS) - 1)]
        photo.tries += 1
        photo.next_try_at = now + timedelta(seconds=wait)
    return [Errand(photo.event_id, photo.media_id) for photo in found]


def keep(session: Session, event_id: int, content: bytes, now: datetime) -> None:
    """Seal a fetched photo and its hash. What is no picture is marked unusable."""
    photo = _waiting(session, event_id)
    if photo is None:
        return
    try:
        photo.picture_hash = look_of(content)
        kept = attachments.attach(
            session,
            Upload(f"{event_id}.jpg", content),
            subject=("attendance_event", event_id),
            kind="check_in_photo",
            acting=CLOCK,
            now=now,
        )
    except (Hindered, UnidentifiedImageError, OSError, Image.DecompressionBombError):
        photo.state = "unusable"
        return
    photo.attachment_id, photo.state = kept.id, "kept"
    thumbnails.keep(session, kept, content, now)


def miss(session: Session, event_id: int, why: Miss, now: datetime) -> None:
    """Write down that there is no photo, once that is certain."""
    photo = _waiting(session, event_id)
    if photo is None:
        return
    if why == Miss.UNUSABLE:
        photo.state = "unusable"
    elif why == Miss.GONE or now - photo.taken_at >= MEDIA_LIFE:
        photo.state = "lost"


def look_of(content: bytes) -> str:
    """64 bits in hex of what a picture looks like: whether each point is brighter than its
    neighbour (dHash). Scaled, recompressed or a little darker, a picture keeps nearly all of them.
    Raises what Pillow raises for what is no picture."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(io.BytesIO(content)) as picture:
            grey = picture.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.LANCZOS)
    points = list(grey.tobytes())
    lines = [points[at : at + SIDE + 1] for at in range(0, len(points), SIDE + 1)]
    bits = [left > right for line in lines for left, right in pairwise(line)]
    return f"{sum(bit << place for place, bit in enumerate(bits)):016x}"


def unlike(one: str, other: str) -> int:
    """In how many of the 64 bits two pictures differ; up to about ten they are the same one."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _due(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CheckInPhoto.state == "waiting", CheckInPhoto.next_try_at <= now


def _waiting(session: Session, event_id: int) -> CheckInPhoto | None:
    photo = session.get(CheckInPhoto, event_id, with_for_update=True, populate_existing=True)
    return photo if photo is not None and photo.state == "waiting" else None
