"""Photos of papers after the application: by the word, or by just sending a photo."""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Heard, Option, Reading, Say, Value, Wrong
from handlers import binding
from handlers.application_form import PAPERS
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.own_cases import which_ask
from handlers.readers import choice, words
from models import Application, ApplicationStatus
from services import cases

FLOW = "papers"
KINDS = (*PAPERS, "other")
TAKES_PAPERS = frozenset(
    {
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.PAPERS_MISSING,
        ApplicationStatus.VILLAGE_REVIEW,
        ApplicationStatus.TOWN_CLERK,
    }
)


def _open_cases(desk: Desk) -> tuple[Application, ...]:
    return tuple(
        application
        for application in cases.of_contact(desk.session, desk.contact)
        if ApplicationStatus(application.status) in TAKES_PAPERS
    )


def kind_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(kind, Say(f"papers.kind_{kind}")) for kind in KINDS]


def photo(heard: Heard, _reading: Reading) -> Value | Wrong:
    """A photo; nothing else will do here."""
    if heard.kind == "image" and heard.media_id:
        return Value(heard.media_id)
    text = words(heard)
    return text if isinstance(text, Wrong) else Wrong(Say("papers.wrong_photo"), complete=True)


FORM = Flow(
    FLOW,
    (
        which_ask(_open_cases),
        Ask("photo", photo),
        Ask("kind", choice(kind_options), options=kind_options),
    ),
)


def open_papers(desk: Desk, asked: Asked) -> Outcome:
    """A photo out of the blue is taken for a paper when there is a case that takes one."""
    is_photo = asked.heard.kind == "image" and asked.heard.media_id
    if desk.person is None:
        if is_photo:
            return Outcome((Say("papers.photo_of_what"),))
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    if not _open_cases(desk):
        return Outcome((Say("papers.photo_of_what" if is_photo else "papers.none"),))
    if desk.channel == "sms":
        return Outcome((Say("papers.by_hand"),))
    return Outcome((), (Start(FLOW, {"photo": asked.heard.media_id} if is_photo else {}),))


def finish_papers(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    application = cases.find_by_id(desk.session, answers["which"])
    if application not in _open_cases(desk):
        return Outcome((Say("papers.none"),))
    cases.add_paper(
        desk.session,
        desk.contact,
        application,
        kind=answers["kind"],
        media_id=answers["photo"],
        now=desk.now,
    )
    count = len(cases.papers_of(desk.session, application))
    taken = Say("papers.taken", {"number": application.number, "count": count})
    if not cases.bring_papers(desk.session, desk.contact, application, desk.now):
        return Outcome((taken,))
    return Outcome((taken, Say("papers.complete", {"holder": application.village.name})))


COUNTER = Counter(
    name="papers",
    intents=frozenset({"papers"}),
    open=open_papers,
    flows=(FORM,),
    finish=finish_papers,
)
