"""Messages: looking one up, its whole story, one person's talk with us, and what it costs."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from flask import request

from console.base import NAV, Elsewhere, NavItem, current, door, look, needs, page
from models import MessageState, Person, Role
from models.procedure import TOWN_CLERK, TOWN_HEAD
from services import case_page, failures
from services import message_story as stories
from services.message_story import Wanted
from services.telling_kinds import kinds

SEE = TOWN_CLERK | TOWN_HEAD | {Role.DISTRICT_CLERK, Role.DISTRICT_APPROVER, Role.SUPERVISION}

NAV.append(NavItem("console.message_list", "message.nav", SEE, order=30, group="telling"))


@door.get("/messages")
@needs(*SEE)
def message_list() -> str:
    """The newest messages of the area that fit what is asked."""
    seat, asked = current(), request.args
    wanted = Wanted(
        text=asked.get("q", "").strip()[:64],
        kind=asked.get("kind", ""),
        state=asked.get("state", ""),
        since=_day(asked.get("since", "")),
    )
    rows = stories.search(seat.session, wanted, seat.region)
    if rows:
        look("messages", seat.region.code, rows=len(rows))
    is_phone = wanted.text.isdigit() and len(wanted.text) == 11
    return page(
        "messages.html",
        rows=[(one, stories.words(one)) for one in rows],
        wanted=wanted,
        shown_text="" if is_phone else wanted.text,
        states=list(MessageState),
        most=stories.SHOWN,
    )


@door.get("/messages/<uuid:key>")
@needs(*SEE)
def message(key: uuid.UUID) -> str:
    """The whole story of one message."""
    seat = current()
    found = stories.find(seat.session, key, seat.region)
    if found is None:
        raise Elsewhere("message", str(key))
    look("message", found.id)
    known = kinds().get(found.kind)
    return page(
        "message.html",
        it=found,
        words=stories.words(found),
        attempts=stories.attempts(seat.session, found),
        trace=[{**one, "at": datetime.fromisoformat(one["at"])} for one in found.trace],
        sort_of=failures.sort_of,
        visit=stories.visit_of(seat.session, found),
        may_refuse=known is not None and known.refusable,
    )


@door.get("/messages/<uuid:key>/talk")
@needs(*SEE)
def message_talk(key: uuid.UUID) -> str:
    """What went to and fro with the person whom this message is for, over all channels."""
    seat = current()
    found = stories.find(seat.session, key, seat.region)
    if found is None or found.person is None:
        raise Elsewhere("message", str(key))
    return _talk_with(found.person)


@door.get("/cases/<number>/talk")
@needs(*SEE)
def case_talk(number: str) -> str:
    """The same with whom a case is about: they may have written, and never been told anything."""
    seat = current()
    found = case_page.find(seat.session, number, seat.region)
    if found is None:
        raise Elsewhere("application", number)
    return _talk_with(found.person)


def _talk_with(person: Person) -> str:
    look("person", person.id, talk=True)
    lines = stories.talk(current().session, person)
    return page("message_talk.html", person=person, lines=lines)


@door.get("/messages/costs")
@needs(*SEE)
def message_costs() -> str:
    """What the messages of a month came to, by place."""
    seat = current()
    month = _day(request.args.get("month", "") + "-01") or seat.today.replace(day=1)
    rows = stories.costs(seat.session, seat.region, month)
    return page("message_costs.html", rows=rows, month=month)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
