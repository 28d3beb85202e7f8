"""A worker's month by chat, day by day with reasons; and the dispute of a day (R-3.6b)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dialog import Answers, Ask, Flow, Json, Option, Say
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, free_text
from models import AttendanceDay, DayState, Engagement
from services.days import disputes, month, people
from services.days.events import DayLocked
from services.days.month import Day
from wording.hearing.days import hear_last_month

FLOW = "dispute_day"
MOST_SHOWN = 12
LOST = (DayState.ABSENT, DayState.UNKNOWN, DayState.DISPUTED)


def open_my_month(desk: Desk, asked: Asked) -> Outcome:
    """This month up to today, or the last one (上个月); or the dispute of a day."""
    held = people.engagement_of(desk.session, desk.person)
    if held is None or held.starts_on is None:
        return Outcome((Say("my_month.no_record"), Say("check_in.what_next")),
                       offers=("apply", "human"))  # fmt: skip
    if asked.intent == "dispute_day":
        return _begin(desk, held)
    before = hear_last_month(asked.heard.text)
    shown = desk.today.replace(day=1) - timedelta(days=1) if before else desk.today
    return _show(desk, held, shown)


def _show(desk: Desk, held: Engagement, day: date) -> Outcome:
    days = month.of_worker(desk.session, held.id, day, desk.now)
    counts = {
        "month": day.month,
        "counted": sum(one.counted for one in days),
        "planned": sum(one.planned for one in days),
        "open": sum(one.state in month.OPEN for one in days),
    }
    lost = [one for one in days if one.planned and one.state in LOST]
    says: tuple[Say, ...] = (Say("my_month.sum", counts),)
    leave = sum(one.state in {DayState.LEAVE_PAID, DayState.LEAVE_UNPAID} for one in days)
    late = sum(one.late for one in days)
    if leave or late:
        says += (Say("my_month.besides", {"leave": leave, "late": late}),)
    if lost:
        says += (
            Say("my_month.not_counted", {"lines": [_line(one) for one in lost[-MOST_SHOWN:]]}),
        )
        return Outcome((*says, Say("my_month.next")), offers=("dispute_day", "backfill"))
    return Outcome(says)


def _line(day: Day) -> Say:
    return Say("my_month.line", {"day": day.day_on.day, "why": Say(f"day_reason.{day.reasons[0]}")})


def _begin(desk: Desk, held: Engagement) -> Outcome:
    if not disputes.days_open(desk.session, held, desk.now):
        return Outcome((Say("my_month.nothing_to_dispute"),), offers=("my_month", "human"))
    return Outcome((), (Start(FLOW, {"engagement": str(held.id)}),))


def day_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    held = desk.session.get_one(Engagement, uuid.UUID(answers["engagement"]))
    days = disputes.days_open(desk.session, held, desk.now)[:MOST_SHOWN]
    return [Option(day.day_on.isoformat(), _option(day)) for day in days]


def _option(day: AttendanceDay) -> Say:
    why = Say(f"day_reason.{day.reasons[0]}")
    return Say("my_month.option", {"day_on": day.day_on.isoformat(), "why": why})


def _of_day(answers: Answers, _desk: Desk) -> Mapping[str, Json]:
    return {"day_on": answers["day"]}


FORM = Flow(
    FLOW,
    (
        Ask("day", choice(day_options), options=day_options, alone=True),
        Ask("words", free_text(longest=disputes.LONGEST_WORDS), free=True, fill=_of_day),
    ),
    given=("engagement",),
)


def finish_dispute(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Keep the dispute; the town answers it."""
    held = desk.session.get_one(Engagement, uuid.UUID(answers["engagement"]))
    day = date.fromisoformat(answers["day"])
    try:
        disputes.lodge(
            desk.session, held, day, contact=desk.contact, words=answers["words"],
            source=desk.channel, now=desk.now,
        )  # fmt: skip
    except DayLocked:
        return Outcome((Say("my_month.locked"),), offers=("human",))
    return Outcome((Say("my_month.disputed", {"day_on": day.isoformat()}),))


COUNTER = Counter(
    name="my_month",
    intents=frozenset({"my_month", "dispute_day"}),
    open=open_my_month,
    flows=(FORM,),
    finish=finish_dispute,
)
