"""Telling those who work on a post that it changes, and from when (R-3.1d)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Contact, Conversation, Engagement, EngagementStatus, Person, Post
from services import outbox
from services.subscriptions import Purpose, may_send
from services.telling import CHAT_WINDOW
from wording import load_book
from wording.hearing import mask_name

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
    """One message to each person on the post, by chat while WeChat lets us, else by SMS; how many
    could be written. Nothing is written where nothing concerns them."""
    told = {name: new[name] for name in TOLD if name in new}
    if act == "change" and not told:
        return 0
    people = session.scalars(
        select(Person)
        .join(Engagement, Engagement.person_id == Person.id)
        .where(Engagement.post_id == post.id, Engagement.status != EngagementStatus.ENDED)
    ).all()
    key = "change" if act == "change" else act
    slots = {"post": post.name, "from_on": effective_on.isoformat(), "what": _what(told)}
    cause = f"post:{post.id}|{act}|{now.isoformat()}"
    return sum(_tell(session, person, key, slots, cause, now) for person in people)


def _what(told: Mapping[str, Any]) -> str:
    """The changes as words, each with its new value: `干活地点改为村东头`."""
    book = load_book()
    return book.text("post.list", parts=[_part(name, value) for name, value in told.items()])


def _part(name: str, value: Any) -> str:
    shown = {"new_fen": value} if name.endswith("_fen") else {"new": value}
    return load_book().text(f"post.told_{name}", **shown)


def _tell(
    session: Session,
    person: Person,
    act: str,
    slots: dict[str, str],
    cause: str,
    now: datetime,
) -> bool:
    slots = {**slots, "name": mask_name(person.name)}
    for contact in session.scalars(select(Contact).where(Contact.person_id == person.id)):
        talk = session.get(Conversation, contact.id)
        reaches = talk is not None and now - talk.turned_at < CHAT_WINDOW
        if contact.channel == "wechat" and contact.followed and reaches:
            if not may_send(contact, Purpose.DECISION):
                return False
            outbox.enqueue(session, channel="wechat", contact=contact, key=f"post.news_{act}",
                           slots=slots, cause=cause, now=now)  # fmt: skip
            return True
    if person.phone is None:
        return False
    short = {name: slots[name] for name in ("name", "post", "from_on")}
    outbox.enqueue(session, channel="sms", address=person.phone, key="sms.post_news",
                   slots=short, cause=cause, now=now)  # fmt: skip
    return True
