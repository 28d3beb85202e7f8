"""Telling those who work on a post that it changes, and from when (R-3.1d)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Engagement, EngagementStatus, Person, Post
from services.telling import tell
from wording import load_book

TOLD = ("name", "worksite", "duties", "hours_per_week", "hours_per_month", "host_unit",
        "responsible", "pay_fen")  # fmt: skip
"""Changes that a worker has to know; the rest is the offices' bookkeeping."""


def tell_workers(
    session: Session,
    post: Post,
    act: str,
    new: Mapping[str, Any],
    effective_on: date,
    now: datetime,
) -> int:
    """One message to each person on the post; how many. Nothing is written where nothing concerns
    them."""
    told = {name: new[name] for name in TOLD if name in new}
    if act == "change" and not told:
        return 0
    people = session.scalars(
        select(Person)
        .join(Engagement, Engagement.person_id == Person.id)
        .where(Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED)
    ).all()
    slots = {"post": post.name, "from_on": effective_on.isoformat(), "what": _what(told)}
    cause = f"post:{post.id}|{act}|{now.isoformat()}"
    for person in people:
        tell(session, kind=f"post_{act}", person=person, slots=slots, cause=cause, now=now)
    return len(people)


def _what(told: Mapping[str, Any]) -> str:
    """The changes as words, each with its new value: `干活地点改为村东头`."""
    book = load_book()
    return book.text("post.list", parts=[_part(name, value) for name, value in told.items()])


def _part(name: str, value: Any) -> str:
    shown = {"new_fen": value} if name.endswith("_fen") else {"new": value}
    return load_book().text(f"post.told_{name}", **shown)
