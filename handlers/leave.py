"""Leave by chat: asked for in one or two questions, taken back, answered by the village head.

“俺不是要请假，就问问” asks for nothing: only the closed grammar of acts does.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from dialog import (
    Answers,
    Ask,
    Flow,
    Heard,
    Json,
    Option,
    Reading,
    Reopen,
    Say,
    Suggest,
    Value,
    Wrong,
)
from handlers import policy
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, words
from models import Engagement, Leave
from services import village_desk
from services.days import leaves, people
from services.days.leaves import Wish
from services.policy import ENOUGH_WITHIN
from services.procedure import Hindered
from wording.hearing import hear_number, hear_service
from wording.hearing.days import hear_leave_kind, hear_span
from wording.hearing.matters import is_about

FLOW, BACK, DECIDE = "leave", "leave_back", "leave_answer"


def open_leave(desk: Desk, asked: Asked) -> Outcome:
    """Ask for leave, take one back, or answer what was only asked about."""
    if asked.intent == "leave_answer":
        return _begin_answering(desk)
    held = people.engagement_of(desk.session, desk.person)
    if held is None or held.starts_on is None:
        return _on_no_post(desk, asked)
    if asked.intent == "leave_back":
        if not leaves.current(desk.session, held.id, desk.today):
            return Outcome((Say("leave.none_to_end"),))
        return Outcome((), (Start(BACK, {"engagement": str(held.id)}),))
    if not (asked.act or asked.intent == "leave_wanted"):
        return _only_asked(desk, asked)
    return Outcome((), (Start(FLOW, _known(held, asked.heard, desk.today)),))


def _known(held: Engagement, heard: Heard, today: date) -> dict[str, Json]:
    """What the message says already."""
    told = "" if hear_number(heard.text) is not None else heard.text[:200]
    known: dict[str, Json] = {"engagement": str(held.id), "words": told}
    if (span := hear_span(heard.text, today)) is not None:
        known["days"] = _span(span.from_on, span.to_on, half=span.half_day)
    if (kind := hear_leave_kind(heard.text)) is not None:
        known["kind"] = kind
    return known


def _span(from_on: date, to_on: date, *, half: bool) -> dict[str, Json]:
    return {"from": from_on.isoformat(), "to": to_on.isoformat(), "half": half}


def _only_asked(desk: Desk, asked: Asked) -> Outcome:
    said = policy.answer(desk, asked.heard.text) or policy.answer(
        desk, asked.heard.text, topics=frozenset({"work", "pay"}), enough=ENOUGH_WITHIN
    )
    rules = () if said is not None and not is_about("asks", asked.heard.text) else (_rules(desk),)
    before = (said,) if said is not None else ()
    return Outcome((*before, *rules, Say("leave.want")), offers=("leave_wanted", "menu"))


def _rules(desk: Desk) -> Say:
    kinds = leaves.kinds(desk.today)
    return Say(
        "leave.rules",
        {
            "paid": [Say(f"leave.kind_{name}") for name, paid in kinds.items() if paid],
            "unpaid": [Say(f"leave.kind_{name}") for name, paid in kinds.items() if not paid],
        },
    )


def _on_no_post(desk: Desk, asked: Asked) -> Outcome:
    said = policy.answer(desk, asked.heard.text) if is_about("asks", asked.heard.text) else None
    before = (said,) if said is not None else ()
    return Outcome((*before, Say("leave.no_record"), Say("check_in.what_next")),
                   offers=("apply", "human"))  # fmt: skip


def days(heard: Heard, reading: Reading) -> Value | Wrong:
    """From which day to which."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    span = hear_span(text, reading.desk.today)
    if span is None or hear_service(text):  # “明天歇着不” asks about the day, and names none
        return Wrong(Say("leave.wrong_days"))
    return Value(_span(span.from_on, span.to_on, half=span.half_day))


def kind_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    return [Option(name, Say(f"leave.kind_{name}")) for name in leaves.kinds(desk.today)]


def kind(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
    """Why: by the menu, or in words that tell it (病假, 俺娘住院了)."""
    read = choice(kind_options)(heard, reading)
    if isinstance(read, Value) or not heard.text or is_about("asks", heard.text):
        return read
    told = hear_leave_kind(heard.text)
    return Value(told) if told in reading.menu else read


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("leave.sure_yes")),
        Option(value=False, label=Say("leave.sure_no")),
    ]


