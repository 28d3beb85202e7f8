"""The village head's confirmation by chat: by exception, in an order drawn by lot, some people at a
time (requirements 3.4, F-11). Whoever is nobody's head learns that only a head confirms."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dialog import Answers, Ask, Flow, Heard, Json, Option, Reading, Say, Value, Wrong
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, words
from models import Role
from rules import parameters
from services import village_desk
from services.acting import Acting
from services.clock import SHANGHAI
from services.days import confirming
from services.days.confirming import Round
from services.days.people import Look
from services.days.roll import LATEST_DAYS
from wording.hearing import hear_service
from wording.hearing.days import Roll, hear_day, hear_own_kin, hear_roll

FLOW = "confirm_days"


def open_confirm(desk: Desk, asked: Asked) -> Outcome:
    """Begin a round for the day that waits, the older day first."""
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is not None and who.role == Role.VILLAGE_CLERK:
        return _to_roll_call(desk, asked)
    if who is None or who.role != Role.VILLAGE_HEAD:
        says = (Say("confirm.heads_only"), Say("confirm.heads_only_next"))
        return Outcome(says, offers=("human",))
    assert who.region is not None
    if not asked.act and hear_own_kin(asked.heard.text):
        return Outcome((Say("confirm.not_ones_own"),), offers=("confirm_days", "staff_work"))
    days = confirming.due_days(desk.session, who.region, desk.now)
    return _begin(desk, who, days[0] if days else desk.today, asked)


def _to_roll_call(desk: Desk, asked: Asked) -> Outcome:
    """A clerk's "everybody is here" outside a roll-call: one of today is called by its list, one of
    days long past not at all (F-10)."""
    day = hear_day(asked.heard.text, desk.today)
    if day is not None and not desk.today - timedelta(days=LATEST_DAYS) <= day <= desk.today:
        return Outcome((Say("obstacle.roll_too_late"),), offers=("roll_call",))
    return Outcome((Say("roll_call.by_list"),), offers=("roll_call",))


def _begin(desk: Desk, who: Acting, day: date, asked: Asked) -> Outcome:
    try:
        round_ = confirming.open_round(desk.session, who, day, source=desk.channel, now=desk.now)
    except confirming.TooEarly:
        opens = confirming.window(day)[0].astimezone(SHANGHAI)
        return Outcome((Say("confirm.too_early", {"time": f"{opens:%H:%M}"}),))
    if round_ is None:
        return Outcome((Say("confirm.nothing", {"day_on": day.isoformat()}),))
    before: tuple[Say, ...] = (Say("confirm.look_first"),) if asked.act else ()
    if round_.left_out:
        before += (Say("confirm.left_out", {"count": round_.left_out}),)
    start = _part(desk, round_, 0, {})
    return Outcome(before, (_with_names(desk, round_, start, asked.heard.text),))


def _with_names(desk: Desk, round_: Round, start: Start, text: str) -> Start:
    """Whoever the head has named already stands in the form, which goes on to read it back; names
    of which not each one is found leave it as it was."""
    shown = round_.looks[: _size(desk)]
    roll = hear_roll(text, [look.name for look in shown])
    if roll is None or roll.unknown or not roll.absent | roll.present | roll.on_leave:
        return start
    return Start(start.flow, {**start.answers, "marks": _marks(roll, shown)})


def _part(desk: Desk, round_: Round, first: int, before: Mapping[str, str]) -> Start:
    """The form for those from one place of the round on."""
    given = {
        "round": str(round_.row.id),
        "first": first,
        "before": dict(before),
        "last_part": first + _size(desk) >= len(round_.looks),
    }
    return Start(FLOW, given)


def _size(desk: Desk) -> int:
    name = "attendance.confirm_at_once_most"
    return int(parameters.in_force_or_first(name, desk.today).value)


def _round(desk: Desk, answers: Answers) -> Round | None:
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    if who is None:
        return None
    return confirming.find_round(desk.session, answers["round"], who, desk.now)


def _group(desk: Desk, answers: Answers) -> Sequence[Look]:
    """Those who are shown at a time, from the form's place in the round on."""
    round_ = _round(desk, answers)
    first = answers["first"]
    return round_.looks[first : first + _size(desk)] if round_ else ()


def group_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    return [Option(str(look.engagement_id), _line(look)) for look in _group(desk, answers)]


def _line(look: Look) -> Say:
    """A name, and what the worker and the clerk have said so far."""
    if look.said.own == "in":
        assert look.said.first_in is not None
        moment = f"{look.said.first_in.astimezone(SHANGHAI):%H:%M}"
        return Say("confirm.line_in", {"name": look.name, "time": moment})
    key = "confirm.line_backfill" if look.said.own == "backfill_asked" else "confirm.line_none"
    return Say(key, {"name": look.name})


