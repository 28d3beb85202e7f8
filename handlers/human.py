"""A person, please: the telephone and its hours, words left for a call back, despair at once."""

from __future__ import annotations

from datetime import datetime, time

from dialog import Answers, Ask, Flow, Json, Say
from handlers.callback import due, phone_ask, standing
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import free_text
from handlers.signals import comfort
from models.talk import TicketKind
from rules import calendar, parameters
from rules.errors import UnknownYear
from services import tickets, whereabouts
from services.clock import SHANGHAI
from wording.hearing.matters import is_about, substance

FLOW = "human"

FORM = Flow(FLOW, (Ask("words", free_text(), free=True), phone_ask()))


def open_human(desk: Desk, asked: Asked) -> Outcome:
    """Despair is answered without a form; a question for a number gets the number; all others
    leave words."""
    if "despair" in asked.signals:
        return Outcome(comfort(desk, asked.heard.text))
    if stands := standing(desk, asked.heard.text):
        return Outcome((stands,))
    reach = _reach(desk)
    if asked.intent == "human" and is_about("phone_of_office", asked.heard.text):
        return Outcome((Say("human.numbers"), *reach, Say("human.may_call")), offers=("callback",))
    told: dict[str, Json] = {}
    if asked.intent == "human" and (words := substance(asked.heard.text)):
        told["words"] = words
    return Outcome(reach, (Start(FLOW, told),))


def finish_human(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    request = tickets.Request(
        TicketKind.HELP,
        words=answers["words"],
        contact=desk.contact,
        place=whereabouts.named(desk.session, answers["words"])
        or whereabouts.home(desk.session, desk.contact),
        phone=answers["phone"],
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    key = "human.done_call" if answers["phone"] else "human.done_here"
    slots = {"number": ticket.number, "due": due(ticket), "tail": (answers["phone"] or "")[-4:]}
    return Outcome((Say(key, slots),))


def _reach(desk: Desk) -> tuple[Say, ...]:
    """The telephone, and whether somebody is at it now."""
    hours = parameters.in_force("conversation.office_hours", desk.today).value
    slots = {"phone": desk.office.district_phone, "from_hour": hours["from"], "to": hours["to"]}
    key = {True: "human.open_now", False: "human.closed_now", None: "human.telephone"}
    return (Say(key[_is_open(desk.now, hours)], slots),)


def _is_open(now: datetime, hours: dict[str, str]) -> bool | None:
    """None where the year's working days have not been entered: nothing is claimed then."""
    local = now.astimezone(SHANGHAI)
    try:
        works = calendar.is_working_day(local.date())
    except UnknownYear:
        return None
    opens, closes = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
    return works and opens <= local.time() < closes


COUNTER = Counter(
    name="human",
    intents=frozenset({"human", "callback"}),
    open=open_human,
    flows=(FORM,),
    finish=finish_human,
)
