"""Followers whom we know by nothing but their chat: they have not said who they are.

A broadcast to all who subscribed, or one that goes out as a mass message, is for them too. They
have no phone that we know and no door: the mass message, or the chat while their window is open, is
all there is. A list of its own remembers who had it, once each.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, exists, func, literal, select, update
from sqlalchemy.orm import Session

from models import Broadcast, BroadcastFollower, Contact, FollowerWay, Region
from models.telling import Rank
from models.upserting import upserting
from services import chat_windows, outbox
from services.broadcasts import mass
from services.broadcasts.audience import Who, read
from services.broadcasts.recall import cause_of
from services.staff import area
from services.telling_facts import leaves_at
from services.telling_kinds import kind
from services.telling_many_facts import windows_of

WAYS = (FollowerWay.MASS, FollowerWay.CHAT, FollowerWay.NONE)


def found(broadcast: Broadcast) -> Select[tuple[uuid.UUID]]:
    """The contacts for whom it is, without any order. Where a place is not the whole district they
    belong to it by the village whose code they scanned."""
    if not (broadcast.mass or read(broadcast.audience).who is Who.SUBSCRIBED):
        return select(Contact.id).where(Contact.id.is_(None))
    those = select(Contact.id).where(
        Contact.channel == "wechat",
        Contact.person_id.is_(None),
        Contact.followed,
        Contact.opted_out_at.is_(None),
        Contact.quiet_at.is_(None),
    )
    if broadcast.region.parent_id is None:
        return those
    return those.where(Contact.village_hint_id.in_(select(Region.id).where(area(broadcast.region))))


def count(session: Session, broadcast: Broadcast) -> int:
    """How many there are now."""
    return session.scalar(select(func.count()).select_from(found(broadcast).subquery())) or 0


def expand(session: Session, broadcast: Broadcast, *, chunk: int) -> bool:
    """Put the next chunk into the list; False when that was the end."""
    after = found(broadcast)
    if broadcast.follower_cursor is not None:
        after = after.where(Contact.id > broadcast.follower_cursor)
    some = after.order_by(Contact.id).limit(chunk).subquery()
    last = session.scalar(select(some.c.id).order_by(some.c.id.desc()).limit(1))
    if last is None:
        return False
    _insert(session, broadcast, after.where(Contact.id <= last))
    broadcast.follower_cursor = last
    return True


def sweep(session: Session, broadcast: Broadcast, *, chunk: int) -> int:
    """Add who belongs to the list and is not in it; how many, at most a chunk."""
    listed = exists().where(
        BroadcastFollower.broadcast_id == broadcast.id, BroadcastFollower.contact_id == Contact.id
    )
    missed = found(broadcast).where(~listed).limit(chunk)
    number = session.scalar(select(func.count()).select_from(missed.subquery())) or 0
    if number:
        _insert(session, broadcast, missed)
    return number


def release(session: Session, broadcast: Broadcast, now: datetime, *, chunk: int) -> int:
    """Tell the next of them, once it is known whom the mass message reached; how many."""
    waiting = session.scalars(
        select(BroadcastFollower.contact_id)
        .where(BroadcastFollower.broadcast_id == broadcast.id, BroadcastFollower.way.is_(None))
        .order_by(BroadcastFollower.contact_id)
        .limit(chunk)
    ).all()
    still = _still(session, broadcast, waiting)
    reached = mass.reached_among(session, broadcast, [one.id for one in still])
    others = [one for one in still if one.id not in reached]
    by_chat = _chat(session, broadcast, others, now)
    ways = {**dict.fromkeys(by_chat, FollowerWay.CHAT), **dict.fromkeys(reached, FollowerWay.MASS)}
    _write(session, broadcast, [
        {"contact_id": one.id, "delivery_id": by_chat.get(one.id),
         "way": ways.get(one.id, FollowerWay.NONE)}
        for one in still
    ])  # fmt: skip
    _drop(session, broadcast, set(waiting) - {one.id for one in still})
    session.flush()
    return len(waiting)


def ways(session: Session, broadcast: Broadcast) -> dict[str, int]:
    """How many had it by which way; `waiting` for whom it was not their turn yet."""
    rows = session.execute(
        select(BroadcastFollower.way, func.count())
        .where(BroadcastFollower.broadcast_id == broadcast.id)
        .group_by(BroadcastFollower.way)
    )
    counted = {str(way or "waiting"): number for way, number in rows.tuples()}
    return {name: counted.get(name, 0) for name in (*map(str, WAYS), "waiting")}


def _still(session: Session, broadcast: Broadcast, keys: Sequence[uuid.UUID]) -> Sequence[Contact]:
    """Those of them for whom it is still: nobody who left, refused, or said their name since."""
    those = found(broadcast).where(Contact.id.in_(keys)).with_only_columns(Contact)
    return session.scalars(those).all()


def _chat(
    session: Session, broadcast: Broadcast, contacts: Sequence[Contact], now: datetime
) -> dict[uuid.UUID, uuid.UUID]:
    """Contact → delivery, of those whose window is open when it may leave."""
    row = kind(broadcast.kind)
    at, until = leaves_at(row, now), windows_of(session, contacts, now)
    sent = {}
    for contact in contacts:
        ends = until.get(contact.id)
        if ends is None or ends <= at or not chat_windows.spend_window(session, contact, now):
            continue
        delivery = outbox.enqueue(
            session,
            channel="wechat",
            contact=contact,
            key=row.phrase,
            slots=mass.words(broadcast),
            cause=cause_of(broadcast),
            once=f"{cause_of(broadcast)}|{contact.id}",
            now=now,
            due_at=at,
            expires_at=ends,
        )
        delivery.rank = Rank.CROWD
        sent[contact.id] = delivery.id
    session.flush()
    return sent


def _write(session: Session, broadcast: Broadcast, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(
            update(BroadcastFollower), [{"broadcast_id": broadcast.id, **row} for row in rows]
        )


def _drop(session: Session, broadcast: Broadcast, keys: set[uuid.UUID]) -> None:
    if keys:
        session.execute(
            delete(BroadcastFollower).where(
                BroadcastFollower.broadcast_id == broadcast.id,
                BroadcastFollower.contact_id.in_(keys),
            )
        )


def _insert(session: Session, broadcast: Broadcast, those: Select[tuple[uuid.UUID]]) -> None:
    rows = those.with_only_columns(
        literal(broadcast.id, BroadcastFollower.broadcast_id.type),
        Contact.id,
        Contact.village_hint_id,
    )
    names = ["broadcast_id", "contact_id", "region_id"]
    table = upserting(session).insert(BroadcastFollower.__table__)
    session.execute(table.from_select(names, rows).on_conflict_do_nothing())
