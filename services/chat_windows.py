"""The windows in which WeChat lets us write to one person as customer service (platform.md 2).

    open_windows(session, contact, now)        messages left, and until when
    spend_window(session, contact, now)        take one of them; False where there is none

Spending is one conditional statement: it may be called by several senders at once, and never takes
what is not there. What the platform refuses all the same shuts the window (`shut_window`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from models import Contact, Conversation, Inbound
from models.credit import ChannelWindow
from models.upserting import upserting

Act = Literal["message", "event"]

GRANTS: Mapping[Act, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "event": (3, timedelta(minutes=1)),
}
"""How many customer-service messages an act opens, and for how long. They do not add up over acts
of one kind (platform.md 2)."""

OPENING_EVENTS = frozenset({"click", "subscribe", "scan", "scancode_push", "scancode_waitmsg"})


@dataclass(frozen=True)
class OpenWindow:
    """Customer-service messages that may still be sent, `left` of them before `until`."""

    act: Act
    opened_at: datetime
    until: datetime
    left: int


def open_windows(session: Session, contact: Contact, now: datetime) -> tuple[OpenWindow, ...]:
    """The windows in which at least one message is left; the one that lasts longer comes first.

    Only messages count as messages: a report of the platform's about our own sending opens nothing.
    """
    if contact.channel != "wechat" or not contact.followed:
        return ()
    opened = _last_acts(session, contact, now)
    spent = {
        row.act: row
        for row in session.scalars(
            select(ChannelWindow)
            .where(ChannelWindow.contact_id == contact.id)
            .execution_options(populate_existing=True)
        )
    }
    found = []
    for act, (count, span) in GRANTS.items():
        at = opened[act]
        if at is None or now >= at + span:
            continue
        row = spent.get(act)
        left = count - row.spent if row is not None and row.opened_at >= at else count
        if left > 0:
            found.append(OpenWindow(act, at, at + span, left))
    return tuple(sorted(found, key=lambda window: window.until, reverse=True))


def spend_window(session: Session, contact: Contact, now: datetime) -> bool:
    """Take one customer-service message; False where none is left."""
    for window in open_windows(session, contact, now):
        count = GRANTS[window.act][0]
        if _count_window(session, contact.id, window.act, window.opened_at, spend=1, most=count):
            return True
    return False


def shut_window(session: Session, contact: Contact, now: datetime) -> None:
    """The platform says that no window is open, or that all of it is spent."""
    for act, at in _last_acts(session, contact, now).items():
        if at is not None:
            most = GRANTS[act][0]
            _count_window(session, contact.id, act, at, spend=most, most=most)


def _last_acts(session: Session, contact: Contact, now: datetime) -> dict[Act, datetime | None]:
    """When the contact last wrote, and last clicked, scanned or followed, within 48 hours.

    The talk's row answers for almost everybody, without a look at the messages."""
    since = now - GRANTS["message"][1]
    turned_at = session.scalar(
        select(Conversation.turned_at).where(Conversation.contact_id == contact.id)
    )
    if turned_at is None or turned_at <= since:
        return {"message": None, "event": None}
    is_event = Inbound.dedupe_key.startswith("e:", autoescape=True)
    opens = is_event & Inbound.kind.in_(OPENING_EVENTS)
    row = session.execute(
        select(
            func.max(case((~is_event, Inbound.received_at))),
            func.max(case((opens, Inbound.received_at))),
        ).where(
            Inbound.channel == contact.channel,
            Inbound.sender_key == contact.address_key,
            Inbound.received_at > since,
        )
    ).one()
    return {"message": row[0], "event": row[1]}


def _count_window(
    session: Session, contact_id: uuid.UUID, act: Act, at: datetime, *, spend: int, most: int
) -> bool:
    """Add to the count of the window that opened at `at`; False where that is more than `most`. A
    count of an earlier window begins anew."""
    session.flush()
    same = ChannelWindow.opened_at == at
    table = upserting(session).insert(ChannelWindow)
    spent = case((same, ChannelWindow.spent + spend), else_=spend)
    counted = session.scalar(
        table.values(contact_id=contact_id, act=act, opened_at=at, spent=spend)
        .on_conflict_do_update(
            index_elements=["contact_id", "act"],
            set_={"opened_at": at, "spent": spent},
            where=or_(ChannelWindow.opened_at < at, same & (ChannelWindow.spent < most)),
        )
        .returning(ChannelWindow.spent)
    )
    return counted is not None
