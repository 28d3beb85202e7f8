"""Photos of papers: fetched from the platform outside the request, then kept sealed.

A row waits with a media id (state `waiting`) until the clock fetches it: `kept`. The platform
deletes media after three days: `lost`. What is no picture, or too large, is `unusable`. Of both the
resident is told, in a customer-service message while the window for one is open; `unsaved` gives
what a counter has to tell at the next contact.

`take` → commit → fetch → `keep` or `miss` → commit: no transaction is open during a network call. A
crash in between is harmless: the same picture is fetched again.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import Application, AuditEntry, Contact, Conversation, Material
from models.sealing import ring
from services import outbox, review_photos
from services.clock import business_date
from services.procedure import Hindered

MEDIA_LIFE = timedelta(days=3)
"""How long the platform keeps what a resident sent (platform.md 5)."""

WINDOW = timedelta(hours=48)
"""How long after a resident's message a customer-service message may follow (platform.md 2)."""

BACK_OFF_SECONDS = (15, 60, 240, 900, 3600)


class State(StrEnum):
    """Where a photo stands, as `Material.state`."""

    WAITING = "waiting"
    KEPT = "kept"
    LOST = "lost"
    UNUSABLE = "unusable"


class Miss(StrEnum):
    """Why there is no picture."""

    GONE = "gone"
    """The platform has it no more."""
    UNUSABLE = "unusable"
    """It is no picture and no PDF, or too large."""
    NOT_NOW = "not_now"
    """The platform could not be asked; later perhaps."""


@dataclass(frozen=True)
class Errand:
    """A picture to fetch."""

    id: uuid.UUID
    media_id: str


def is_due(session: Session, now: datetime) -> bool:
    """Whether `take` would find something. Cheap: for a clock that asks every second."""
    return session.scalar(select(Material.id).where(*_due(now)).limit(1)) is not None


def take(session: Session, now: datetime, *, limit: int = 4) -> list[Errand]:
    """The next pictures to fetch. They come again later, unless `keep` or `miss` follows."""
    found = session.scalars(
        select(Material)
        .where(*_due(now))
        .order_by(Material.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for material in found:
        wait = BACK_OFF_SECONDS[min(material.tries, len(BACK_OFF_SECONDS) - 1)]
        material.tries += 1
        material.next_try_at = now + timedelta(seconds=wait)
    return [Errand(material.id, material.media_id) for material in found]


def keep(
    session: Session, material_id: uuid.UUID, content: bytes, content_type: str, now: datetime
) -> None:
    """Seal a fetched picture into its row. The same picture from somebody else leaves a mark in the
    audit trail: one household's paper may be two people's, and two people's may be a fraud."""
    material = _waiting(session, material_id)
    if material is None:
        return
    if material.review_id is not None:
        _keep_sheet(session, material, content, now)
        return
    sealed = ring().seal(base64.b64encode(content).decode("ascii"), _place(material_id))
    material.picture_sealed = sealed
    material.sha256 = hashlib.sha256(content).hexdigest()
    material.content_type = content_type
    material.fetched_at = now
    material.state = State.KEPT
    for twin in _same_picture_of_others(session, material):
        session.add(_mark(material, twin, now))


def _keep_sheet(session: Session, material: Material, content: bytes, now: datetime) -> None:
    """A review's signed sheet goes to its review."""
    try:
        review_photos.take_in(session, material, content, now)
    except Hindered:
        material.state = State.UNUSABLE
        _tell(session, material, "materials.unusable", now)
        return
    material.fetched_at = now
    material.state = State.KEPT


def miss(session: Session, material_id: uuid.UUID, why: Miss, now: datetime) -> None:
    """Write down that there is no picture. The last word on it is told to the resident."""
    material = _waiting(session, material_id)
    if material is None:
        return
    too_late = now - material.received_at >= MEDIA_LIFE
    if why == Miss.UNUSABLE:
        material.state = State.UNUSABLE
        _tell(session, material, "materials.unusable", now)
    elif why == Miss.GONE or too_late:
        material.state = State.LOST
        _tell(session, material, "materials.lost", now)


def picture(material: Material) -> bytes | None:
    """The picture itself; None before it is kept. Whoever shows it to staff logs the view."""
    if material.picture_sealed is None:
        return None
    return base64.b64decode(ring().open(material.picture_sealed, _place(material.id)))


def unsaved(session: Session, contact: Contact) -> Sequence[Material]:
    """The contact's photos that have to be sent again, oldest first."""
    return session.scalars(
        select(Material)
        .where(Material.contact_id == contact.id, Material.state.in_((State.LOST, State.UNUSABLE)))
        .order_by(Material.received_at)
    ).all()


def _due(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Material.state == State.WAITING, Material.next_try_at <= now


def _waiting(session: Session, material_id: uuid.UUID) -> Material | None:
    """The row, locked; None where another fetch was faster or the row was erased."""
    material = session.get(Material, material_id, with_for_update=True, populate_existing=True)
    return material if material is not None and material.state == State.WAITING else None


def _place(material_id: uuid.UUID) -> str:
    return f"material.picture|{material_id}"


def _same_picture_of_others(session: Session, material: Material) -> Iterator[Material]:
    session.flush()
    rows = session.execute(
        select(Material, Application.person_id)
        .outerjoin(Application, Application.id == Material.application_id)
        .where(Material.sha256 == material.sha256)
        .limit(20)
    ).all()
    owner = next((person or row.contact_id for row, person in rows if row is material), None)
    for row, person in rows:
        if row is not material and (person or row.contact_id) != owner:
            yield row


def _mark(material: Material, twin: Material, now: datetime) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor="clock",
        act="material.same_picture",
        subject_kind="material",
        subject_id=str(material.id),
        details={"same_as": str(twin.id)},
    )


def _tell(session: Session, material: Material, key: str, now: datetime) -> None:
    """Once a day and reason: ten photos that went wrong together are one message."""
    contact = session.get_one(Contact, material.contact_id)
    conversation = session.get(Conversation, material.contact_id)
    reachable = contact.channel == "wechat" and contact.followed and contact.quiet_at is None
    if conversation is None or not reachable or now - conversation.turned_at >= WINDOW:
        return
    outbox.enqueue(
        session,
        channel=contact.channel,
        contact=contact,
        key=key,
        slots={"sent_on": business_date(material.received_at).isoformat()},
        cause=f"material:{material.id}",
        once=f"{key}:{contact.id}:{business_date(now)}",
        now=now,
        expires_at=conversation.turned_at + WINDOW,
    )
