"""What a message gives away besides its intent, and what must follow whatever the intent was.

The door calls `attend` before the counter is opened (requirements 5): a death stops what we send by
ourselves, despair is answered at once, and a hint that somebody takes a worker's pay is kept.
"""

from __future__ import annotations

from dialog import Say
from handlers.counter import Asked
from handlers.desk import Desk
from models import Ticket
from models.talk import TicketKind
from services import registers, subscriptions, ticket_answers, tickets, whereabouts

SPEAKS_OF_OTHERS = frozenset({"complaint", "objection", "confirm", "accident"})
"""Intents in which a death is somebody else's: their own counter takes it up."""


TACTLESS = frozenset(
    {"apply", "eligibility", "greeting", "pay", "progress", "provide_info", "unclear"}
)
"""Intents whose counter would only put questions, or a menu, to somebody who told of a death."""


def attend(desk: Desk, asked: Asked, *, in_form: bool = False) -> tuple[Say, ...]:
    """Act on the signals of a message; what is to be said before anything else.

    `in_form`: an open form takes the words as its answer, so no counter will look at them. Who
    asks for a person in despair is answered by that counter otherwise.
    """
    says = answered(desk)
    if "oversharing" in asked.signals and not in_form:
        says += (Say("dialog.too_much_told"),)
    if "pooling" in asked.signals:
        tickets.raise_signal(desk.session, desk.contact, asked.heard.text, desk.now)
    if "despair" in asked.signals and (in_form or asked.intent != "human"):
        says += comfort(desk, asked.heard.text)
    if "death" in asked.signals and not in_form and asked.intent not in SPEAKS_OF_OTHERS:
        says += condole(desk, asked)
    if "death" in asked.signals and not in_form and asked.intent == "confirm":
        says += (_reported(desk, asked.heard.text),)
    return says


def is_answered(asked: Asked) -> bool:
    """Whether the condolence is all that may be said: no form and no rule to a mourner."""
    return "death" in asked.signals and asked.intent in TACTLESS


def asks_of_own_pay(desk: Desk, asked: Asked) -> bool:
    """Whether a mourner on a post spoke of money: their own is a number away, if they want it."""
    if asked.intent != "pay" or desk.person is None:
        return False
    return registers.current_engagement(desk.session, desk.person) is not None


def answered(desk: Desk) -> tuple[Say, ...]:
    """What an office answered while no message could reach the writer."""
    if not desk.answer_waits:
        return ()
    unseen = ticket_answers.unseen(desk.session, desk.contact, desk.now)
    return tuple(Say("tickets.answer", {"number": key, "words": words}) for key, words in unseen)


def comfort(desk: Desk, words: str) -> tuple[Say, ...]:
    """Answer despair warmly and at once, with numbers that are answered day and night, and have
    somebody of the town call today. No form."""
    request = tickets.Request(
        TicketKind.DISTRESS,
        words=words,
        contact=desk.contact,
        place=whereabouts.home(desk.session, desk.contact),
        phone=_phone(desk),
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    return (
        Say("human.comfort"),
        Say("human.comfort_lines"),
        Say("human.comfort_called", {"number": ticket.number, "phone": desk.office.district_phone}),
    )


def condole(desk: Desk, asked: Asked) -> tuple[Say, ...]:
    """Condolence; from here on nothing is sent by itself, and the town checks with the family.
    A worker who asks for leave to bury somebody keeps their messages."""
    if asked.intent == "leave":
        return (Say("human.condolence"),)
    _death_check(desk, asked.heard.text)
    subscriptions.silence(desk.session, desk.contact, desk.now)
    says = (Say("human.condolence"), Say("human.condolence_silence"))
    return (*says, Say("dialog.after_condolence")) if is_answered(asked) else says


def _reported(desk: Desk, words: str) -> Say:
    """A village head tells of a worker's death: the pay must stop at that day (F-07)."""
    return Say("human.death_reported", {"number": _death_check(desk, words).number})


def _death_check(desk: Desk, words: str) -> Ticket:
    request = tickets.Request(
        TicketKind.DEATH_CHECK,
        words=words,
        contact=desk.contact,
        place=whereabouts.home(desk.session, desk.contact),
        phone=_phone(desk),
    )
    return tickets.open_ticket(desk.session, request, desk.now)


def _phone(desk: Desk) -> str | None:
    if desk.channel == "sms":
        return desk.contact.address
    return desk.person.phone if desk.person is not None else None
