"""Telling many at once knows of each what telling one by one knows, in as few statements for a
hundred as for two."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from models import Contact, Delivery, Person, TemplateConsent, new_id
from models.sealing import blind_index
from models.telling import DeliveryState
from models.term_steps import TermState
from services import card_consents, chat_windows, telling_facts, telling_many_facts
from services.telling_kinds import BadKind, Channel, Kind, kind
from services.telling_many import tell_many
from tests.builders import NOW, create_contact, create_inbound, create_person, phone, region
from tests.services.test_telling import die

DUTY = kind("broadcast_duty")
BY_CARD = kind("case_submitted")
MINI_TEMPLATE = "T-mini-case-news"


def everybody(session: Session) -> list[Person]:
    """One of each sort that a village has."""
    village = region(session, "v-xinyan-wangjiazhuang").id

    def person(**more: Any) -> Person:
        return create_person(session, **{"village_id": village, **more})

    people = [person(), person(phone=None), person(village_id=None), person(phone=phone(801))]
    people.append(person(phone=phone(801)))  # shares it with the one before
    for wrote in (timedelta(hours=1), timedelta(hours=47), timedelta(hours=49)):
        people.append(one := person())
        create_inbound(session, create_contact(session, person_id=one.id), received_at=NOW - wrote)
    people.append(spent := person())
    contact = create_contact(session, person_id=spent.id)
    create_inbound(session, contact, received_at=NOW - timedelta(hours=2))
    while chat_windows.spend_window(session, contact, NOW):
        pass
    states: list[dict[str, Any]] = [{"followed": False}, {"opted_out_at": NOW}, {"quiet_at": NOW}]
    for state in states:
        people.append(one := person())
        create_contact(session, person_id=one.id, **state)
    people.append(refused := person())
    create_contact(session, channel="sms", address_key=refused.phone_index, opted_out_at=NOW)
    people.append(dead := person())
    fail(session, dead.phone or "", 10)
    people.append(once := person())
    fail(session, once.phone or "", 1)
    ticked: list[dict[str, Any]] = [{"left": 2}, {"lasting": True}, {"left": 0}]
    for number, tick in enumerate(ticked):
        people.append(one := person())
        contact = create_contact(session, person_id=one.id, address_key=f"o-consents-{number}")
        card = card_consents.template_id(BY_CARD.template or "")
        session.add(TemplateConsent(contact_id=contact.id, template=card, changed_at=NOW, **tick))
    for number, left in enumerate((1, 0, None)):
        people.append(one := person())
        create_contact(session, channel="mini", address_key=f"mini-{number}", person_id=one.id)
        if left is not None:
            own = session.scalars(select(Contact).where(Contact.person_id == one.id)).one()
            card_consents.grant_consent(session, own, MINI_TEMPLATE, NOW)
            if not left:
                card_consents.spend_consent(session, own, MINI_TEMPLATE, NOW)
    for reported in (TermState.DONE, TermState.UNDONE):
        people.append(one := person())
        die(session, one, reported)
    session.flush()
    return people


def fail(session: Session, number: str, times: int) -> None:
    """So many short messages to a number failed."""
    for order in range(times):
        session.add(
            Delivery(
                id=new_id(),
                channel="sms",
                address_index=blind_index(number, "phone"),
                key="sms.reply",
                cause="test",
                state=DeliveryState.FAILED,
                due_at=NOW,
                created_at=NOW - timedelta(minutes=order),
            )
        )


@pytest.mark.parametrize("row", [DUTY, BY_CARD], ids=lambda one: one.name)
def test_the_facts_are_those_of_one_by_one(seeded: Session, row: Kind) -> None:
    row = Kind(**{**vars(row), "helper": False})
    people = everybody(seeded)
    many = telling_many_facts.of_people(seeded, row, people, NOW, at=NOW)
    for person in people:
        alone = telling_facts.of_person(seeded, row, person, NOW, at=NOW)
        assert many[person.id] == alone


@pytest.mark.parametrize("templates", [{"case_news": MINI_TEMPLATE}, {}])
def test_the_facts_of_the_mini_program_are_those_of_one_by_one(
    seeded: Session, templates: dict[str, str]
) -> None:
    people = everybody(seeded)
    row = Kind(**{**vars(BY_CARD), "helper": False})
    card_consents.know_mini_templates(templates)
    telling_facts.know_mini(there=True)
    try:
        many = telling_many_facts.of_people(seeded, row, people, NOW, at=NOW)
        alone = {one.id: telling_facts.of_person(seeded, row, one, NOW, at=NOW) for one in people}
    finally:
        card_consents.know_mini_templates({})
        telling_facts.know_mini(there=False)
    assert many == alone
    found = {one.consents for facts in many.values() for one in facts.minis or ()}
    assert found == ({0, 1} if templates else {None})


def test_a_crowd_leaves_out_whose_death_was_reported(seeded: Session) -> None:
    village = region(seeded, "v-xinyan-wangjiazhuang").id
    people = [create_person(seeded, village_id=village) for _ in range(3)]
    die(seeded, people[1], TermState.AT_TOWN)
    die(seeded, people[2], TermState.WITHDRAWN)
    told = tell_many(seeded, kind="broadcast_duty", people=people, slots=words, cause="c", now=NOW)
    assert [one.channel for one in told] == [Channel.SMS, Channel.VISIT, Channel.SMS]
    sent = set(seeded.scalars(select(Delivery.person_id)))
    assert sent == {people[0].id, people[2].id}


def test_the_statements_do_not_grow_with_the_people(seeded: Session) -> None:
    village = region(seeded, "v-xinyan-wangjiazhuang").id
    people = [create_person(seeded, village_id=village) for _ in range(100)]
    assert statements(seeded, people[2:]) <= statements(seeded, people[:2])


def statements(session: Session, people: list[Person]) -> int:
    heard: list[uuid.UUID] = []

    def hear(*_arguments: object) -> None:
        heard.append(new_id())

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", hear)
    told = tell_many(session, kind="broadcast_duty", people=people, slots=words, cause="c", now=NOW)
    event.remove(connection, "before_cursor_execute", hear)
    assert {message.channel for message in told} == {Channel.SMS}
    return len(heard)


def words(_person: Person) -> dict[str, str]:
    return {"title": "t", "text": "x", "short": "x"}


def test_what_helpers_and_staff_hear_is_told_one_by_one(seeded: Session) -> None:
    for name in ("case_approved", "broadcast_staff"):
        with pytest.raises(BadKind):
            tell_many(seeded, kind=name, people=[], slots=words, cause="c", now=NOW)
