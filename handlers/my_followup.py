"""After the post: what somebody needs now, in their own words or by number (R-3.7a)."""

from __future__ import annotations

from collections.abc import Sequence

from dialog import Answers, Ask, Flow, Option, Say
from handlers import policy
from handlers.counter import Asked, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice
from models import FollowUpCase
from models.procedure import Actor
from services.acting import Acting
from services.policy import ENOUGH_WITHIN
from services.terms import followups
from services.terms.followups import Contacted
from wording.hearing import hear_service
from wording.hearing.matters import is_about

FOLLOW_UP = "my_followup"
TOPICS = frozenset({"after", "term"})
NEEDS = ("job", "training", "startup", "aid", "found", "none")
_HEARD = {
    "found_work": "found",
    "wants_training": "training",
    "wants_startup": "startup",
    "wants_aid": "aid",
    "wants_job": "job",
    "no_need": "none",
}
"""What words say → which need; the first that fits."""


def need_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(need, Say(f"my_followup.need_{need}")) for need in NEEDS]


FOLLOW_UP_FORM = Flow(FOLLOW_UP, (Ask("need", choice(need_options), options=need_options),))


def open_follow_up(desk: Desk, asked: Asked) -> Outcome:
    """Somebody who left: their need is kept. Anybody else: the plan's answer, and a person."""
    case = _case(desk)
    if case is None:
        said = policy.answer(desk, asked.heard.text, topics=TOPICS, enough=ENOUGH_WITHIN)
        before = (said,) if said is not None else ()
        return Outcome((*before, Say("my_followup.person")), offers=("human",))
    if hear_service(asked.heard.text) == "followup" and not is_about(
        "found_work", asked.heard.text
    ):
        return Outcome((), (Start(FOLLOW_UP),))
    need = next((need for matter, need in _HEARD.items() if is_about(matter, asked.heard.text)), "")
    if need:
        return _keep(desk, case, need, asked.heard.text)
    return Outcome((), (Start(FOLLOW_UP),))


def finish_follow_up(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    case = _case(desk)
    if case is None:
        return Outcome((Say("my_followup.person"),), offers=("human",))
    return _keep(desk, case, answers["need"], "")


def _case(desk: Desk) -> FollowUpCase | None:
    return followups.of_person(desk.session, desk.person) if desk.person else None


def _keep(desk: Desk, case: FollowUpCase, need: str, words: str) -> Outcome:
    """Write the contact down; who has found work needs nothing more."""
    me = Acting(role=Actor.APPLICANT, contact=desk.contact)
    said = Contacted("chat", reached=True, need="none" if need == "found" else need, remark=words)
    followups.contact(desk.session, case, said, me, desk.now)
    if need == "found":
        followups.close(desk.session, case, "employed", me, desk.now)
    return Outcome((Say(f"my_followup.kept_{need}"),), offers=("human",))