def _read_back(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    span, kind = answers["days"], answers["kind"]
    paid = leaves.kinds(desk.today)[kind]
    return {
        "span": _days(span["from"], span["to"]),
        "half": Say("leave.half") if span["half"] else "",
        "kind": Say(f"leave.kind_{kind}"),
        "paid": Say("leave.paid" if paid else "leave.unpaid"),
    }


FORM = Flow(
    FLOW,
    (
        Ask("days", days),
        Ask("kind", kind, options=kind_options),
        Ask("sure", choice(sure_options), options=sure_options, fill=_read_back),
    ),
    given=("engagement", "words"),
)


def which_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    held = leaves.current(desk.session, uuid.UUID(answers["engagement"]), desk.today)
    return [Option(str(row.id), Say("leave.line", _line(row))) for row in held]


def _days(from_on: str, to_on: str) -> Say:
    if from_on == to_on:
        return Say("leave.one_day", {"from_on": from_on})
    return Say("leave.span", {"from_on": from_on, "to_on": to_on})


def _line(row: Leave) -> dict[str, Json]:
    return {
        "span": _days(row.from_on.isoformat(), row.to_on.isoformat()),
        "kind": Say(f"leave.kind_{row.kind}"),
        "state": Say(f"leave.state_{row.state}"),
    }


BACK_FORM = Flow(
    BACK,
    (
        Ask("which", choice(which_options), options=which_options, alone=True),
        Ask("sure", choice(sure_options), options=sure_options),
    ),
    given=("engagement",),
)


def _begin_answering(desk: Desk) -> Outcome:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    if who.role not in leaves.ANSWER:
        return Outcome((Say("leave.heads_answer"),))
    if not leaves.waiting(desk.session, who):
        return Outcome((Say("leave.none_waits"),))
    return Outcome((), (Start(DECIDE),))


def waiting_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    return [
        Option(
            str(row.id),
            Say("leave.line_of", {"name": row.engagement.person.name, **_line(row)}),
        )
        for row in (leaves.waiting(desk.session, who) if who else ())
    ]


def verdict_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("leave.agree")),
        Option(value=False, label=Say("leave.refuse")),
    ]


def _of(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    row = leaves.find(desk.session, answers["which"])
    assert row is not None
    return {"name": row.engagement.person.name, **_line(row)}


DECIDE_FORM = Flow(
    DECIDE,
    (
        Ask("which", choice(waiting_options), options=waiting_options, alone=True),
        Ask("verdict", choice(verdict_options), options=verdict_options, fill=_of),
    ),
)


def finish_leave(desk: Desk, flow: str, answers: Answers) -> Outcome:
    """Hand the wish in, take it back, or keep the answer."""
    if flow == DECIDE:
        return _decide(desk, answers)
    if not answers["sure"]:
        return Outcome((Say("leave.dropped"),))
    if flow == BACK:
        row = leaves.find(desk.session, answers["which"])
        if row is None or row.state not in leaves.OPEN:
            return Outcome((Say("leave.none_to_end"),))
        kept = leaves.come_back(desk.session, row, desk.now)
        if kept is None:
            return Outcome((Say("leave.withdrawn"),))
        return Outcome((Say("leave.ended", {"kept_on": kept.isoformat()}),))
    return _ask(desk, answers)


def _ask(desk: Desk, answers: Answers) -> Outcome:
    engagement = desk.session.get_one(Engagement, uuid.UUID(answers["engagement"]))
    span = answers["days"]
    wish = Wish(
        kind=answers["kind"],
        from_on=date.fromisoformat(span["from"]),
        to_on=date.fromisoformat(span["to"]),
        half_day=span["half"],
        words=answers.get("words", ""),
    )
    try:
        leaves.ask(desk.session, engagement, wish, acting=leaves.asker(desk.contact), now=desk.now)
    except Hindered as hindered:
        return Outcome((Say("leave.not_taken"), *_reasons(hindered)), offers=("human",))
    says = (Say("leave.asked"),)
    if leaves.needs_note(wish):
        return Outcome((*says, Say("leave.note_needed")))
    return Outcome(says)


def _decide(desk: Desk, answers: Answers) -> Outcome:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    row = leaves.find(desk.session, answers["which"])
    if who is None or row is None:
        return Outcome((Say("leave.none_waits"),))
    try:
        leaves.answer(
            desk.session, row, acting=who, agree=answers["verdict"], remark="", now=desk.now
        )
    except Hindered as hindered:
        return Outcome(_reasons(hindered))
    more = bool(leaves.waiting(desk.session, who))
    says = (Say("leave.answered", {"name": row.engagement.person.name}),)
    return Outcome((*says, Say("leave.more_wait")) if more else says)


def _reasons(hindered: Hindered) -> tuple[Say, ...]:
    return tuple(Say(why.key, why.slots) for why in hindered.obstacles)


COUNTER = Counter(
    name="leave",
    intents=frozenset({"leave", "leave_wanted", "leave_back", "leave_answer"}),
    open=open_leave,
    flows=(FORM, BACK_FORM, DECIDE_FORM),
    finish=finish_leave,
)
