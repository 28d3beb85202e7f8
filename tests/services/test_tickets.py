"""Who may see a ticket, by when it is due, and that it names nobody who asked not to be named."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Contact, Region, Ticket, new_id
from models.talk import TicketKind, TicketLevel
from services import tickets
from services.tickets import Request
from tests.builders import NOW, at, create_contact, create_person, region

VILLAGE, TOWN, DISTRICT = "v-xinyan-xinghualing", "xinyan", "yanzhou"
NEIGHBOUR, OTHER_TOWN = "v-xinyan-wangjiazhuang", "xiaomeng"
OFFICES = (VILLAGE, NEIGHBOUR, TOWN, OTHER_TOWN, DISTRICT)


@pytest.fixture
def writer(seeded: Session) -> Contact:
    return create_contact(seeded)


def seen_by(session: Session, ticket: Ticket) -> set[str]:
    return {code for code in OFFICES if tickets.may_see(ticket, region(session, code))}


@pytest.mark.parametrize(
    ("kind", "place", "accused", "level", "seen"),
    [
        (TicketKind.HELP, VILLAGE, None, "town", {TOWN, DISTRICT}),
        (TicketKind.HELP, None, None, "district", {DISTRICT}),
        (TicketKind.ACCIDENT, VILLAGE, None, "village", {VILLAGE, TOWN, DISTRICT}),
        (TicketKind.ACCIDENT, TOWN, None, "town", {TOWN, DISTRICT}),
        (TicketKind.ACCIDENT, None, None, "district", {DISTRICT}),
        (TicketKind.COMPLAINT, VILLAGE, VILLAGE, "town", {TOWN, DISTRICT}),
        (TicketKind.COMPLAINT, VILLAGE, TOWN, "district", {DISTRICT}),
        (TicketKind.COMPLAINT, None, DISTRICT, "supervision", set()),
        (TicketKind.COMPLAINT, VILLAGE, None, "district", {DISTRICT}),
        (TicketKind.OBJECTION, VILLAGE, VILLAGE, "town", {TOWN, DISTRICT}),
        (TicketKind.POOLING, VILLAGE, VILLAGE, "district", {DISTRICT}),
        (TicketKind.DISTRESS, VILLAGE, None, "town", {TOWN, DISTRICT}),
        (TicketKind.DEATH_CHECK, VILLAGE, None, "town", {TOWN, DISTRICT}),
    ],
)
def test_a_ticket_goes_to_the_lowest_office_that_may_see_it(
    seeded: Session,
    kind: TicketKind,
    place: str | None,
    accused: str | None,
    level: str,
    seen: set[str],
) -> None:
    def find(code: str | None) -> Region | None:
        return region(seeded, code) if code else None

    request = Request(kind, words="…", place=find(place), accused=find(accused))
    ticket = tickets.open_ticket(seeded, request, NOW)
    assert ticket.level == level
    assert seen_by(seeded, ticket) == seen


def test_numbers_run_by_day(seeded: Session) -> None:
    numbers = [
        tickets.open_ticket(seeded, Request(TicketKind.HELP, words=words), when).number
        for words, when in [("一", NOW), ("二", NOW), ("三", at("2022-04-07 00:01"))]
    ]
    assert numbers == ["220406-001", "220406-002", "220407-001"]


def test_the_same_words_on_one_day_are_one_ticket(seeded: Session, writer: Contact) -> None:
    request = Request(TicketKind.HELP, words="俺想问问", contact=writer)
    first = tickets.open_ticket(seeded, request, NOW)
    assert tickets.open_ticket(seeded, request, NOW).number == first.number
    next_day = tickets.open_ticket(seeded, request, at("2022-04-07 09:00"))
    assert next_day.number != first.number


def test_the_same_words_of_another_writer_are_another_ticket(
    seeded: Session, writer: Contact
) -> None:
    first = tickets.open_ticket(seeded, Request(TicketKind.HELP, "问", writer), NOW)
    other = tickets.open_ticket(seeded, Request(TicketKind.HELP, "问", create_contact(seeded)), NOW)
    assert first.number != other.number


def test_an_anonymous_ticket_names_nobody_and_its_writer_finds_it(
    seeded: Session, writer: Contact
) -> None:
    request = Request(TicketKind.COMPLAINT, "书记…", writer, anonymous=True, phone="13800000001")
    ticket = tickets.open_ticket(seeded, request, NOW)
    assert ticket.contact_id is None
    assert ticket.phone is None
    assert str(writer.id) not in str(ticket.answers)
    assert tickets.mine(seeded, writer) == [ticket]
    stranger = create_contact(seeded)
    assert tickets.mine(seeded, stranger) == []
    assert tickets.numbered(seeded, stranger, ticket.number) is None


def test_the_database_refuses_an_anonymous_ticket_with_a_name(
    seeded: Session, writer: Contact
) -> None:
    named = Ticket(
        id=new_id(),
        number="220406-999",
        kind=TicketKind.COMPLAINT,
        level=TicketLevel.DISTRICT,
        anonymous=True,
        contact_id=writer.id,
        opened_at=NOW,
    )
    seeded.add(named)
    with pytest.raises(IntegrityError):
        seeded.flush()


def test_a_sign_of_pooled_pay_is_kept_from_the_writers_village_and_town(seeded: Session) -> None:
    village = region(seeded, VILLAGE)
    person = create_person(seeded, village_id=village.id)
    bound = create_contact(seeded, person_id=person.id)
    ticket = tickets.raise_signal(seeded, bound, "钱先放村里", NOW)
    assert ticket.kind == TicketKind.POOLING
    assert seen_by(seeded, ticket) == {DISTRICT}
    assert tickets.raise_signal(seeded, bound, "钱先放村里", NOW).number == ticket.number


@pytest.mark.parametrize(
    ("kind", "when", "due_on"),
    [
        (TicketKind.ACCIDENT, "2022-04-30 23:50", "2022-04-30"),
        (TicketKind.DISTRESS, "2022-05-01 03:00", "2022-05-01"),
        (TicketKind.HELP, "2022-04-29 10:00", "2022-05-05"),
        (TicketKind.COMPLAINT, "2022-04-06 09:00", "2022-04-26"),
        (TicketKind.OBJECTION, "2022-04-06 09:00", "2022-04-13"),
        (TicketKind.HELP, "2090-01-02 09:00", "None"),
        (TicketKind.ACCIDENT, "2090-01-02 09:00", "2090-01-02"),
    ],
)
def test_it_is_due_by_the_working_calendar_or_at_no_invented_date(
    seeded: Session, kind: TicketKind, when: str, due_on: str
) -> None:
    assert str(tickets.open_ticket(seeded, Request(kind, "…"), at(when)).due_on) == due_on


def test_what_is_withdrawn_is_closed_once(seeded: Session, writer: Contact) -> None:
    ticket = tickets.open_ticket(seeded, Request(TicketKind.OBJECTION, "…", writer), NOW)
    tickets.withdraw(ticket, NOW)
    tickets.withdraw(ticket, at("2022-05-01 09:00"))
    assert ticket.closed_at == NOW
    assert ticket.closed_as == "withdrawn"
    assert tickets.mine(seeded, writer) == []


def test_words_are_added_once(seeded: Session) -> None:
    ticket = tickets.open_ticket(seeded, Request(TicketKind.ACCIDENT, "摔了"), NOW)
    tickets.add_words(ticket, "摔了\n老刘", {"care": "nobody"})
    assert ticket.words == "摔了\n老刘"
    assert ticket.answers == {"care": "nobody"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("举报 220406-001", "220406-001"),
        ("220406 - 001咋样了", "220406-001"),
        ("俺要举报", None),
        ("13800000001-123", None),
    ],
)
def test_a_number_is_read_out_of_a_message(text: str, number: str | None) -> None:
    assert tickets.number_in(text) == number
