"""An accident: people first, then a short form. The ticket is open before the first question, so
that nothing is lost when nobody answers it (R-3.6d). Questions about insurance are no accident."""

from __future__ import annotations

from dialog import Answers, Ask, Flow, Heard, Json, Reading, Reopen, Say, Suggest, Value, Wrong
from handlers.callback import phone_ask
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.eligibility import numbered
from handlers.policy import say_entry
from handlers.readers import choice, free_text
from handlers.whereabouts import known, place, where_asks
from models import Ticket
from models.talk import TicketKind
from services import alarms, policy, tickets, whereabouts
from wording.hearing.matters import is_about, substance

FLOW = "accident"
CARE = numbered("care", ("hospital", "coming", "nobody", "slight"), topic=FLOW)


def care(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
    """One of the four, also where it is told in words: 已经打了120."""
    picked = choice(CARE)(heard, reading)
    if isinstance(picked, Value):
        return picked
    told = [how for how in reading.menu if is_about(f"care_{how}", heard.text)]
    return Value(told[0]) if told else picked


FORM = Flow(
    FLOW,
    (
        Ask("what", free_text(), free=True),
        Ask("care", care, options=CARE),
        Ask("who", free_text(shortest=1, longest=64), free=True),
        *where_asks(),
        phone_ask(),
    ),
)


def open_accident(desk: Desk, asked: Asked) -> Outcome:
    words = asked.heard.text
    if asked.intent == "accident" and not is_about("danger", words):
        answered = _insurance(desk, words)
        if answered is not None:
            return answered
    told: dict[str, Json] = {}
    if asked.intent == "accident" and (matter := substance(words, least=2)):
        told["what"] = matter
        _keep(desk, matter, {}, phone=None)
    near = whereabouts.named(desk.session, words)
    start = Start(FLOW, told | known(near))
    return Outcome((Say("accident.people_first"),), (start,))


def _insurance(desk: Desk, words: str) -> Outcome | None:
    """The answer to a question about insurance or a claim; None for an accident."""
    if not is_about("claim", words) and not (
        is_about("insurance", words) and is_about("asks", words)
    ):
        return None
    match = policy.find(words, topics={"insurance"}, enough=policy.ENOUGH_WITHIN)
    entry = match.entry if match else policy.entries()["claim"]
    return Outcome(
        (say_entry(desk, entry), Say("accident.may_report")), offers=("accident_report", "human")
    )


def finish_accident(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    ticket = _keep(desk, _story(answers), {"care": answers["care"]}, phone=answers["phone"])
    where = place(desk, answers) or whereabouts.home(desk.session, desk.contact)
    if where is not None:
        tickets.send_to(desk.session, ticket, where)
        desk.session.flush()
        desk.session.refresh(ticket, ["region"])
        alarms.accident(desk.session, ticket, desk.now)
    says = [Say("accident.done", {"number": ticket.number, "phone": desk.office.district_phone})]
    if answers["care"] in {"nobody", "coming"}:
        says.insert(0, Say("accident.call_120"))
    return Outcome((*says, Say("accident.keep_papers")))


def _keep(desk: Desk, words: str, facts: dict[str, Json], *, phone: str | None) -> Ticket:
    """The open ticket of this accident with these words on it, made if there is none yet."""
    mine = tickets.mine(desk.session, desk.contact, TicketKind.ACCIDENT)
    begun = next((ticket for ticket in mine if not ticket.answers), None)
    if begun is not None:
        tickets.add_words(begun, words, facts)
        begun.phone = phone or begun.phone
        return begun
    request = tickets.Request(
        TicketKind.ACCIDENT,
        words=words,
        contact=desk.contact,
        place=whereabouts.named(desk.session, words)
        or whereabouts.home(desk.session, desk.contact),
        phone=phone,
        answers=facts,
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    alarms.accident(desk.session, ticket, desk.now)
    return ticket


def _story(answers: Answers) -> str:
    """The form's words, a line each, as staff read them."""
    where = answers["where"]["said"] if "where" in answers else ""
    return "\n".join(part for part in (answers["what"], answers["who"], where) if part)


COUNTER = Counter(
    name="accident",
    intents=frozenset({"accident", "accident_report"}),
    open=open_accident,
    flows=(FORM,),
    finish=finish_accident,
    outranks_forms=True,
    story="what",
)
