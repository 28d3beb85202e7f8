"""补签: a sign that was forgotten, asked for in two questions (day, reason)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from dialog import Answers, Ask, Flow, Option, Say
from handlers import standing_words
from handlers.counter import Asked, Counter, Outcome, Start
from handlers.desk import Desk
from handlers.readers import choice
from models import Engagement
from services.days import backfilling, signing
from services.days.signing import Standing
from services.procedure import Hindered

FLOW = "backfill"
REASONS = ("forgot", "phone", "network", "urgent")


def begin(desk: Desk, standing: Standing) -> Outcome:
    """Open the form where there is a day to be asked for and a time left in the month."""
    key = standing.engagement_id
    allowed = backfilling.allowed_in_month(desk.today)
    if backfilling.asked_in_month(desk.session, key, desk.today) >= allowed:
        return Outcome((Say("backfill.used_up", {"times": allowed}),), offers=("human",))
    if not backfilling.days_open(desk.session, key, desk.today, desk.now):
        if standing.first_at is None and standing.duty.kind_of_day(standing.day) == "work":
            return Outcome((Say("backfill.just_check_in"),), offers=("checkin_yes", "my_month"))
        return Outcome((Say("backfill.no_day"),), offers=("my_month",))
    return Outcome((), (Start(FLOW, {"engagement": str(key)}),))


def open_backfill(desk: Desk, _asked: Asked) -> Outcome:
    """By the service word."""
    standing = signing.standing_of(desk.session, desk.contact_id, desk.now)
    if standing is None:
        return Outcome((Say("check_in.no_record"), Say("check_in.what_next")),
                       offers=("apply", "human"))  # fmt: skip
    if standing.obstacle is not None:
        return standing_words.refuse(desk, standing)
    return begin(desk, standing)


def day_options(answers: Answers, desk: Desk) -> Sequence[Option]:
    days = backfilling.days_open(
        desk.session, uuid.UUID(answers["engagement"]), desk.today, desk.now
    )
    return [
        Option(day.isoformat(), Say("backfill.day", {"day_on": day.isoformat()})) for day in days
    ]


def reason_options(_answers: Answers, _desk: Desk) -> Sequence[Option]:
    return [Option(name, Say(f"backfill.reason_{name}")) for name in REASONS]


FORM = Flow(
    FLOW,
    (
        Ask("day", choice(day_options), options=day_options, alone=True),
        Ask("reason", choice(reason_options), options=reason_options),
    ),
    given=("engagement",),
)


def finish_backfill(desk: Desk, _flow: str, answers: Answers) -> Outcome:
    """Keep the wish; the day counts once somebody of the village has vouched for it."""
    engagement = desk.session.get_one(Engagement, uuid.UUID(answers["engagement"]))
    day = date.fromisoformat(answers["day"])
    if day.isoformat() not in {one.value for one in day_options(answers, desk)}:
        return Outcome((Say("backfill.no_day"),))
    try:
        backfilling.ask(
            desk.session, engagement, day, contact=desk.contact, reason=answers["reason"],
            source=desk.channel, now=desk.now,
        )  # fmt: skip
    except Hindered:
        times = backfilling.allowed_in_month(day)
        return Outcome((Say("backfill.used_up", {"times": times}),), offers=("human",))
    left = backfilling.allowed_in_month(day) - backfilling.asked_in_month(
        desk.session, engagement.id, day
    )
    return Outcome((Say("backfill.asked", {"day_on": day.isoformat(), "left": left}),))


COUNTER = Counter(
    name="backfill",
    intents=frozenset({"backfill"}),
    open=open_backfill,
    flows=(FORM,),
    finish=finish_backfill,
)
