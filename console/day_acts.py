"""What is done about days: the head confirms in an order drawn by lot, leaves are answered,
forgotten signs vouched for, open days ruled (requirements 3.4, F-08, F-11, F-15)."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from console import day_marks
from console.base import Elsewhere, current, door, look, needs, page, tell
from console.days import DISTRICT, TOWN, VILLAGE
from console.words import moment, obstacle_words
from models import Role
from services.days import backfilling, confirming, disputes, evidence, leaves
from services.days.confirming import Answers, Round, TooEarly, TooLate
from services.days.events import DayLocked
from services.guards import Obstacle
from services.procedure import Hindered

OFFICE = VILLAGE | TOWN | DISTRICT | {Role.SUPERVISION}
ANSWERS = ("confirmed", "denied", "unsure")


@door.get("/days/confirm")
@needs(Role.VILLAGE_HEAD)
def days_confirm() -> str:
    """The days that the head may confirm now."""
    return _due_page()


def _due_page(words: tuple[str, ...] = ()) -> str:
    seat = current()
    return page(
        "days_confirm.html",
        days=confirming.due_days(seat.session, seat.region, seat.now),
        asked=day_marks.of_text(request.args.get("day", "")),
        opens=confirming.window(seat.today)[0],
        words=words,
    )


@door.post("/days/confirm", endpoint="days_round_open")
@needs(Role.VILLAGE_HEAD)
def round_opened() -> ResponseReturnValue:
    """Draw up a list in an order of its own; looking at it is timed from now."""
    seat = current()
    day = day_marks.of_text(request.form.get("day", ""))
    if day is None or not seat.today - timedelta(days=1) <= day <= seat.today:
        return _due_page((obstacle_words(Obstacle("day_console.too_late")),)), 409
    try:
        found = confirming.open_round(seat.session, seat.acting, day, source="console",
                                      now=seat.now)  # fmt: skip
    except TooEarly as early:
        tell("day_console.too_early", level="warning", when=moment(early.args[0]))
        return redirect(url_for("console.days_confirm"))
    except TooLate:
        return _due_page((obstacle_words(Obstacle("day_console.too_late")),)), 409
    if found is None:
        tell("day_console.nobody_left")
        return redirect(url_for("console.days_confirm"))
    return redirect(url_for("console.days_round", key=found.row.id))


@door.get("/days/rounds/<uuid:key>", endpoint="days_round")
@needs(Role.VILLAGE_HEAD)
def round_page(key: uuid.UUID) -> str:
    """One list, with what the clerk and the worker said and the photos."""
    return _round_page(_round(key))


def _round(key: uuid.UUID) -> Round:
    seat = current()
    found = confirming.find_round(seat.session, str(key), seat.acting, seat.now)
    if found is None:
        raise Elsewhere("confirmation_round", key)
    return found


def _round_page(found: Round, words: tuple[str, ...] = ()) -> str:
    seat = current()
    ids = [one.engagement_id for one in found.looks]
    look("confirmation_round", found.row.id, rows=len(ids))
    return page(
        "days_round.html",
        round=found,
        photos=evidence.photos_of(seat.session, ids, found.row.day_on),
        answers=ANSWERS,
        words=words,
    )


@door.post("/days/rounds/<uuid:key>", endpoint="days_round_answered")
@needs(Role.VILLAGE_HEAD)
def round_answered(key: uuid.UUID) -> ResponseReturnValue:
    """Write the answers down. Who got none stays for the next list."""
    seat, found = current(), _round(key)
    said = {name: _answered(found, name) for name in ANSWERS}
    if not any(said.values()):
        return _round_page(found, (obstacle_words(Obstacle("day_console.nobody_marked")),)), 409
    try:
        with seat.session.begin_nested():
            confirming.answer(seat.session, found, seat.acting, Answers(**said), seat.now)
    except TooLate:
        return _round_page(found, (obstacle_words(Obstacle("day_console.too_late")),)), 409
    except DayLocked:
        return _round_page(found, (obstacle_words(Obstacle("day_console.locked")),)), 409
    tell("day_console.confirmed", confirmed=len(said["confirmed"]), denied=len(said["denied"]),
         unsure=len(said["unsure"]))  # fmt: skip
    return redirect(url_for("console.days_confirm"))


def _answered(found: Round, answer: str) -> tuple[uuid.UUID, ...]:
    return tuple(
        one.engagement_id
        for one in found.looks
        if request.form.get(f"a-{one.engagement_id}") == answer
    )


@door.get("/days/leaves")
@needs(*OFFICE)
def days_leaves() -> str:
    """Leaves that wait, and who is away today."""
    return _leaves_page()


def _leaves_page(words: tuple[str, ...] = ()) -> str:
    seat = current()
    waiting = leaves.waiting(seat.session, seat.acting)
    away = leaves.away(seat.session, seat.region, seat.today) if seat.role in VILLAGE else ()
    if waiting or away:
        look("leaves", seat.region.code, rows=len(waiting) + len(away))
    return page("days_leaves.html", waiting=waiting, away=away, words=words,
                may=seat.role in leaves.ANSWER, name_of=leaves.name_of)  # fmt: skip


@door.post("/days/leaves/<uuid:key>", endpoint="days_leave_answered")
@needs(*leaves.ANSWER)
def leave_answered(key: uuid.UUID) -> ResponseReturnValue:
    """Approve or refuse a leave; the worker hears it."""
    seat = current()
    found = leaves.find(seat.session, str(key))
    if found is None or evidence.worker_of(seat.session, found.engagement_id, seat.acting) is None:
        raise Elsewhere("leave", key)
    answer, remark = request.form.get("answer", ""), request.form.get("remark", "").strip()
    try:
        if answer not in {"agree", "refuse"}:
            raise Hindered("leave", (Obstacle("day_console.choose"),))
        if answer == "refuse" and not remark:
            raise Hindered("leave", (Obstacle("obstacle.day_needs_why"),))
        with seat.session.begin_nested():
            leaves.answer(seat.session, found, acting=seat.acting, agree=answer == "agree",
                          remark=remark, now=seat.now)  # fmt: skip
    except Hindered as hindered:
        return _leaves_page(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.leave_answered", name=found.engagement.person.name)
    return redirect(url_for("console.days_leaves"))


@door.get("/days/backfills")
@needs(*OFFICE)
def days_backfills() -> str:
    """Forgotten signs for which nobody has vouched yet."""
    return _backfills_page()


def _backfills_page(words: tuple[str, ...] = ()) -> str:
    seat = current()
    rows = backfilling.waiting(seat.session, seat.acting, seat.now)
    if rows:
        look("backfills", seat.region.code, rows=len(rows))
    return page("days_backfills.html", rows=rows, may=seat.role in VILLAGE, words=words)


@door.post("/days/backfills/<uuid:key>/<day>", endpoint="days_backfill_answered")
@needs(*VILLAGE)
def backfill_answered(key: uuid.UUID, day: str) -> ResponseReturnValue:
    """A second person's word about a forgotten sign."""
    seat = current()
    worker = evidence.worker_of(seat.session, key, seat.acting)
    day_on = day_marks.of_text(day)
    if worker is None or day_on is None or not _waits(key, day_on):
        raise Elsewhere("backfill", f"{key}|{day}")
    seen = request.form.get("seen", "")
    try:
        if seen not in {"yes", "no"}:
            raise Hindered("backfill", (Obstacle("day_console.choose"),))
        with seat.session.begin_nested():
            backfilling.answer(seat.session, worker, day_on, acting=seat.acting,
                               seen=seen == "yes", source="console", now=seat.now)  # fmt: skip
    except DayLocked:
        return _backfills_page((obstacle_words(Obstacle("day_console.locked")),)), 409
    except Hindered as hindered:
        return _backfills_page(tuple(map(obstacle_words, hindered.obstacles))), 409
    tell("day_console.vouched", name=worker.person.name, day_on=day_on.isoformat())
    return redirect(url_for("console.days_backfills"))


def _waits(key: uuid.UUID, day: date) -> bool:
    seat = current()
    waiting = backfilling.waiting(seat.session, seat.acting, seat.now)
    return any(row.engagement_id == key and row.day_on == day for row in waiting)


@door.get("/days/disputes")
@needs(*(TOWN | DISTRICT | {Role.SUPERVISION}))
def days_disputes() -> str:
    """Days that wait for the town: disputed, contradictory, left open by a village."""
    seat = current()
    rows = disputes.waiting(seat.session, seat.acting, seat.now)
    shown = rows[:200]
    if shown:
        look("day_disputes", seat.region.code, rows=len(shown))
    return page(
        "days_disputes.html",
        rows=[(worker, day, day_marks.reasons_in_words(day.reasons)) for worker, day in shown],
        count=len(rows),
    )
