"""A worker's month by chat, this one or an earlier one, day by day with reasons; and the dispute of
a day (R-3.6b)."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

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
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice, reason, words
from models import AttendanceDay, DayState, Engagement
from services import village_desk
from services.days import disputes, month, people
from services.days.events import DayLocked
from services.days.month import Day
from services.terms import followups
from wording.hearing.days import hear_month
from wording.hearing.term_words import hear_day_within

FLOW = "dispute_day"
MOST_SHOWN = 12
LOST = (DayState.ABSENT, DayState.UNKNOWN, DayState.DISPUTED)


def open_my_month(desk: Desk, asked: Asked) -> Outcome:
    """This month up to today, or the one that is named (上个月, 3月) or chosen; or the dispute of a
    day."""
    held = people.engagement_of(desk.session, desk.person) or _left(desk)
    if held is None or held.starts_on is None:
        return _no_record(desk)
    if asked.intent == "dispute_day":
        return _begin(desk, held)
    named = date.fromisoformat(asked.about) if asked.about else None
    this = min(desk.today, held.ended_on or desk.today).replace(day=1)
    first = named or hear_month(asked.heard.text, desk.today) or this
    if first < min(this, held.starts_on.replace(day=1)):
        slots = {"starts_on": held.starts_on.isoformat(), "month": first.month}
        return Outcome((Say("my_month.before_start", slots),), offers=("my_month",))
    return _show(desk, held, first)


def _left(desk: Desk) -> Engagement | None:
    """The post that the writer has left: its days are theirs to see still."""
    return followups.former_engagement(desk.session, desk.person) if desk.person else None


def _no_record(desk: Desk) -> Outcome:
    """Nobody on a post: village staff hear where they look, others how to go on."""
    if village_desk.acting(desk.session, desk.contact, desk.now) is not None:
        return Outcome((Say("my_month.staff_look_there"),))
    return Outcome((Say("my_month.no_record"), Say("check_in.what_next")),
                   offers=("apply", "human"))  # fmt: skip


def _show(desk: Desk, held: Engagement, first: date) -> Outcome:
    days = month.of_worker(desk.session, held.id, first, desk.now)
    is_over = first < desk.today.replace(day=1)
    counts = {
        "month": first.month,
        "counted": sum(one.counted for one in days),
        "planned": sum(one.planned for one in days),
        "open": sum(one.state in month.OPEN for one in days),
    }
    lost = [one for one in days if one.planned and one.state in LOST]
    says: tuple[Say, ...] = (Say("my_month.sum_over" if is_over else "my_month.sum", counts),)
    leave = sum(one.state in {DayState.LEAVE_PAID, DayState.LEAVE_UNPAID} for one in days)
    late = sum(one.late for one in days)
    if leave or late:
        says += (Say("my_month.besides", {"leave": leave, "late": late}),)
    if lost:
        says += (Say("my_month.not_counted", {"lines": list(_lines(lost))}),)
    return _with_menu(says, list(_next(lost, held, first, is_over=is_over)))


def _with_menu(says: tuple[Say, ...], choices: list[tuple[str, Say]]) -> Outcome:
    if not choices:
        return Outcome(says)
    labels = [label for _, label in choices]
    offers = tuple(intent for intent, _ in choices)
    return Outcome((*says, Say("my_month.next", {"menu": labels})), offers=offers)


def _next(
    lost: Sequence[Day], held: Engagement, first: date, *, is_over: bool
) -> Iterator[tuple[str, Say]]:
    """What may follow, as intent and label: what the month's days allow, and the months around."""
    if lost and all(one.locked for one in lost):
        yield "human", Say("my_month.go_human")
    elif lost:
        yield "dispute_day", Say("my_month.go_dispute_day")
        if held.ended_on is None:
            yield "backfill", Say("my_month.go_backfill")
    assert held.starts_on is not None
    if held.starts_on < first:
        before = (first - timedelta(days=1)).replace(day=1)
        yield f"my_month:{before.isoformat()}", Say("my_month.go_before", {"month": before.month})
    if is_over and held.ended_on is None:
        yield "my_month", Say("my_month.go_now")


def _lines(days: Sequence[Day]) -> Iterator[Say]:
    """The days of each reason together, the reasons in the order of their first day."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for day in days:
        by_reason[day.reasons[0]].append(str(day.day_on.day))
    for why, some in by_reason.items():
        yield Say("my_month.line", {"days": some, "why": Say(f"day_reason.{why}")})


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


def disputed_day(heard: Heard, reading: Reading) -> Value | Wrong | Suggest | Reopen:
    """One of the days shown, by its number or named in a sentence; of another day, why not."""
    chosen = choice(day_options)(heard, reading)
    text = words(heard)
    if isinstance(chosen, Value) or isinstance(text, Wrong):
        return chosen
    day = hear_day_within(text, reading.desk.today)
    if day is None:
        return chosen
    if day.isoformat() in reading.menu:
        return Value(day.isoformat())
    key = "today_open" if day == reading.desk.today else "day_not_open"
    return Wrong(Say(f"my_month.{key}", {"day_on": day.isoformat()}))


def _of_day(answers: Answers, _desk: Desk) -> Mapping[str, Json]:
    return {"day_on": answers["day"]}


FORM = Flow(
    FLOW,
    (
        Ask("day", disputed_day, options=day_options, alone=True),
        Ask("words", reason(longest=disputes.LONGEST_WORDS), free=True, fill=_of_day),
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
