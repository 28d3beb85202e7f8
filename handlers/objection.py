"""An objection to a public notice: which notice, what, with a name or without; and taking it back.

The town checks it, never the village whose people proposed the list (requirements 3.1, 3.7).
"""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Json, Option, Say
from handlers import policy
from handlers.callback import due, phone_ask, standing
from handlers.certain import certainly
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.eligibility import numbered
from handlers.notices import open_notices
from handlers.readers import choice, free_text
from handlers.whereabouts import known, place, where_asks
from models import PublicNotice, Region
from models.places import RegionKind
from models.talk import TicketKind
from services import notices, tickets, whereabouts
from services.policy import ENOUGH_WITHIN
from wording.hearing.matters import is_about, substance

FLOW = "objection"
BACK_FLOW = "objection_back"
NAMED = numbered("named", ("named", "anonymous"), topic="complaint")


def notice_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    """What hangs at the place; where nothing does, the objection goes on without a notice."""
    shown = notices.showing(desk.session, place(desk, answers), desk.today)
    if not shown:
        return [Option(None, Say("objection.no_notice"))]
    return [Option(notice.notice_id, notice.title) for notice in shown]


def _is_named(answers: Answers) -> bool:
    return answers.get("named") == "named"


FORM = Flow(
    FLOW,
    (
        *where_asks(strict=True),
        Ask("notice", choice(notice_options), options=notice_options, alone=True),
        Ask("what", free_text(), free=True),
        Ask("named", choice(NAMED), options=NAMED),
        phone_ask(_is_named),
    ),
)


def mine_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    """The writer's objections that are still being checked."""
    found = tickets.mine(desk.session, desk.contact, TicketKind.OBJECTION)
    return [Option(ticket.number, ticket.number) for ticket in found]


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("objection_back.sure_yes")),
        Option(value=False, label=Say("objection_back.sure_no")),
    ]


BACK_FORM = Flow(
    BACK_FLOW,
    (
        Ask("which", choice(mine_options), options=mine_options, alone=True),
        Ask("sure", certainly(sure_options), options=sure_options),
    ),
)


def open_objection(desk: Desk, asked: Asked) -> Outcome:
    text = asked.heard.text
    if stands := standing(desk, text):
        return Outcome((stands,))
    if is_about("my_own_line", text) and is_about("asks", text):
        return open_notices(desk, Asked("notice_result", asked.heard))
    if is_about("retracted", text):
        return _take_back(desk)
    matter = substance(text) if asked.intent == "objection" else None
    if asked.intent == "objection" and is_about("asks", text):
        said = policy.answer(desk, text, topics={"notice", "review"}, enough=ENOUGH_WITHIN)
        if said is not None:
            return Outcome((said, Say("objection.may_object")), offers=("objection_now", "human"))
    near = whereabouts.named(desk.session, text) or whereabouts.home(desk.session, desk.contact)
    told: dict[str, Json] = {"what": matter} if matter and len(matter) > 4 else {}
    start = Start(FLOW, told | known(near))
    return Outcome((Say("objection.begin"),), (start,))


def _take_back(desk: Desk) -> Outcome:
    if not tickets.mine(desk.session, desk.contact, TicketKind.OBJECTION):
        return Outcome((Say("objection_back.none"),))
    return Outcome((), (Start(BACK_FLOW),))


def finish_objection(desk: Desk, flow: str, answers: Answers) -> Outcome:
    if flow == BACK_FLOW:
        return _finish_back(desk, answers)
    near = _region(desk, answers)
    request = tickets.Request(
        TicketKind.OBJECTION,
        words=answers["what"],
        contact=desk.contact,
        place=near,
        accused=near if near is not None and near.kind == RegionKind.VILLAGE else None,
        anonymous=answers["named"] == "anonymous",
        phone=answers.get("phone"),
        notice_id=answers["notice"],
    )
    ticket = tickets.open_ticket(desk.session, request, desk.now)
    says = [Say("objection.done", {"number": ticket.number, "due": due(ticket)})]
    if ticket.anonymous:
        says.append(Say("complaint.no_name_kept", {"number": ticket.number}))
    return Outcome((*says, Say("objection.may_take_back")))


def _finish_back(desk: Desk, answers: Answers) -> Outcome:
    if not answers["sure"]:
        return Outcome((Say("objection_back.kept"),))
    ticket = tickets.numbered(desk.session, desk.contact, answers["which"])
    if ticket is None:
        return Outcome((Say("objection_back.none"),))
    tickets.withdraw(ticket, desk.now)
    return Outcome((Say("objection_back.done", {"number": ticket.number}),))


def _region(desk: Desk, answers: Answers) -> Region | None:
    """Whose list it is: the notice's own place, or else the place that was told."""
    notice = desk.session.get(PublicNotice, answers["notice"]) if answers["notice"] else None
    return notice.region if notice is not None else place(desk, answers)


COUNTER = Counter(
    name="objection",
    intents=frozenset({"objection", "objection_now"}),
    open=open_objection,
    flows=(FORM, BACK_FORM),
    finish=finish_objection,
)
