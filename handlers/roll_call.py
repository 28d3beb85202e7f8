"""The clerk's roll-call by chat over a numbered list (全到; 缺 3 5; 张三请假; 到 1 2 3), read back
before it counts; who came, who is on leave; the second person's word for a forgotten sign."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from dialog import Answers, Ask, Flow, Heard, Json, Option, Reading, Say, Value, Wrong
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, words
from models import Engagement, Role
from services import village_desk
from services.acting import Acting
from services.clock import SHANGHAI
from services.days import backfilling, leaves, people, roll
from services.days.people import Look
from services.days.roll import Marks
from services.procedure import Hindered
from wording.hearing import hear_service
from wording.hearing.days import hear_past_day, hear_roll
from wording.hearing.staff_words import is_roll_call

FLOW, WITNESS = "roll_call", "backfill_witness"


def open_roll_call(desk: Desk, asked: Asked) -> Outcome:
    """Begin a roll-call, or show how a day stands."""
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    if (shows := _SHOWS.get(asked.intent)) is not None:
        return shows(desk, who)
    return _begin_roll(desk, who, asked)


def _begin_roll(desk: Desk, who: Acting, asked: Asked) -> Outcome:
    if who.role != Role.VILLAGE_CLERK:
        return Outcome((Say("roll_call.clerks_only"),))
    day = hear_past_day(asked.heard.text, desk.today) or desk.today
    if day > desk.today:
        return Outcome((Say("roll_call.ahead"),), offers=("roll_call",))
    if day < desk.today - timedelta(days=roll.LATEST_DAYS):
        too_late = Say("roll_call.too_late", {"day_on": day.isoformat()})
        return Outcome((too_late,), offers=("roll_call", "witness"))
    if not roll.to_call(desk.session, who, day, desk.now):
        return Outcome((Say("roll_call.nobody", {"day_on": day.isoformat()}),))
    given = {"day": day.isoformat(), "begun": desk.now.isoformat()}
    return Outcome((), (Start(FLOW, given),))


def _looks(desk: Desk, answers: Answers) -> Sequence[Look]:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    day = date.fromisoformat(answers["day"])
    return roll.to_call(desk.session, who, day, desk.now) if who else ()


def list_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    return [Option(str(look.engagement_id), _line(look)) for look in _looks(desk, answers)]


def _line(look: Look) -> Say:
    if look.said.first_in is not None:
        moment = f"{look.said.first_in.astimezone(SHANGHAI):%H:%M}"
        return Say("confirm.line_in", {"name": look.name, "time": moment})
    return Say("roll_call.line", {"name": look.name})


def _asks_for_a_roll(text: str) -> Wrong | None:
    """A wish for a roll-call while one is open: that of another day, or this one again."""
    if is_roll_call(text):
        return Wrong(Say("roll_call.one_at_a_time"))
    return Wrong(Say("roll_call.open_already")) if hear_service(text) == FLOW else None


def marks(heard: Heard, reading: Reading) -> Value | Wrong:
    """Who is here: by the numbers that were shown, or by name."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    if (wrong := _asks_for_a_roll(text)) is not None:
        return wrong
    names = {str(look.engagement_id): look.name for look in _looks(reading.desk, reading.answers)}
    shown = [key for key in reading.menu if key in names]
    said = hear_roll(text, [names[key] for key in shown])
    if said is None:
        return Wrong(Say("roll_call.wrong"))
    if said.unknown:
        return Wrong(Say("roll_call.unknown", {"who": list(said.unknown)}))
    found: dict[str, list[str]] = {"present": [], "absent": [], "on_leave": []}
    for place, key in enumerate(shown):
        if place in said.on_leave:
            found["on_leave"].append(key)
        elif place in said.absent:
            found["absent"].append(key)
        elif place in said.present or said.rest == "present":
            found["present"].append(key)
        elif said.rest == "absent":
            found["absent"].append(key)
    return Value(found)


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("roll_call.sure_yes")),
        Option(value=False, label=Say("roll_call.sure_no")),
    ]


