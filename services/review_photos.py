"""The photo of a review's signed sheet: uploaded in the console, or sent by chat.

What comes by chat is a media id first; the clock fetches the picture (`services.materials`) and
gives it here.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Material, Review
from services import attachments, village_desk
from services.acting import CLOCK, Acting
from services.attachments import Upload
from services.reviews import may_keep, still_open

KIND = "sheet"


def add(
    session: Session, review: Review, upload: Upload | None, acting: Acting, now: datetime
) -> None:
    """Keep the photo of the signed sheet; a later one takes its place, the earlier stays kept."""
    may_keep(acting, review.village)
    still_open(review)
    _keep(session, review, upload, acting, now)


def send(
    session: Session,
    review: Review,
    contact: Contact,
    media_id: str,
    acting: Acting,
    now: datetime,
) -> None:
    """Note a photo that came by chat; the picture itself is fetched outside the request."""
    may_keep(acting, review.village)
    still_open(review)
    session.add(
        Material(
            review_id=review.id,
            contact_id=contact.id,
            kind=KIND,
            media_id=media_id,
            next_try_at=now,
            received_at=now,
        )
    )
    session.flush()


def take_in(session: Session, material: Material, content: bytes, now: datetime) -> None:
    """The fetched picture of `send`. `Hindered` where it is no picture that we keep; a meeting that
    was closed meanwhile stays as it is."""
    review = session.get_one(Review, material.review_id, with_for_update=True)
    contact = session.get_one(Contact, material.contact_id)
    acting = village_desk.acting(session, contact, now) or CLOCK
    upload = Upload(f"{material.media_id[:32]}.chat", content)
    attachments.check(upload)
    if review.closed_at is None:
        _keep(session, review, upload, acting, now)


def is_on_its_way(session: Session, review_id: uuid.UUID | None) -> bool:
    """Whether a photo was sent that the clock has still to fetch."""
    waits = select(Material.id).where(Material.review_id == review_id, Material.state == "waiting")
    return session.scalars(waits.limit(1)).first() is not None


def _keep(
    session: Session, review: Review, upload: Upload | None, acting: Acting, now: datetime
) -> None:
    subject = ("review", review.id)
    kept = attachments.attach(session, upload, subject=subject, kind=KIND, acting=acting, now=now)
    review.photo_id = kept.id
    session.flush()
