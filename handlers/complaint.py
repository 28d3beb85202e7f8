"""A complaint: routed above the accused, who never see it; named or anonymous (requirements 3.7).

"Checking oneself" is what the press found: the accused sat on the team. Hence the office meant is
asked for, and the ticket's level follows from it.
"""

from __future__ import annotations

from dialog import Answers, Ask, Flow, Json, Say
from handlers.callback import due, phone_ask, standing
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.eligibility import numbered
from handlers.readers import choice, free_text
from handlers.whereabouts import place, where_asks
from models import Region
from models.places import RegionKind
from models.talk import TicketKind, TicketLevel
from services import tickets, whereabouts
from wording.hearing.matters import is_about, substance

FLOW = "complaint"
ACCUSED = numbered("accused", ("village", "town", "district", "other", "unknown"), topic=FLOW)
NAMED = numbered("named", ("named", "anonymous"), topic=FLOW)


def _has_a_place(answers: Answers) -> bool:
    return answers.get("accused") in {"village", "town", "other"}


def _is_named(answers: Answers) -> bool:
    return answers.get("named") == "named"


FORM = Flow(
    FLOW,
    (
        Ask("what", free_text(), free=True),
        Ask("accused", choice(ACCUSED), options=ACCUSED),
        *where_asks(_has_a_place),
        Ask("named", choice(NAMED), options=NAMED),
        phone_ask(_is_named),
    ),
)


def open_complaint(desk: Desk, asked: Asked) -> Outcome:
    """Take the matter from the message when it tells one; a question about names is answered."""
    words = asked.heard.text
    if stands := standing(desk, words):
        return Outcome((stands,))
    told: dict[str, Json] = {}
    says = [Say("complaint.begin")]
    if is_about("withheld_name", words) and is_about("asks", words):
        says = [Say("complaint.may_be_anonymous")]
    elif asked.intent == "complaint" and (matter := substance(words)):
        told["what"] = matter
    return Outcome(tuple(says), (Start(FLOW, told),))


def finish_complaint(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    where = place(desk, answers)
    said = answers["where"]["said"] if "where" in answers and where is None else ""
    request = tickets.Request(
        TicketKind.COMPLAINT,
        words="\n".join(part for part in (answers["what"], said) if part),
        contact=desk.contact,
        place=where,
        accused=_accused(desk, answers["accused"], where),
        anonymous=answers["named"] == "anonymous",
        phone=answers.get("phone"),
        answers={"accused": answers["accused"]},
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    slots = {"number": ticket.number, "due": due(ticket)}
    says = [Say(f"complaint.done_{ticket.level}", slots), Say("complaint.never_seen")]
    if ticket.anonymous:
        says.append(Say("complaint.no_name_kept", {"number": ticket.number}))
    if ticket.level == TicketLevel.SUPERVISION:
        says.append(Say("complaint.other_ways"))
    return Outcome(tuple(says))


def _accused(desk: Desk, whom: str, where: Region | None) -> Region | None:
    """The office that must not see the complaint. Somebody without an office is looked after by
    their village: it does not check its own either."""
    if whom == "district":
        return whereabouts.district(desk.session)
    if where is None or whom == "unknown":
        return None
    if whom == "town":
        return whereabouts.town_of(where)
    return where if where.kind == RegionKind.VILLAGE else None


COUNTER = Counter(
    name="complaint",
    intents=frozenset({"complaint"}),
    open=open_complaint,
    flows=(FORM,),
    finish=finish_complaint,
    outranks_forms=True,
    confidential=True,
    story="what",
)
