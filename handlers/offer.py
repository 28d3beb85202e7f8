"""Answering the offer of a post: yes or no, asked once more before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Option, Say
from handlers import binding
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice
from models import Application, ApplicationStatus
from models.procedure import Actor, find_step
from services import cases, onboarding, procedure
from services.acting import Acting
from services.procedure import Hindered
from wording.hearing import mask_name

FLOW = "offer"
ACCEPT, DECLINE = "accept_offer", "decline_offer"


def _open_offers(desk: Desk) -> tuple[Application, ...]:
    """The writer's cases that still can be given back."""
    return tuple(
        application
        for application in cases.of_contact(desk.session, desk.contact)
        if find_step(ApplicationStatus(application.status), "decline") is not None
    )


def which_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    return [
        Option(
            str(application.id),
            Say(
                "offer.which_one",
                {
                    "number": application.number,
                    "name": mask_name(application.person.name),
                    "post": application.post.name if application.post else "",
                },
            ),
        )
        for application in _open_offers(desk)
    ]


def accept_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("offer.yes_accept")),
        Option(value=False, label=Say("offer.no_accept")),
    ]


def decline_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("offer.yes_decline")),
        Option(value=False, label=Say("offer.no_decline")),
    ]


def _accepts(answers: Answers) -> bool:
    return answers.get("wish") == ACCEPT


def _declines(answers: Answers) -> bool:
    return answers.get("wish") == DECLINE


FORM = Flow(
    FLOW,
    (
        Ask("which", choice(which_options), options=which_options, alone=True),
        Ask("sure_accept", choice(accept_options), when=_accepts, options=accept_options),
        Ask("sure_decline", choice(decline_options), when=_declines, options=decline_options),
    ),
    given=("wish",),
)


def open_offer(desk: Desk, asked: Asked) -> Outcome:
    if desk.person is None:
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    offered = _open_offers(desk)
    if not offered:
        return Outcome((Say("offer.none" if asked.intent == ACCEPT else "offer.none_decline"),))
    if asked.intent == ACCEPT and all(one.offer_accepted_at for one in offered):
        return Outcome((Say("offer.accepted_already", {"number": offered[0].number}),))
    return Outcome((), (Start(FLOW, {"wish": asked.intent}),))


def finish_offer(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    accepts = answers.get("wish") == ACCEPT
    if not answers["sure_accept" if accepts else "sure_decline"]:
        return Outcome((Say("offer.waits"),))
    application = cases.find_by_id(desk.session, answers["which"])
    if application not in _open_offers(desk):
        return Outcome((Say("offer.over"),))
    applicant = Acting(role=Actor.APPLICANT, contact=desk.contact)
    try:
        if accepts:
            onboarding.accept_offer(desk.session, application, applicant, desk.now)
        else:
            procedure.take(desk.session, application, "decline", applicant, desk.now)
    except Hindered:
        return Outcome((Say("offer.over"),))
    key = "offer.accepted" if accepts else "offer.declined"
    return Outcome((Say(key, {"number": application.number}),))


COUNTER = Counter(
    name="offer",
    intents=frozenset({ACCEPT, DECLINE}),
    open=open_offer,
    flows=(FORM,),
    finish=finish_offer,
)
