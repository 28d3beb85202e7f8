"""Questions about the policy: answered from the plan with its clause, or honestly not."""

from __future__ import annotations

from collections.abc import Collection

from dialog import Answers, Ask, Flow, Say
from handlers.callback import due
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import free_text
from models.talk import TicketKind
from services import policy, tickets, whereabouts
from wording.hearing.matters import substance

FLOW = "policy"

FORM = Flow(FLOW, (Ask("question", free_text(), free=True),))


def open_policy(desk: Desk, asked: Asked) -> Outcome:
    """Answer the question that came with the message; a bare wish to ask is asked what for."""
    question = substance(asked.heard.text) if asked.intent == "policy" else None
    match = policy.find(question) if question else None
    if match is None:
        return Outcome((), (Start(FLOW),))
    return Outcome((say_entry(desk, match.entry), Say("policy.ask_more")))


def finish_policy(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Answer; what the plan does not say becomes a ticket, so that a person answers it."""
    question = answers["question"]
    match = policy.find(question)
    if match is not None:
        return Outcome((say_entry(desk, match.entry), Say("policy.ask_more")))
    request = tickets.Request(
        TicketKind.QUESTION,
        words=question,
        contact=desk.contact,
        place=whereabouts.home(desk.session, desk.contact),
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    slots = {"number": ticket.number, "due": due(ticket), "phone": desk.office.district_phone}
    return Outcome((Say("policy.not_in_plan", slots),))


def answer(
    desk: Desk, question: str, *, topics: Collection[str] | None = None, enough: float | None = None
) -> Say | None:
    """The answer to a question, for any counter; None when the plan and we have none that fits.
    `topics` narrows the search, and then `policy.ENOUGH_WITHIN` is a fair threshold."""
    match = policy.find(question, topics=topics, enough=policy.ENOUGH if enough is None else enough)
    return say_entry(desk, match.entry) if match else None


def say_entry(desk: Desk, entry: policy.Entry) -> Say:
    """One answer, with the clause that it stands on or the word that nobody has ruled."""
    slots = {"answer": entry.text(desk.today), "clause": entry.clause or ""}
    return Say(f"policy.answer_{entry.status}", slots)


COUNTER = Counter(
    name="policy",
    intents=frozenset({"policy"}),
    open=open_policy,
    flows=(FORM,),
    finish=finish_policy,
)
