"""Photos of papers: sealed when they come, told about when they do not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Contact, Conversation, Delivery, Material, new_id
from models.sealing import SealError
from services import materials
from services.materials import BACK_OFF_SECONDS, MEDIA_LIFE, WINDOW, Errand, Miss, State
from tests.builders import NOW, create_contact, create_conversation

PICTURE = b"\xff\xd8\xff" + bytes(range(256))


def create_writer(session: Session, *, wrote_at: datetime = NOW, **more: Any) -> Contact:
    """A contact on WeChat with a window for customer-service messages."""
    contact = create_contact(session, **more)
    create_conversation(session, contact_id=contact.id, turned_at=wrote_at)
    return contact


def create_material(session: Session, contact: Contact | None = None, **more: Any) -> Material:
    given = {
        "contact_id": (contact or create_writer(session)).id,
        "kind": "id_front",
        "media_id": "media-1",
        "received_at": NOW,
        "next_try_at": NOW,
        "state": State.WAITING,
        "tries": 0,
    }
    material = Material(id=new_id(), **{**given, **more})
    session.add(material)
    session.flush()
    return material


def told(session: Session) -> list[str]:
    return list(session.scalars(select(Delivery.key).order_by(Delivery.created_at, Delivery.id)))


def test_a_picture_is_kept_sealed_and_opens_again(session: Session) -> None:
    material = create_material(session)
    assert materials.take(session, NOW) == [Errand(material.id, "media-1")]
    materials.keep(session, material.id, PICTURE, "image/jpeg", NOW)
    session.flush()
    session.expire_all()
    assert (material.state, material.content_type) == (State.KEPT, "image/jpeg")
    assert materials.picture(material) == PICTURE
    assert PICTURE[3:] not in (material.picture_sealed or b"")
    assert not materials.is_due(session, NOW + timedelta(days=1))


def test_a_picture_moved_to_another_row_does_not_open(session: Session) -> None:
    mine, other = create_material(session), create_material(session)
    materials.keep(session, mine.id, PICTURE, "image/jpeg", NOW)
    other.picture_sealed = mine.picture_sealed
    with pytest.raises(SealError):
        materials.picture(other)


def test_what_was_taken_comes_again_only_after_a_while(session: Session) -> None:
    material = create_material(session)
    now = NOW
    for seconds in (*BACK_OFF_SECONDS, BACK_OFF_SECONDS[-1]):
        assert len(materials.take(session, now)) == 1
        materials.miss(session, material.id, Miss.NOT_NOW, now)
        now += timedelta(seconds=seconds - 1)
        assert not materials.is_due(session, now)
        now += timedelta(seconds=1)
        assert materials.is_due(session, now)
    assert told(session) == []


def test_a_picture_that_is_gone_is_told(session: Session) -> None:
    material = create_material(session)
    materials.miss(session, material.id, Miss.GONE, NOW)
    delivery = session.scalars(select(Delivery)).one()
    assert material.state == State.LOST
    assert (delivery.key, delivery.contact_id) == ("materials.lost", material.contact_id)
    assert delivery.slots == '{"sent_on": "2022-04-06"}'


def test_after_three_days_of_failures_it_counts_as_lost(session: Session) -> None:
    material = create_material(session)
    late = NOW + MEDIA_LIFE
    contact_wrote_again = session.get_one(Conversation, material.contact_id)
    contact_wrote_again.turned_at = late
    materials.miss(session, material.id, Miss.NOT_NOW, late - timedelta(seconds=1))
    assert material.state == State.WAITING
    materials.miss(session, material.id, Miss.NOT_NOW, late)
    assert material.state == State.LOST
    assert told(session) == ["materials.lost"]


def test_ten_pictures_lost_together_are_one_message(session: Session) -> None:
    contact = create_writer(session)
    for _ in range(10):
        material = create_material(session, contact)
        materials.miss(session, material.id, Miss.GONE, NOW)
    materials.miss(session, create_material(session, contact).id, Miss.UNUSABLE, NOW)
    assert sorted(told(session)) == ["materials.lost", "materials.unusable"]
    assert len(materials.unsaved(session, contact)) == 11


@pytest.mark.parametrize(
    "unreachable",
    [
        {"wrote_at": NOW - WINDOW},
        {"followed": False},
        {"quiet_at": NOW},
    ],
)
def test_who_cannot_be_reached_is_told_at_the_next_contact(
    session: Session, unreachable: dict[str, Any]
) -> None:
    contact = create_writer(session, **unreachable)
    material = create_material(session, contact)
    materials.miss(session, material.id, Miss.GONE, NOW)
    assert told(session) == []
    assert list(materials.unsaved(session, contact)) == [material]


def test_the_same_picture_from_another_person_leaves_a_mark(session: Session) -> None:
    first, second = create_material(session), create_material(session)
    materials.keep(session, first.id, PICTURE, "image/jpeg", NOW)
    materials.keep(session, second.id, PICTURE, "image/jpeg", NOW)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.subject_id) == ("material.same_picture", str(second.id))
    assert entry.details == {"same_as": str(first.id)}


def test_the_same_picture_twice_from_one_person_is_nothing_special(session: Session) -> None:
    contact = create_writer(session)
    for _ in range(2):
        material = create_material(session, contact)
        materials.keep(session, material.id, PICTURE, "image/jpeg", NOW)
    assert session.scalars(select(AuditEntry)).all() == []


def test_a_late_answer_for_a_row_that_was_settled_or_erased_changes_nothing(
    session: Session,
) -> None:
    material = create_material(session)
    materials.keep(session, material.id, PICTURE, "image/jpeg", NOW)
    materials.miss(session, material.id, Miss.GONE, NOW)
    materials.keep(session, material.id, b"other", "image/png", NOW)
    assert materials.picture(material) == PICTURE
    materials.keep(session, new_id(), PICTURE, "image/jpeg", NOW)
