"""Tickets in the office: who sees them, what is done with them, how the answer finds its writer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Contact, Delivery, Role, Ticket
from models.talk import TicketKind, TicketLevel
from services import ticket_answers, ticket_desk, tickets
from services.acting import Acting
from services.clock import business_date
from services.outbox import slots_of
from services.procedure import Hindered
from services.ticket_desk import Answer
from tests.builders import (
    NOW,
    create_acting,
    create_contact,
    create_conversation,
    create_person,
    phone,
    region,
)

VILLAGE = "v-xinyan-wangjiazhuang"
NEIGHBOUR = "v-xinyan-xinghualing"


def ticket(session: Session, kind: TicketKind = TicketKind.HELP, **more: Any) -> Ticket:
    place = region(session, more.pop("place", VILLAGE))
    accused = region(session, more.pop("accused")) if "accused" in more else None
    given: dict[str, Any] = {"words": "补贴啥时候发", "contact": create_contact(session), **more}
    return tickets.open_ticket(
        session, tickets.Request(kind, place=place, accused=accused, **given), NOW
    )


def who(session: Session, role: Role, code: str) -> Acting:
    return create_acting(session, role, code)


def sees(session: Session, acting: Acting, one: Ticket) -> bool:
    found = ticket_desk.find(session, one.number, acting) is not None
    assert found == (one in ticket_desk.listed(session, acting))
    return found


SEEN: dict[str, tuple[dict[str, Any], list[tuple[Role, str]], list[tuple[Role, str]]]] = {
    "help goes to the town": (
        {"kind": TicketKind.HELP},
        [(Role.TOWN_CLERK, "xinyan"), (Role.DISTRICT_CLERK, "yanzhou")],
        [(Role.VILLAGE_CLERK, VILLAGE), (Role.TOWN_CLERK, "xiaomeng"), (Role.AGENCY, "xinyan"),
         (Role.ADMINISTRATOR, "yanzhou"), (Role.DEPARTMENT, "yanzhou")],
    ),
    "an accident is the village's": (
        {"kind": TicketKind.ACCIDENT},
        [(Role.VILLAGE_CLERK, VILLAGE), (Role.TOWN_HEAD, "xinyan")],
        [(Role.VILLAGE_CLERK, NEIGHBOUR)],
    ),
    "a complaint about the village": (
        {"kind": TicketKind.COMPLAINT, "accused": VILLAGE},
        [(Role.TOWN_CLERK, "xinyan")],
        [(Role.VILLAGE_HEAD, VILLAGE)],
    ),
    "a complaint about the town": (
        {"kind": TicketKind.COMPLAINT, "accused": "xinyan"},
        [(Role.DISTRICT_CLERK, "yanzhou"), (Role.SUPERVISION, "yanzhou")],
        [(Role.TOWN_HEAD, "xinyan"), (Role.VILLAGE_HEAD, VILLAGE)],
    ),
    "a complaint about the district": (
        {"kind": TicketKind.COMPLAINT, "accused": "yanzhou"},
        [(Role.SUPERVISION, "yanzhou")],
        [(Role.DISTRICT_CLERK, "yanzhou"), (Role.TOWN_CLERK, "xinyan")],
    ),
    "pooled pay": (
        {"kind": TicketKind.POOLING, "accused": VILLAGE},
        [(Role.DISTRICT_APPROVER, "yanzhou"), (Role.SUPERVISION, "yanzhou")],
        [(Role.TOWN_HEAD, "xinyan"), (Role.VILLAGE_HEAD, VILLAGE)],
    ),
    "an objection has its own desk": (
        {"kind": TicketKind.OBJECTION},
        [],
        [(Role.TOWN_CLERK, "xinyan"), (Role.DISTRICT_CLERK, "yanzhou")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SEEN)
def test_who_sees_a_ticket(seeded: Session, case: str) -> None:
    how, seen_by, hidden_from = SEEN[case]
    one = ticket(seeded, **how)
    for role, code in seen_by:
        assert sees(seeded, who(seeded, role, code), one), (role, code)
    for role, code in hidden_from:
        assert not sees(seeded, who(seeded, role, code), one), (role, code)


def test_only_the_level_whose_turn_it_is_has_it_on_its_list(seeded: Session) -> None:
    one = ticket(seeded)
    town, district = (
        who(seeded, Role.TOWN_CLERK, "xinyan"),
        who(seeded, Role.DISTRICT_CLERK, "yanzhou"),
    )
    assert list(ticket_desk.waiting(seeded, town, 10)) == [one]
    assert list(ticket_desk.waiting(seeded, district, 10)) == []
    assert (ticket_desk.count_open(seeded, town), ticket_desk.count_open(seeded, district)) == (
        1,
        0,
    )


def test_urgent_first_then_by_date(seeded: Session) -> None:
    late = ticket(seeded, words="一")
    urgent = ticket(seeded, TicketKind.DISTRESS, words="二")
    early = ticket(seeded, words="三")
    early.due_on = NOW.date()
    seeded.flush()
    town = who(seeded, Role.TOWN_CLERK, "xinyan")
    assert list(ticket_desk.waiting(seeded, town, 10)) == [urgent, early, late]


def reply(session: Session, one: Ticket, words: str = "下月十号前到账") -> None:
    ticket_desk.act(
        session, one, Answer("reply", words), who(session, Role.TOWN_CLERK, "xinyan"), NOW
    )


def sent(session: Session) -> list[Delivery]:
    return list(session.scalars(select(Delivery)))


def test_an_answer_goes_by_chat_while_wechat_lets_us(seeded: Session) -> None:
    talk = create_conversation(seeded, turned_at=NOW - timedelta(hours=3))
    contact = seeded.get_one(Contact, talk.contact_id)
    one = ticket(seeded, contact=contact)
    reply(seeded, one)
    (delivery,) = sent(seeded)
    assert (delivery.channel, delivery.key) == ("wechat", "tickets.answer")
    assert slots_of(delivery) == {"number": one.number, "words": "下月十号前到账"}
    assert ticket_answers.unseen(seeded, contact, NOW) == ()


def test_later_it_goes_by_sms(seeded: Session) -> None:
    one = ticket(seeded, phone=phone(7))
    reply(seeded, one)
    (delivery,) = sent(seeded)
    assert (delivery.channel, delivery.key, delivery.address) == ("sms", "sms.reply", phone(7))
    assert one.number in slots_of(delivery)["text"]


def test_without_any_way_it_waits_for_the_next_message(seeded: Session) -> None:
    contact = create_contact(seeded)
    one = ticket(seeded, contact=contact, phone="0537-3412345")
    reply(seeded, one)
    assert sent(seeded) == []
    assert ticket_answers.unseen(seeded, contact, NOW) == [(one.number, "下月十号前到账")]
    assert ticket_answers.unseen(seeded, contact, NOW) == ()


def test_who_left_no_name_asks_by_number_and_stays_unknown(seeded: Session) -> None:
    contact = create_contact(seeded)
    create_conversation(seeded, contact_id=contact.id)
    one = ticket(seeded, TicketKind.COMPLAINT, contact=contact, anonymous=True, accused=VILLAGE)
    reply(seeded, one)
    assert sent(seeded) == []
    assert contact.answered_at is None
    seeded.expire_all()
    assert ticket_answers.may_reach(seeded, one, NOW) == "number"
    assert ticket_answers.answers_to(one, NOW) == ["下月十号前到账"]


def test_nobody_handles_what_they_wrote_themselves(seeded: Session) -> None:
    person = create_person(seeded)
    contact = create_contact(seeded, person_id=person.id)
    one = ticket(seeded, TicketKind.COMPLAINT, contact=contact, anonymous=True, accused=VILLAGE)
    clerk = create_acting(seeded, Role.TOWN_CLERK, "xinyan", person_id=person.id)
    with pytest.raises(Hindered) as raised:
        ticket_desk.act(seeded, one, Answer("reply", "没这回事"), clerk, NOW)
    assert raised.value.obstacles[0].key == "ticket_desk.your_own"


def test_handing_on_gives_a_new_day_and_takes_it_off_the_list(seeded: Session) -> None:
    one = ticket(seeded)
    town = who(seeded, Role.TOWN_CLERK, "xinyan")
    later = NOW + timedelta(days=1)
    ticket_desk.act(seeded, one, Answer("forward", "要区里定", to="district"), town, later)
    assert one.level == TicketLevel.DISTRICT
    assert one.due_on is not None
    assert one.due_on > business_date(later)
    assert not sees(seeded, town, one)
    district = who(seeded, Role.DISTRICT_CLERK, "yanzhou")
    ticket_desk.act(seeded, one, Answer("back", "镇里先问清楚", to="town"), district, later)
    assert sees(seeded, town, one)
    assert [step.act for step in one.steps] == ["forward", "back"]


@pytest.mark.parametrize("level", ["village", "town"])
def test_a_ticket_never_goes_down_to_the_accused(seeded: Session, level: str) -> None:
    one = ticket(seeded, TicketKind.COMPLAINT, accused="xinyan")
    district = who(seeded, Role.DISTRICT_CLERK, "yanzhou")
    with pytest.raises(Hindered):
        ticket_desk.act(seeded, one, Answer("back", "你们看看", to=level), district, NOW)
    assert one.level == TicketLevel.DISTRICT


def test_pooled_pay_never_leaves_the_district(seeded: Session) -> None:
    one = ticket(seeded, TicketKind.POOLING, accused=VILLAGE)
    district = who(seeded, Role.DISTRICT_CLERK, "yanzhou")
    assert ticket_desk.levels_for(one, district)["back"] == []


def test_closing_needs_an_answer_and_an_outcome(seeded: Session) -> None:
    one = ticket(seeded, phone=phone(8))
    town = who(seeded, Role.TOWN_CLERK, "xinyan")
    with pytest.raises(Hindered) as raised:
        ticket_desk.act(seeded, one, Answer("close"), town, NOW)
    assert {obstacle.key for obstacle in raised.value.obstacles} == {
        "ticket_desk.outcome_needed",
        "ticket_desk.answer_first",
    }
    ticket_desk.act(seeded, one, Answer("close", "已经补发了", outcome="settled"), town, NOW)
    assert (one.closed_as, one.closed_at) == ("settled", NOW)
    assert len(sent(seeded)) == 1
    assert ticket_desk.waiting(seeded, town, 10) == []
    assert ticket_desk.listed(seeded, town, closed=True) == [one]
    with pytest.raises(Hindered):
        ticket_desk.act(seeded, one, Answer("note", "又"), town, NOW)


BAD = [
    (Answer("reply", "  "), "ticket_desk.words_needed"),
    (Answer("note", "长" * 501), "ticket_desk.too_long"),
    (Answer("forward", "", to="district"), "ticket_desk.why_needed"),
    (Answer("forward", "看看", to="village"), "ticket_desk.no_such_level"),
    (Answer("back", "看看", to="nowhere"), "ticket_desk.no_such_level"),
    (Answer("close", "好了", outcome="upheld"), "ticket_desk.outcome_needed"),
]


@pytest.mark.parametrize(("answer", "key"), BAD)
def test_what_is_missing_is_said(seeded: Session, answer: Answer, key: str) -> None:
    one = ticket(seeded)
    town = who(seeded, Role.TOWN_CLERK, "xinyan")
    with pytest.raises(Hindered) as raised:
        ticket_desk.act(seeded, one, answer, town, NOW)
    assert [obstacle.key for obstacle in raised.value.obstacles] == [key]
    assert one.steps == []


def test_the_clock_takes_what_is_overdue_to_the_office_above(seeded: Session) -> None:
    one = ticket(seeded)
    top = ticket(seeded, TicketKind.COMPLAINT, accused="yanzhou")
    objection = ticket(seeded, TicketKind.OBJECTION)
    objection.due_on = top.due_on = one.due_on
    seeded.flush()
    assert one.due_on is not None
    day = NOW + (one.due_on - NOW.date())
    assert not ticket_desk.has_overdue(seeded, day)
    late = day + timedelta(days=1)
    assert ticket_desk.has_overdue(seeded, late)
    assert ticket_desk.escalate(seeded, late) == 1
    assert (one.level, top.level) == (TicketLevel.DISTRICT, TicketLevel.SUPERVISION)
    assert not ticket_desk.has_overdue(seeded, late)
    seeded.expire_all()
    assert [(step.act, step.to_level) for step in one.steps] == [("escalate", "district")]
    assert seeded.scalars(select(AuditEntry.act)).all()[-1] == "ticket.escalate"


def test_words_of_a_ticket_are_not_in_the_trail(seeded: Session) -> None:
    one = ticket(seeded, phone=phone(9))
    reply(seeded, one, "张某某的卡在村里")
    for entry in seeded.scalars(select(AuditEntry)):
        assert "张" not in str(entry.details)
