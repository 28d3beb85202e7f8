"""Village staff tell people in person what no message brought to them: who, the words, how it went
(requirements 2.10)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from dialog import Answers, Ask, Flow, Json, Option, Say
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice
from models import Visit
from services import village_desk, visits
from services.acting import Acting
from services.visit_work import words
from services.visits import Outcome as Told
from services.visits import Report, VisitError, Way

FLOW = "visits"
SHOWN = 8
LINE = 30
"""So much of the words shows in the list; the whole comes when one is chosen."""


def visit_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    return [
        Option(str(one.id), Say("visits.line", {"name": one.person.name, "words": _short(one)}))
        for one in _mine(desk)
    ]


def way_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(str(way), Say(f"visits.way_{way}")) for way in (Way.DOOR, Way.PHONE)]


def outcome_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(str(told), Say(f"visits.outcome_{told}")) for told in Told]


def _to_say(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    """The whole words, and by when."""
    found = _found(desk, answers)
    if found is None:
        return {"name": "", "words": "", "due_on": ""}
    return {
        "name": found.person.name,
        "words": words(found),
        "due_on": found.due_on.isoformat(),
    }


FORM = Flow(
    FLOW,
    (
        Ask("visit", choice(visit_options), options=visit_options, alone=True),
        Ask("way", choice(way_options), options=way_options, fill=_to_say),
        Ask("outcome", choice(outcome_options), options=outcome_options),
    ),
)


def open_visits(desk: Desk, _asked: Asked) -> Outcome:
    if _acting(desk) is None:
        return Outcome((Say("village_staff.pair_first"),))
    if not _mine(desk):
        return Outcome((Say("visits.nothing"),))
    return Outcome((), (Start(FLOW),))


def finish_visits(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    who, found = _acting(desk), _found(desk, answers)
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    if found is None:
        return Outcome((Say("visit.done_already"),))
    report = Report(desk.today, Way(answers["way"]), Told(answers["outcome"]))
    try:
        visits.finish(desk.session, found, who, report, desk.now)
    except VisitError as error:
        return Outcome((Say(error.key),))
    left = len(_mine(desk))
    said = Say("visits.done", {"name": found.person.name})
    more = (Say("visits.left", {"count": left}),) if left else ()
    return Outcome((said, *more), offers=("staff_visits",) if left else ())


def _acting(desk: Desk) -> Acting | None:
    return village_desk.acting(desk.session, desk.contact, desk.now)


def _mine(desk: Desk) -> Sequence[Visit]:
    who = _acting(desk)
    if who is None or who.region is None:
        return ()
    return visits.waiting(desk.session, who.region, limit=SHOWN)


def _found(desk: Desk, answers: Answers) -> Visit | None:
    """The chosen visit, while it is still this village's."""
    who = _acting(desk)
    return None if who is None else visits.find(desk.session, uuid.UUID(answers["visit"]), who)


def _short(visit: Visit) -> str:
    whole = words(visit).replace("\n", " ")
    return whole if len(whole) <= LINE else whole[: LINE - 1] + "…"


COUNTER = Counter(
    name="visits",
    intents=frozenset({"staff_visits"}),
    open=open_visits,
    flows=(FORM,),
    finish=finish_visits,
)
