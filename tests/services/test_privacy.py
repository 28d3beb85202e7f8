"""What is erased, what stays, and why."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    AuditEntry,
    Consent,
    Contact,
    Decision,
    Inbound,
    KinshipDeclaration,
    Person,
    Ticket,
)
from models.talk import TicketKind
from services import announcements, cases, identity, privacy, tickets
from tests.builders import NOW, create_contact, create_person, region

VILLAGE = "v-xinyan-xinghualing"


@pytest.fixture
def person(seeded: Session) -> Person:
    return create_person(seeded, village_id=region(seeded, VILLAGE).id)


@pytest.fixture
def contact(seeded: Session, person: Person) -> Contact:
    bound = create_contact(seeded, person_id=person.id, bound_at=NOW)
    identity.give_consent(seeded, bound, purpose="binding", text_version="2022-1", now=NOW)
    seeded.add(
        Inbound(
            channel="wechat",
            dedupe_key="m:1",
            sender_key=bound.address_key,
            kind="text",
            content="俺有残疾证",
            received_at=NOW,
            reply="…",
        )
    )
    seeded.flush()
    return bound


def apply(session: Session, contact: Contact, person: Person) -> Application:
    posted = announcements.open_on(session, NOW.date())
    assert posted is not None
    assert person.village_id is not None
    request = cases.Request(
        person=person,
        village_id=person.village_id,
        facts={"track": "rural", "groups": ["disabled"]},
        post_id=None,
        papers={},
        kin_details="表哥是会计",
    )
    return cases.submit(session, contact, posted, request, NOW).application


def test_what_nothing_needs_is_gone(seeded: Session, contact: Contact, person: Person) -> None:
    other_phone = create_contact(seeded, channel="sms", person_id=person.id)
    done = privacy.forget(seeded, contact, NOW)
    assert done == privacy.Forgotten()
    seeded.flush()
    seeded.expire_all()
    assert (person.name, person.id_number, person.id_number_index) == ("", None, None)
    assert (person.phone, person.phone_index, person.village_id) == (None, None, None)
    assert (person.born_on.month, person.born_on.day) == (1, 1)
    assert contact.person_id is None
    assert other_phone.person_id is None
    said = seeded.scalars(select(Inbound)).one()
    assert (said.content, said.reply) == (None, None)
    assert all(row.withdrawn_at for row in seeded.scalars(select(Consent)))


def test_a_withdrawn_application_keeps_its_number_and_nothing_that_says_who(
    seeded: Session, contact: Contact, person: Person
) -> None:
    application = apply(seeded, contact, person)
    cases.withdraw(seeded, contact, application, NOW)
    assert privacy.forget(seeded, contact, NOW).kept == ()
    seeded.flush()
    seeded.expire_all()
    assert application.number
    assert application.claims == {}
    assert [
        (kept.facts, kept.trace, kept.contact_id) for kept in seeded.scalars(select(Decision))
    ] == [({}, [], None)]
    assert seeded.scalars(select(KinshipDeclaration)).one().details is None


@pytest.mark.parametrize("status", ["submitted", "on_notice", "waiting_list"])
def test_an_open_application_keeps_the_person_but_not_the_talk(
    seeded: Session, contact: Contact, person: Person, status: str
) -> None:
    application = apply(seeded, contact, person)
    application.status = ApplicationStatus(status)
    done = privacy.forget(seeded, contact, NOW)
    assert done.kept == (application.number,)
    assert person.id_number is not None
    assert contact.person_id == person.id
    seeded.expire_all()
    assert seeded.scalars(select(Inbound)).one().content is None
    assert application.claims != {}


def test_an_approved_one_keeps_it_too_and_is_told_apart(
    seeded: Session, contact: Contact, person: Person
) -> None:
    application = apply(seeded, contact, person)
    application.status = ApplicationStatus.APPROVED
    done = privacy.forget(seeded, contact, NOW)
    assert (done.kept, done.on_post) == ((), (application.number,))
    assert person.id_number is not None


def test_matters_being_worked_on_stay_and_closed_ones_lose_their_words(
    seeded: Session, contact: Contact
) -> None:
    still = tickets.open_ticket(seeded, tickets.Request(TicketKind.HELP, "在办", contact), NOW)
    closed = tickets.open_ticket(seeded, tickets.Request(TicketKind.HELP, "办完", contact), NOW)
    tickets.withdraw(closed, NOW)
    seeded.flush()
    done = privacy.forget(seeded, contact, NOW)
    seeded.expire_all()
    assert done.tickets == (still.number,)
    words = {row.number: row.words for row in seeded.scalars(select(Ticket))}
    assert words == {still.number: "在办", closed.number: None}


def test_name_and_village_change_only_where_no_case_needs_the_old_ones(
    seeded: Session, contact: Contact, person: Person
) -> None:
    elsewhere = region(seeded, "v-gulou-xiangyang")
    assert privacy.rename(seeded, contact, person, "李桂花", NOW)
    assert privacy.move_house(seeded, contact, person, elsewhere.id, NOW)
    assert (person.name, person.village_id) == ("李桂花", elsewhere.id)
    apply(seeded, contact, person)
    assert not privacy.rename(seeded, contact, person, "李桂香", NOW)
    assert not privacy.move_house(seeded, contact, person, region(seeded, VILLAGE).id, NOW)
    assert (person.name, person.village_id) == ("李桂花", elsewhere.id)


def test_every_look_and_change_is_in_the_trail_without_personal_data(
    seeded: Session, contact: Contact, person: Person
) -> None:
    held = privacy.view(seeded, contact, person, NOW)
    assert held.name == "李*香"
    assert held.phone_tail == (person.phone or "")[-4:]
    phone = person.phone
    privacy.rename(seeded, contact, person, "李桂花", NOW)
    privacy.forget(seeded, contact, NOW)
    seeded.flush()
    entries = seeded.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    acts = [entry.act for entry in entries]
    assert [act for act in acts if act.startswith("privacy")] == [
        "privacy.viewed",
        "privacy.renamed",
        "privacy.forgotten",
        "privacy.consent_withdrawn",
    ]
    for entry in entries:
        assert "李桂" not in str(entry.details)
        assert str(phone) not in str(entry.details)
