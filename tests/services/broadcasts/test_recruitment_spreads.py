"""A published recruitment announcement goes out by itself."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Announcement, Broadcast, BroadcastState, Delivery, Message, Person, Role
from services import outbox
from services import recruitment_publishing as publishing
from services.acting import Acting
from services.broadcasts import paper, texts, writing
from services.broadcasts.audience import Who
from tests.builders import NOW, create_acting, create_contact, phone, region
from tests.services.broadcasts.conftest import WANGJIA, run, villagers


def published(session: Session, acting: Acting) -> list[Broadcast]:
    announcement = session.scalars(select(Announcement)).first()
    assert announcement is not None
    publishing.publish(session, announcement, NOW, acting)
    return list(session.scalars(select(Broadcast)))


def wants_news(session: Session) -> Person:
    [person] = villagers(session, 1)
    create_contact(session, person_id=person.id)
    return person


def test_who_writes_to_us_hears_of_it_and_the_others_do_not(seeded: Session) -> None:
    approver = create_acting(seeded, Role.DISTRICT_APPROVER, "yanzhou")
    subscribed, [_silent, refused] = wants_news(seeded), villagers(seeded, 2)
    create_contact(seeded, person_id=refused.id, opted_out_at=NOW)
    [to_all] = [one for one in published(seeded, approver) if one.announcement_id]
    run(seeded, to_all)
    told = set(seeded.scalars(select(Message.person_id).where(Message.person_id.is_not(None))))
    assert told == {subscribed.id}
    assert to_all.state == BroadcastState.DONE


def test_the_villages_are_told_to_read_it_out(seeded: Session) -> None:
    approver = create_acting(seeded, Role.DISTRICT_APPROVER, "yanzhou")
    chief = create_acting(seeded, Role.VILLAGE_HEAD, WANGJIA)
    assert chief.staff is not None
    chief.staff.phone = phone(9)
    found = published(seeded, approver)
    [to_villages] = [one for one in found if one.audience["who"] == Who.STAFF]
    run(seeded, to_villages)
    message = seeded.scalars(select(Message).where(Message.staff_id == chief.staff.id)).one()
    delivery = seeded.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
    assert "大喇叭" in outbox.slots_of(delivery)["short"]


def test_its_words_fit_every_channel(seeded: Session) -> None:
    approver = create_acting(seeded, Role.DISTRICT_APPROVER, "yanzhou")
    for one in published(seeded, approver):
        assert texts.errors(writing.words_of(one)) == ()
        aloud = paper.loudspeaker(one, region(seeded, WANGJIA))
        assert aloud.count(one.title) >= 2
