"""An objection to a public notice: whom it concerns, what, with a name or without; taking it back.

It stops the case of the person who is meant and nobody else's; one that means nobody on the list
waits for the town to say what it is about. The town checks it, never the village whose people
proposed the list (requirements 3.1, 3.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialog import Answers, Ask, Flow, Json, Option, Say
from handlers import policy
from handlers.callback import due, phone_ask, standing
from handlers.certain import certainly
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.eligibility import numbered
from handlers.notice_lines import chosen_line, line_asks
from handlers.notices import open_notices
from handlers.readers import choice, free_text
from handlers.whereabouts import known, place, where_asks
from models import PublicNotice, PublicNoticeItem, Region, Ticket
from models.places import RegionKind
from models.talk import TicketKind
from services import notices, objections, tickets, whereabouts
from services.acting import CLOCK
from services.objections import Complaint
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


def _whom(answers: Answers, _desk: Desk) -> Mapping[str, Json]:
    """Without a list to point at, the words must say who is meant too."""
    return {"whom": "" if answers.get("notice") is not None else Say("objection.whom")}


FORM = Flow(
    FLOW,
    (
        *where_asks(strict=True),
        Ask("notice", choice(notice_options), options=notice_options, alone=True),
        *line_asks(),
        Ask("what", free_text(), free=True, fill=_whom),
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
    near = _looked_at(desk, asked) or whereabouts.named(desk.session, text)
    near = near or whereabouts.home(desk.session, desk.contact)
    told: dict[str, Json] = {"what": matter} if matter and len(matter) > 4 else {}
    start = Start(FLOW, told | known(near))
    return Outcome((Say("objection.begin"),), (start,))


def _looked_at(desk: Desk, asked: Asked) -> Region | None:
    """The place whose notices were shown above the menu."""
    return desk.session.get(Region, int(asked.about)) if asked.about.isdigit() else None


def _take_back(desk: Desk) -> Outcome:
    if not tickets.mine(desk.session, desk.contact, TicketKind.OBJECTION):
        return Outcome((Say("objection_back.none"),))
    return Outcome((), (Start(BACK_FLOW),))


def finish_objection(desk: Desk, flow: str, answers: Answers) -> Outcome:
    if flow == BACK_FLOW:
        return _finish_back(desk, answers)
    item = _line(desk, answers)
    if item is not None:
        complaint = Complaint(
            answers["what"],
            phone=answers.get("phone"),
            contact=desk.contact,
            anonymous=answers["named"] == "anonymous",
        )
        raised = objections.raise_against(desk.session, item, complaint, CLOCK, desk.now)
        assert raised.objection.ticket is not None
        return _taken(raised.objection.ticket, Say("objection.stops_one"))
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
    return _taken(ticket, Say("objection.stops_the_list") if ticket.notice_id else None)


def _taken(ticket: Ticket, stops: Say | None) -> Outcome:
    says = [Say("objection.done", {"number": ticket.number, "due": due(ticket)})]
    if stops is not None:
        says.append(stops)
    if ticket.anonymous:
        says.append(Say("complaint.no_name_kept", {"number": ticket.number}))
    return Outcome((*says, Say("objection.may_take_back")))


def _line(desk: Desk, answers: Answers) -> PublicNoticeItem | None:
    """The person who is meant, while one can still object to them; else the town sees whom it
    concerns."""
    key = chosen_line(answers)
    item = desk.session.get(PublicNoticeItem, key) if key is not None else None
    if item is None:
        return None
    notice = desk.session.get_one(PublicNotice, item.notice_id)
    return item if objections.is_open(notice, item, desk.now) else None


def _finish_back(desk: Desk, answers: Answers) -> Outcome:
    if not answers["sure"]:
        return Outcome((Say("objection_back.kept"),))
    ticket = tickets.numbered(desk.session, desk.contact, answers["which"])
    if ticket is None:
        return Outcome((Say("objection_back.none"),))
    tickets.withdraw(ticket, desk.now)
    stopped = objections.of_ticket(desk.session, ticket)
    key = "objection_back.done_town_decides" if stopped else "objection_back.done"
    return Outcome((Say(key, {"number": ticket.number}),))


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
