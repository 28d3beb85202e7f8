"""Taking an application back: which one, and are you sure."""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Option, Say
from handlers import binding
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.own_cases import which_ask
from handlers.readers import choice
from models import Application, ApplicationStatus
from services import cases

FLOW = "withdrawal"


def _withdrawable(desk: Desk) -> tuple[Application, ...]:
    return tuple(
        application
        for application in cases.of_contact(desk.session, desk.contact)
        if ApplicationStatus(application.status) in cases.WITHDRAWABLE
    )


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("withdrawal.sure_yes")),
        Option(value=False, label=Say("withdrawal.sure_no")),
    ]


FORM = Flow(
    FLOW,
    (
        which_ask(_withdrawable),
        Ask("sure", choice(sure_options), options=sure_options),
    ),
)


def open_withdrawal(desk: Desk, asked: Asked) -> Outcome:
    if desk.person is None:
        return Outcome((Say("progress.bind_first"),), (binding.needed_first(desk),), then=(asked,))
    if not _withdrawable(desk):
        return Outcome((Say("withdrawal.none"),))
    return Outcome((), (Start(FLOW),))


def finish_withdrawal(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    if not answers["sure"]:
        return Outcome((Say("withdrawal.kept"),))
    application = cases.find_by_id(desk.session, answers["which"])
    if application not in _withdrawable(desk):
        return Outcome((Say("withdrawal.none"),))
    cases.withdraw(desk.session, desk.contact, application, desk.now)
    return Outcome((Say("withdrawal.done", {"number": application.number}),))


COUNTER = Counter(
    name="withdrawal",
    intents=frozenset({"withdraw"}),
    open=open_withdrawal,
    flows=(FORM,),
    finish=finish_withdrawal,
)
