"""Village staff by phone: pairing, what waits today, a demand for a post.

Whoever is not paired learns only how to pair: nobody sees a village's work by asking for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import services.pay.work as _month_work  # noqa: F401 - puts the month on the worklist
from dialog import Answers, Ask, Flow, Heard, Json, Option, Reading, Say, Value, Wrong
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, free_text, words
from models import Role
from rules import posts as law
from services import posts, village_desk
from services.acting import Acting
from services.guards import Obstacle
from services.post_checks import Sheet
from services.procedure import Hindered
from wording.hearing import digits_in, hear_integer

DEMAND = "village_demand"
MOST_PEOPLE = 500
SHEET_WAITS = "pay.work_gathering"


def number(heard: Heard, _reading: Reading) -> Value | Wrong:
    """How many people, or hours."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    found = hear_integer(text)
    fits = found is not None and 1 <= found <= MOST_PEOPLE
    return Value(found) if fits else Wrong(Say("village_staff.wrong_number"))


def track_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option("rural", Say("village_staff.track_rural")),
        Option("urban", Say("village_staff.track_urban")),
    ]


def category_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(code, name) for code, name in law.categories().items()]


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("village_staff.sure_yes")),
        Option(value=False, label=Say("village_staff.sure_no")),
    ]


def _demand_slots(answers: Answers, _desk: Desk) -> Mapping[str, Json]:
    slots = ("name", "duty", "headcount", "worksite")
    return {slot: answers.get(slot, "") for slot in slots}


DEMAND_FORM = Flow(
    DEMAND,
    (
        Ask("name", free_text(longest=64), free=True),
        Ask("track", choice(track_options), options=track_options),
        Ask("category", choice(category_options), options=category_options),
        Ask("duty", free_text(longest=200), free=True),
        Ask("headcount", number),
        Ask("worksite", free_text(longest=128), free=True),
        Ask("hours", number),
        Ask("reason", free_text(longest=200), free=True),
        Ask("sure", choice(sure_options), options=sure_options, fill=_demand_slots),
    ),
)


def open_village_staff(desk: Desk, asked: Asked) -> Outcome:
    if asked.intent == "staff_pairing":
        return _pair(desk, asked.heard.text)
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if (told := _how_to(asked.intent, who)) is not None:
        return told
    if asked.intent == "staff_leave" and village_desk.leave(desk.session, desk.contact, desk.now):
        return Outcome((Say("village_staff.left"),))
    if who is None:
        return Outcome((Say("village_staff.pair_first"),))
    if asked.intent == "staff_demand":
        return Outcome((), (Start(DEMAND),))
    return _work(desk, who)


def _how_to(intent: str, who: Acting | None) -> Outcome | None:
    """How a thing is done that this chat cannot do; None for all else."""
    if intent == "staff_absent":
        return _how_absent(who)
    if intent != "staff_sheet" or who is None:
        return None
    is_head = who.role == Role.VILLAGE_HEAD
    key = "village_staff.sheet_how" if is_head else "village_staff.sheet_heads"
    return Outcome((Say(key),), offers=("human",))


def _how_absent(who: Acting | None) -> Outcome:
    """How somebody's absence is told: by themselves, or by the clerk at the roll-call."""
    if who is None:
        return Outcome((Say("village_staff.absent_own"),), offers=("human",))
    if who.role == Role.VILLAGE_HEAD:
        return Outcome((Say("village_staff.absent_head"),), offers=("leave_answer",))
    return Outcome((Say("village_staff.absent_clerk"),), offers=("roll_call",))


def _pair(desk: Desk, text: str) -> Outcome:
    member = village_desk.bind(desk.session, desk.contact, digits_in(text)[-6:], desk.now)
    if member is None:
        return Outcome((Say("village_staff.wrong_code"),))
    return Outcome((Say("village_staff.paired", {"name": member.name}),))


def _work(desk: Desk, who: Acting) -> Outcome:
    rows, more = village_desk.todo(desk.session, who, desk.now)
    if not rows:
        return Outcome((Say("village_staff.nothing"),))
    lines = [_line(row, desk.today) for row in rows]
    says = [Say("village_staff.work", {"menu": lines})]
    if any(row.key == SHEET_WAITS for row in rows):
        says.append(Say("village_staff.sheet_where"))
    if more:
        says.append(Say("village_staff.more", {"count": more}))
    return Outcome(tuple(says))


def _line(row: village_desk.Todo, today: date) -> Say:
    what = Say(row.key, row.slots)
    if row.key == "village_staff.case":
        slots = {**row.slots, "status": Say(f"case_status.{row.slots['status']}")}
        what = Say("village_staff.case", slots)
    if row.due_on is None:
        return what
    late = date.fromisoformat(row.due_on) < today
    key = "village_staff.line_late" if late else "village_staff.line_due"
    return Say(key, {"what": what, "due_on": row.due_on})


def finish_village_staff(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None or who.region is None:
        return Outcome((Say("village_staff.pair_first"),))
    if answers["sure"] is not True:
        return Outcome((Say("village_staff.dropped"),))
    try:
        return _demand(desk, who, answers)
    except Hindered as hindered:
        return Outcome(_why_not(hindered.obstacles))


def _demand(desk: Desk, who: Acting, answers: Answers) -> Outcome:
    assert who.region is not None
    sheet = Sheet(
        track=answers["track"],
        name=answers["name"],
        category=answers["category"],
        duties=(answers["duty"],),
        headcount=answers["headcount"],
        worksite=answers["worksite"],
        host_unit=who.region.name,
        responsible=who.staff.name if who.staff else "",
        hours_per_week=answers["hours"],
    )
    post, warnings = posts.demand(desk.session, sheet, who.region, answers["reason"], who, desk.now)
    said = Say("village_staff.demanded", {"code": post.code, "name": post.name})
    return Outcome((said, *_say(warnings)))


def _why_not(obstacles: Sequence[Obstacle]) -> tuple[Say, ...]:
    return (Say("village_staff.not_taken"), *_say(obstacles))


def _say(obstacles: Sequence[Obstacle]) -> tuple[Say, ...]:
    return tuple(Say(obstacle.key, dict(obstacle.slots)) for obstacle in obstacles)


COUNTER = Counter(
    name="village_staff",
    intents=frozenset(
        {
            "staff_absent",
            "staff_demand",
            "staff_leave",
            "staff_pairing",
            "staff_sheet",
            "staff_work",
        }
    ),
    open=open_village_staff,
    flows=(DEMAND_FORM,),
    finish=finish_village_staff,
)
