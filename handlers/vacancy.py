"""The village reports that somebody has left their post: who, why, since when (F-13)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import contains_eager

from dialog import Answers, Ask, Flow, Heard, Json, Option, Reading, Say, Value, Wrong
from handlers.certain import certainly
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, words
from models import Engagement, Person, Post
from models.term_steps import ExitCause
from services import village_desk
from services.acting import Acting
from services.procedure import Hindered
from services.staff import area
from services.terms import exits
from services.terms.exits import Leaving
from services.terms.extensions import ON_THE_POST
from wording.hearing.choices import bare
from wording.hearing.term_words import hear_past_day

FLOW = "vacancy"
CAUSES = (ExitCause.JOB, ExitCause.HEALTH, ExitCause.RETIRED, ExitCause.DIED, ExitCause.BREACH)
"""What a village may report by chat. A resignation needs the worker's own word or signature."""


def worker(heard: Heard, reading: Reading) -> Value | Wrong:
    """A worker of the village, by name or by code."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    found = _named(reading.desk, bare(text)) or _named_within(reading.desk, text)
    if len(found) > 1:
        return Wrong(Say("vacancy.namesakes", {"count": len(found)}))
    return Value(str(found[0].id)) if found else Wrong(Say("vacancy.nobody"))


def past_day(heard: Heard, reading: Reading) -> Value | Wrong:
    """The last day on the post, today or before."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    found = hear_past_day(text, reading.desk.today)
    return Value(found.isoformat()) if found else Wrong(Say("vacancy.wrong_day"))


def cause_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(str(cause), Say(f"exit_cause.{cause}")) for cause in CAUSES]


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("vacancy.sure_yes")),
        Option(value=False, label=Say("vacancy.sure_no")),
    ]


def _summary(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    found = _find(desk, answers["who"])
    return {
        "worker": found.person.name if found else "",
        "cause": Say(f"exit_cause.{answers['cause']}"),
        "last_on": answers["last"],
    }


FORM = Flow(
    FLOW,
    (
        Ask("who", worker),
        Ask("cause", choice(cause_options), options=cause_options),
        Ask("last", past_day),
        Ask("sure", certainly(sure_options), options=sure_options, fill=_summary),
    ),
)


def open_vacancy(desk: Desk, asked: Asked) -> Outcome:
    if _acting(desk) is None:
        return Outcome((Say("village_staff.pair_first"),))
    found = _named_within(desk, asked.heard.text)
    known: dict[str, Json] = {"who": str(found[0].id)} if len(found) == 1 else {}
    return Outcome((), (Start(FLOW, known),))


def finish_vacancy(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    who, found = _acting(desk), _find(desk, answers["who"])
    if who is None or found is None:
        return Outcome((Say("village_staff.pair_first"),))
    if not answers["sure"]:
        return Outcome((Say("vacancy.dropped"),))
    what = Leaving(ExitCause(answers["cause"]), date.fromisoformat(answers["last"]))
    try:
        exits.report(desk.session, found, what, who, desk.now)
    except Hindered as hindered:
        says = tuple(Say(one.key, dict(one.slots)) for one in hindered.obstacles)
        return Outcome((Say("vacancy.not_taken"), *says))
    key = "vacancy.reported_death" if what.cause == ExitCause.DIED else "vacancy.reported"
    return Outcome((Say(key, {"worker": found.person.name}),))


def _acting(desk: Desk) -> Acting | None:
    return village_desk.acting(desk.session, desk.contact, desk.now)


def _named(desk: Desk, text: str) -> Sequence[Engagement]:
    """Workers of the village with exactly this name or code."""
    if not text:
        return ()
    return _workers(desk, (Person.name == text) | (Engagement.worker_code == text.upper()))


def _named_within(desk: Desk, text: str) -> Sequence[Engagement]:
    """Workers of the village whose name stands within a sentence (王大成不干了); the longest name,
    where one is a part of another."""
    here = [one for one in _workers(desk, true()) if one.person.name in text]
    longest = max((len(one.person.name) for one in here), default=0)
    return [one for one in here if len(one.person.name) == longest]


def _workers(desk: Desk, condition: ColumnElement[bool]) -> Sequence[Engagement]:
    who = _acting(desk)
    if who is None or who.region is None:
        return ()
    return desk.session.scalars(
        select(Engagement)
        .join(Engagement.person)
        .join(Engagement.post)
        .join(Post.region)
        .where(area(who.region), Engagement.status.in_(ON_THE_POST), condition)
        .options(contains_eager(Engagement.person))
    ).all()


def _find(desk: Desk, key: Json) -> Engagement | None:
    """The worker whom the form names, where they are still this village's."""
    who = _acting(desk)
    if who is None or who.region is None:
        return None
    return desk.session.scalars(
        select(Engagement)
        .join(Engagement.post)
        .join(Post.region)
        .where(Engagement.id == uuid.UUID(key), area(who.region))
    ).first()


COUNTER = Counter(
    name="vacancy",
    intents=frozenset({"staff_vacancy"}),
    open=open_vacancy,
    flows=(FORM,),
    finish=finish_vacancy,
)
