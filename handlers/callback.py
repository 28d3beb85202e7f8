"""What every counter that opens a ticket has in common: how to call back, and by when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from dialog import Answers, Ask, Heard, Option, Reading, Say, Value, Wrong
from dialog.grammar import always
from handlers.desk import Desk
from handlers.readers import words
from models import Ticket
from services import ticket_answers, tickets
from services.clock import business_date
from wording.hearing import digits_in, hear_phone, tidy
from wording.hearing.matters import is_about

LANDLINE_DIGITS = (7, 12)


def phone(heard: Heard, _reading: Reading) -> Value | Wrong:
    """A number to call, a landline too; None where the writer leaves none."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    told = hear_phone(text)
    if told.mobile:
        return Value(told.mobile)
    digits = digits_in(text)
    if told.problem == "landline" and LANDLINE_DIGITS[0] <= len(digits) <= LANDLINE_DIGITS[1]:
        return Value(digits)
    if heard.affirms is False or is_about("no_phone", tidy(text)):
        return Value(None)
    return Wrong(Say("tickets.wrong_phone"), complete=True)


def known_phone(answers: Answers, desk: Desk) -> Sequence[Option]:
    """The number we have already: the one that writes by SMS, or that its owner proved. As the only
    choice it answers the question by itself. Else the number that stands in the words left."""
    known = desk.contact.address if desk.channel == "sms" else None
    if known is None and desk.person is not None:
        known = desk.person.phone
    known = known or hear_phone(str(answers.get("words", ""))).mobile
    return [Option(known, known)] if known else []


def phone_ask(when: Callable[[Answers], bool] = always) -> Ask:
    """The question for a number to call, asked only where we have none."""
    return Ask("phone", phone, when=when, options=known_phone, alone=True)


def due(ticket: Ticket) -> Say:
    """By when somebody answers; "soon" where the year's working days are not known yet."""
    if ticket.due_on is None:
        return Say("tickets.soon")
    return Say("tickets.by", {"due_on": ticket.due_on.isoformat()})


def standing(desk: Desk, text: str) -> Say | None:
    """How the ticket stands whose number is in the text; None where there is no number in it.
    Nobody hears of a ticket that is not theirs."""
    number = tickets.number_in(tidy(text))
    if number is None:
        return None
    ticket = tickets.numbered(desk.session, desk.contact, number)
    if ticket is None:
        return Say("tickets.not_yours", {"number": number})
    if answers := ticket_answers.answers_to(ticket, desk.now):
        return Say("tickets.answered", {"number": number, "words": "\n".join(answers)})
    if ticket.closed_at is None:
        return Say("tickets.under_way", {"number": number, "due": due(ticket)})
    return Say("tickets.closed", {"number": number, "closed_on": _day(ticket.closed_at)})


def _day(at: datetime) -> str:
    return business_date(at).isoformat()
