"""Trainings before the first day, for several people at once."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from console.base import NAV, NavItem, current, door, look, needs, page, say
from console.typed import NoDay, day
from console.words import obstacle_words
from services import case_page, onboarding
from services.onboarding import Lesson
from services.procedure import Hindered

TRAINERS = onboarding.MAY_TRAIN

NAV.append(
    NavItem("console.trainings", "onboarding.nav_training", TRAINERS, order=45, group="at_work")
)


@door.get("/trainings")
@needs(*TRAINERS)
def trainings() -> str:
    """Who waits for a training, and the form for one that was held."""
    return _trainings()


def _trainings(words: tuple[str, ...] = (), rows: tuple[Any, ...] = ()) -> str:
    seat = current()
    waiting = onboarding.to_train(seat.session, seat.region)
    if waiting:
        look("trainings", seat.region.code, rows=len(waiting))
    return page(
        "trainings.html", waiting=waiting, words=words, rows=rows, typed=request.form,
        came=set(request.form.getlist("came")) if words else set(),
        passed=set(request.form.getlist("passed")) if words else set(),
    )  # fmt: skip


@door.post("/trainings")
@needs(*TRAINERS)
def training_held() -> ResponseReturnValue:
    """Keep one training for everybody who came; each row says what became of it."""
    seat, form = current(), request.form
    passed = frozenset(form.getlist("passed"))
    numbers = list(dict.fromkeys([*form.getlist("came"), *sorted(passed)]))[:100]
    attended = [
        case for number in numbers
        if (case := case_page.find(seat.session, number, seat.region)) is not None
    ]  # fmt: skip
    if not attended:
        return _trainings((say("onboarding.nobody_came"),)), 422
    try:
        hours = form.get("hours", "")
        lesson = Lesson(day("held_on"), int(hours) if hours.isdecimal() else 0,
                        form.get("content", ""))  # fmt: skip
        rows = onboarding.train(
            seat.session, lesson, attended=attended, passed=passed, acting=seat.acting, now=seat.now
        )
    except Hindered as hindered:
        return _trainings(tuple(obstacle_words(one) for one in hindered.obstacles)), 409
    except NoDay:
        return _trainings((say("onboarding.no_day"),)), 422
    return _trainings(rows=tuple(rows))