def _read_back(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    names = {str(look.engagement_id): look.name for look in _looks(desk, answers)}
    said = answers["marks"]
    named = {
        mark: [names[key] for key in said[mark] if key in names] or Say("confirm.nobody")
        for mark in ("absent", "on_leave")
    }
    return {"present": len(said["present"]), "absent": named["absent"], "leave": named["on_leave"]}


def _day(answers: Answers, _desk: Desk) -> Mapping[str, Json]:
    return {"day_on": answers["day"]}


FORM = Flow(
    FLOW,
    (
        Ask("marks", marks, options=list_options, fill=_day),
        Ask("sure", choice(sure_options), options=sure_options, fill=_read_back),
    ),
    given=("day", "begun"),
)


def finish(desk: Desk, flow: str, answers: Answers) -> Outcome:
    """Keep the roll-call, or begin it anew."""
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    if flow == WITNESS:
        return _keep_witness(desk, who, answers)
    if not answers["sure"]:
        again = {name: answers[name] for name in ("day", "begun")}
        return Outcome((Say("roll_call.anew"),), (Start(FLOW, again),))
    said = Marks(*(tuple(uuid.UUID(key) for key in answers["marks"][name])
                   for name in ("present", "absent", "on_leave")))  # fmt: skip
    seconds = int((desk.now - datetime.fromisoformat(answers["begun"])).total_seconds())
    try:
        taken = roll.call(
            desk.session, who, date.fromisoformat(answers["day"]), said,
            source=desk.channel, seconds=seconds, now=desk.now,
        )  # fmt: skip
    except Hindered as hindered:
        return Outcome(tuple(Say(why.key, why.slots) for why in hindered.obstacles))
    return Outcome(
        (Say("roll_call.kept", {"present": len(taken.present), "absent": len(taken.absent),
                                "leave": len(taken.on_leave)}),)
    )  # fmt: skip


def _who_came(desk: Desk, who: Acting) -> Outcome:
    assert who.region is not None
    looks = [look for look in people.of_place(desk.session, who.region, desk.today, desk.now)
             if not look.is_off]  # fmt: skip
    came = [look.name for look in looks if look.said.own == "in"]
    silent = [look.name for look in looks if look.said.own != "in" and not look.is_on_leave]
    away = [look.name for look in looks if look.is_on_leave]
    slots = {
        "count": len(came),
        "came": came or Say("confirm.nobody"),
        "silent": silent or Say("confirm.nobody"),
        "away": away or Say("confirm.nobody"),
    }
    return Outcome((Say("roll_call.who_came", slots),))


def _who_on_leave(desk: Desk, who: Acting) -> Outcome:
    assert who.region is not None
    rows = leaves.away(desk.session, who.region, desk.today)
    if not rows:
        return Outcome((Say("roll_call.nobody_away"),))
    lines = [
        Say("roll_call.away_line", {"name": person.name, "to_on": leave.to_on.isoformat(),
                                    "state": Say(f"leave.state_{leave.state}")})
        for person, leave in rows
    ]  # fmt: skip
    return Outcome((Say("roll_call.away", {"lines": lines}),))


def _begin_witness(desk: Desk, who: Acting) -> Outcome:
    if not backfilling.waiting(desk.session, who, desk.now):
        return Outcome((Say("roll_call.none_to_witness"),))
    return Outcome((), (Start(WITNESS),))


def witness_options(_answers: Answers, desk: Desk) -> Sequence[Option]:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    rows = backfilling.waiting(desk.session, who, desk.now) if who else ()
    return [
        Option(
            f"{row.engagement_id}|{row.day_on.isoformat()}",
            Say("roll_call.backfill_line", {
                "name": row.engagement.person.name, "day_on": row.day_on.isoformat(),
                "why": Say(f"backfill.reason_{row.reason}"),
            }),
        )
        for row in rows
    ]  # fmt: skip


def seen_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("roll_call.saw")),
        Option(value=False, label=Say("roll_call.saw_not")),
    ]


def _whose(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    key, _, day = answers["which"].partition("|")
    engagement = desk.session.get_one(Engagement, uuid.UUID(key))
    return {"name": engagement.person.name, "day_on": day}


WITNESS_FORM = Flow(
    WITNESS,
    (
        Ask("which", choice(witness_options), options=witness_options, alone=True),
        Ask("seen", choice(seen_options), options=seen_options, fill=_whose),
    ),
)


def _keep_witness(desk: Desk, who: Acting, answers: Answers) -> Outcome:
    key, _, day = answers["which"].partition("|")
    engagement = desk.session.get_one(Engagement, uuid.UUID(key))
    try:
        backfilling.answer(
            desk.session, engagement, date.fromisoformat(day), acting=who,
            seen=answers["seen"], source=desk.channel, now=desk.now,
        )  # fmt: skip
    except Hindered as hindered:
        return Outcome(tuple(Say(why.key, why.slots) for why in hindered.obstacles))
    return Outcome((Say("roll_call.witnessed", {"name": engagement.person.name}),))


_SHOWS: Mapping[str, Callable[[Desk, Acting], Outcome]] = {
    "who_came": _who_came,
    "who_on_leave": _who_on_leave,
    "witness": _begin_witness,
}

COUNTER = Counter(
    name="roll_call",
    intents=frozenset({"roll_call", "who_came", "who_on_leave", "witness"}),
    open=open_roll_call,
    flows=(FORM, WITNESS_FORM),
    finish=finish,
)
