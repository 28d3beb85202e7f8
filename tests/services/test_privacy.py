"""What is erased, what stays, and why."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Application,
    ApplicationStatus,
    Attachment,
    AuditEntry,
    BankAccount,
    Consent,
    Contact,
    Decision,
    Inbound,
    KinshipDeclaration,
    Person,
    Role,
    Ticket,
)
from models.procedure import Actor
from models.talk import TicketKind
from services import (
    accounts,
    agreements,
    announcements,
    cases,
    identity,
    privacy,
    procedure,
    tickets,
)
from services.accounts import Account
from services.acting import Acting
from services.attachments import Upload
from tests.builders import (
    NOW,
    card_number,
    create_acting,
    create_contact,
    create_engagement,
    create_person,
    region,
)

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


def test_papers_of_a_post_that_came_to_nothing_are_erased_with_the_person(seeded: Session) -> None:
    clerk = create_acting(seeded, Role.VILLAGE_CLERK, "v-xinyan-wangjiazhuang")
    for order in range(2):  # an erased account is no obstacle to the next one
        engagement = create_engagement(seeded)
        case = engagement.application
        assert case is not None
        agreements.make(seeded, case, from_on=NOW.date(), acting=clerk, now=NOW)
        signed = agreements.sign(
            seeded, case, signed_on=NOW.date(), upload=Upload("协议.jpg", b"\xff\xd8\xff"),
            acting=clerk, now=NOW,
        )  # fmt: skip
        number = card_number(f"62220290000000{order}")
        accounts.give(seeded, case, Account("某银行", case.person.name, number), clerk, NOW)
        writer = create_contact(seeded, person_id=case.person_id, bound_at=NOW)
        procedure.take(seeded, case, "decline", Acting(Actor.APPLICANT, contact=writer), NOW)
        assert not privacy.forget(seeded, writer, NOW).on_post
        seeded.expire_all()
        copy = seeded.get_one(Attachment, signed.signed_copy_id)
        assert (copy.content_sealed, copy.file_name) == (b"", "")
    for account in seeded.scalars(select(BankAccount)):
        assert (account.number, account.holder) == (None, "")


def test_who_was_taken_over_onto_a_post_is_needed_too(
    seeded: Session, contact: Contact, person: Person
) -> None:
    spare = create_engagement(seeded)
    spare.application_id, spare.person_id = None, person.id
    seeded.flush()
    assert not privacy.rename(seeded, contact, person, "李桂芳", NOW)
    assert privacy.forget(seeded, contact, NOW).on_post == (spare.worker_code,)
    assert person.name == "李桂香"
