"""The first page: what waits, and several cases in one go."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import request
from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from console.base import NAV, NavItem, console, current, door, look, needs, page, say
from console.budgets import warned
from console.words import act_name, moment, obstacle_words
from models import Application, ApplicationStatus, Region, Role
from models.procedure import STEPS, Actor
from services import case_page, house_alarms, worklist
from services.house_alarms import Alarm
from services.procedure import Hindered, Why, take
from services.staff import area

CASE_ROLES = frozenset(Role) - {Role.DEPARTMENT, Role.FINANCE}
"""A department sees posts and demands, finance sees payments: neither any resident's case."""
DECIDERS = CASE_ROLES - {Role.SUPERVISION, Role.ADMINISTRATOR}
BULK_ROWS = 100
APPROVE = "approve"

NAV.append(NavItem("console.worklist", "console.nav_worklist", order=10, group="work"))
NAV.append(NavItem("console.all_cases", "console.nav_cases", CASE_ROLES, order=20, group="work"))
NAV.append(
    NavItem(
        "console.overview",
        "console.nav_overview",
        CASE_ROLES - {Role.VILLAGE_CLERK, Role.VILLAGE_HEAD},
        order=25,
        group="work",
    )
)


def status_asked() -> ApplicationStatus | None:
    """The state in the address; None where there is none, or no such."""
    asked = request.args.get("status", "")
    return ApplicationStatus(asked) if asked in set(ApplicationStatus) else None


@door.get("/", endpoint="worklist")
@needs(*Role)
def worklist_page() -> str:
    """What waits for this role and place, overdue first."""
    seat = current()
    status = status_asked()
    after = worklist.Mark.read(request.args.get("after", ""))
    found = worklist.waiting(seat.session, seat.acting, status=status, after=after)
    if found.rows:
        look("worklist", seat.region.code, rows=len(found.rows))
    acts = _bulk_acts(found.rows)
    return page(
        "worklist.html",
        found=found,
        status=status,
        after=after,
        counts=worklist.counts(seat.session, seat.acting),
        cap=worklist.CAP,
        others=list(worklist.others(seat.session, seat.acting, seat.now)),
        acts=acts,
        money=warned({row.track for row in found.rows}) if APPROVE in acts else (),
        known=console().book.phrases,
        alarms=_alarms(),
    )


def _alarms() -> list[tuple[str, str]]:
    """What is wrong with the house, for those who look after it: words, and where to go."""
    seat = current()
    if seat.role not in house_alarms.SEE:
        return []
    found = house_alarms.found(seat.session, now=seat.now, machine_now=seat.wall)
    return [(_alarm(one), one.endpoint) for one in found]


def _alarm(one: Alarm) -> str:
    slots = dict(one.slots)
    if "way" in slots:
        slots["way"] = say(f"message.channel_{slots['way']}")
        slots["sort"] = say(f"outbox.because_{slots['sort']}")
    if "since" in slots:
        slots["since"] = moment(datetime.fromisoformat(slots["since"]))
    return say(one.key, **slots)


def _bulk_acts(rows: tuple[Application, ...]) -> list[str]:
    """The steps that this role has from any of the states on the page."""
    role, states = current().role, {row.status for row in rows}
    acts = (
        step.act
        for step in STEPS
        if step.source in states and role in step.actors and Actor.APPLICANT not in step.actors
    )
    return list(dict.fromkeys(acts))


@door.get("/cases")
@needs(*CASE_ROLES)
def all_cases() -> str:
    """Every case of the area, the newest first."""
    seat = current()
    place = _place(request.args.get("place", ""))
    before = request.args.get("before", "")
    found = worklist.everything(
        seat.session,
        seat.region,
        status=status_asked(),
        place=place,
        before=_key(before),
    )
    if found.rows:
        look("cases", seat.region.code, rows=len(found.rows))
    return page(
        "cases.html",
        found=found,
        status=status_asked(),
        place=place,
        statuses=list(ApplicationStatus),
        places=_places(),
    )


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _place(code: str) -> Region | None:
    seat = current()
    return seat.session.scalars(
        select(Region).where(Region.code == code, area(seat.region))
    ).first()


def _places() -> list[Region]:
    """The offices right under this one."""
    seat = current()
    return list(
        seat.session.scalars(
            select(Region).where(Region.parent_id == seat.region.id).order_by(Region.id)
        )
    )


@door.get("/overview")
@needs(*(CASE_ROLES - {Role.VILLAGE_CLERK, Role.VILLAGE_HEAD}))
def overview() -> str:
    """Which office holds how many cases, and how many are overdue (R-4.1a)."""
    seat = current()
    rows = worklist.by_place(seat.session, seat.region, seat.today)
    return page("overview.html", rows=rows)


@dataclass(frozen=True)
class Row:
    """What became of one case of several."""

    number: str
    name: str
    done: bool
    words: tuple[str, ...]
    track: str = ""


@door.post("/cases/bulk")
@needs(*DECIDERS)
def bulk() -> str:
    """One step for several cases, each by itself: one that cannot go holds up no other."""
    act = request.form.get("act", "")
    why = Why(request.form.get("reason") or None, request.form.get("remark", "")[:500])
    marked = sorted(request.form.getlist("case")[:BULK_ROWS])  # one order of locks for everybody
    rows = [_one(text, act, why) for text in marked]
    title = act_name(act) if f"case_act.{act}" in console().book.phrases else say("console.no_act")
    money = warned({row.track for row in rows if row.done}) if act == APPROVE else ()
    return page("bulk.html", title=title, rows=rows, why=why, money=money)


def _one(text: str, act: str, why: Why) -> Row:
    """`text`: the case's number and the version that was looked at."""
    seat = current()
    number, _, version = text.partition("|")
    case = case_page.find(seat.session, number, seat.region, lock=True)
    if case is None:
        return Row(number, "", done=False, words=(say("console.not_found"),))
    name = case.person.name
    if str(case.version) != version:
        return Row(number, name, done=False, words=(say("console.row_moved_on"),))
    try:
        with seat.session.begin_nested():
            take(seat.session, case, act, seat.acting, seat.now, why)
    except Hindered as hindered:
        words = tuple(obstacle_words(obstacle) for obstacle in hindered.obstacles)
        return Row(number, name, done=False, words=words)
    except StaleDataError:
        return Row(number, name, done=False, words=(say("console.row_moved_on"),))
    return Row(number, name, done=True, words=(say(f"case_status.{case.status}"),),
               track=case.track)  # fmt: skip