def marks(heard: Heard, reading: Reading) -> Value | Wrong:
    """Who of those shown came and who did not."""
    text = words(heard)
    if isinstance(text, Wrong):
        return text
    if hear_service(text) == FLOW:
        return Wrong(Say("confirm.open_already"))
    looks = {str(look.engagement_id): look for look in _group(reading.desk, reading.answers)}
    shown = [looks[key] for key in reading.menu if key in looks]
    names = [look.name for look in shown]
    roll = Roll(rest="present") if heard.affirms else hear_roll(text, names)
    if roll is None or roll.unknown:
        return Wrong(Say("confirm.wrong"))
    return Value(_marks(roll, shown))


def _marks(roll: Roll, shown: Sequence[Look]) -> dict[str, str]:
    """Engagement → came, or not. Who has no sign of their own is confirmed only when named: “all
    came” does not sweep them in."""
    return {str(look.engagement_id): _mark(roll, place, look) for place, look in enumerate(shown)}


def _mark(roll: Roll, place: int, look: Look) -> str:
    if place in roll.present:
        return "came"
    if place in roll.absent or place in roll.on_leave or roll.rest == "absent":
        return "not"
    signed = look.said.own in {"in", "backfill_asked"} or look.said.clerk == "present"
    return "came" if roll.rest == "present" and signed else "open"


def _fill(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    round_ = _round(desk, answers)
    count = len(round_.looks) if round_ else 0
    first, last = answers["first"] + 1, min(answers["first"] + _size(desk), count)
    which = Say("confirm_days.all_of_them", {"count": count})
    if (first, last) != (1, count):
        some = {"first": first, "last": last, "count": count}
        which = Say("confirm_days.some_of_them", some)
    return {"day_on": round_.row.day_on.isoformat() if round_ else "", "which": which}


def _is_last(answers: Answers) -> bool:
    return "marks" in answers and bool(answers["last_part"])


def sure_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [
        Option(value=True, label=Say("confirm.sure_yes")),
        Option(value=False, label=Say("confirm.sure_no")),
    ]


def _all_marks(answers: Answers) -> dict[str, str]:
    return {**answers["before"], **answers["marks"]}


def _summary(answers: Answers, desk: Desk) -> Mapping[str, Json]:
    """Read back: how many came, who did not, and of whom nothing was said."""
    round_ = _round(desk, answers)
    names = {str(look.engagement_id): look.name for look in (round_.looks if round_ else ())}
    told = _all_marks(answers)
    found = {
        mark: [names[key] for key, held in told.items() if held == mark and key in names]
        for mark in ("came", "not", "open")
    }
    return {
        "came": len(found["came"]),
        "absent": found["not"] or Say("confirm.nobody"),
        "untold": found["open"] or Say("confirm.nobody"),
    }


FORM = Flow(
    FLOW,
    (
        Ask("marks", marks, options=group_options, fill=_fill),
        Ask("sure", choice(sure_options), options=sure_options, fill=_summary, when=_is_last),
    ),
    given=("round", "first", "before", "last_part"),
)


def finish_confirm(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Go on with those not shown yet; then write the round down, or begin it anew."""
    who = village_desk.acting(desk.session, desk.contact, desk.now)
    round_ = _round(desk, answers)
    if who is None or round_ is None:
        return Outcome((Say("confirm.gone"),))
    if "sure" not in answers:
        return Outcome(
            (), (_part(desk, round_, answers["first"] + _size(desk), _all_marks(answers)),)
        )
    if not answers["sure"]:
        return Outcome((Say("confirm.anew"),), (_part(desk, round_, 0, {}),))
    told = _all_marks(answers)
    said = confirming.Answers(
        confirmed=tuple(uuid.UUID(key) for key, mark in told.items() if mark == "came"),
        denied=tuple(uuid.UUID(key) for key, mark in told.items() if mark == "not"),
        unsure=tuple(uuid.UUID(key) for key, mark in told.items() if mark == "open"),
    )
    try:
        confirming.answer(desk.session, round_, who, said, desk.now)
    except confirming.TooLate:
        return Outcome((Say("confirm.too_late"),))
    done = {"came": len(said.confirmed), "absent": len(said.denied)}
    says: tuple[Say, ...] = (Say("confirm.done", done),)
    if said.unsure:
        says += (Say("confirm.unsure_left", {"count": len(said.unsure)}),)
    return Outcome(says)


COUNTER = Counter(
    name="confirm",
    intents=frozenset({"confirm", "confirm_days"}),
    open=open_confirm,
    flows=(FORM,),
    finish=finish_confirm,
)
