"""Making out who gets a broadcast: one INSERT … SELECT a chunk, along the people's keys.

The people never pass through this process: its memory is flat however many they are. The cursor
moves in the chunk's own transaction, so that a process that dies goes on where it was; a person
stands in the list once by its key.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Select, exists, literal, select
from sqlalchemy.orm import Session

from models import Broadcast, BroadcastAct, BroadcastRecipient, BroadcastState, Person
from models.upserting import upserting
from services.acting import CLOCK
from services.broadcasts import audience as audiences
from services.broadcasts import followers
from services.broadcasts.audience import Who
from services.broadcasts.writing import log, step
from services.telling_kinds import kind

CHUNK = 20_000
"""People looked at in one transaction: a fraction of a second."""
SWEEP_EVERY = timedelta(minutes=30)


def to_start(session: Session, now: datetime, *, limit: int = 10) -> Sequence[Broadcast]:
    """Approved broadcasts whose time has come."""
    due = select(Broadcast).where(
        Broadcast.state == BroadcastState.APPROVED, Broadcast.scheduled_at <= now
    )
    return session.scalars(due.order_by(Broadcast.scheduled_at).limit(limit)).all()


def start(session: Session, broadcast: Broadcast, now: datetime) -> None:
    """Begin: from now on people are made out and told."""
    step(session, broadcast, BroadcastAct.START)
    broadcast.started_at = broadcast.swept_at = now
    log(session, "broadcast.start", broadcast, CLOCK, now)
    session.flush()


def to_expand(session: Session) -> Sequence[Broadcast]:
    """Broadcasts whose people are not all made out."""
    unfinished = select(Broadcast).where(
        Broadcast.state == BroadcastState.SENDING, Broadcast.expanded_at.is_(None)
    )
    return session.scalars(unfinished.order_by(Broadcast.started_at)).all()


def expand(session: Session, broadcast: Broadcast, now: datetime, *, chunk: int = CHUNK) -> bool:
    """Make out the next chunk of people; False when that was the end. The caller has the row
    locked. Staff, and people of a list, are known already."""
    who = audiences.read(broadcast.audience).who
    last = None if who in (Who.STAFF, Who.LISTED) else _last(session, broadcast, chunk)
    if last is not None:
        _insert(session, broadcast, _after(broadcast).where(Person.id <= last))
        broadcast.cursor = last
    elif not followers.expand(session, broadcast, chunk=chunk):
        broadcast.expanded_at = now
    session.flush()
    return broadcast.expanded_at is None


def to_sweep(session: Session, now: datetime) -> Sequence[Broadcast]:
    """Broadcasts that are worth looking at for people missed: expanded, and their words still
    hold."""
    found = select(Broadcast).where(
        Broadcast.state.in_((BroadcastState.SENDING, BroadcastState.DONE)),
        Broadcast.expanded_at.is_not(None),
        Broadcast.swept_at <= now - SWEEP_EVERY,
        Broadcast.started_at > now - timedelta(days=30),
    )
    return [one for one in session.scalars(found) if now < _ends(one)]


def sweep(session: Session, broadcast: Broadcast, now: datetime, *, chunk: int = CHUNK) -> int:
    """Add who belongs to the audience and is not in the list: joined meanwhile, or lost. How
    many, at most a chunk: as many again, and there may be more."""
    broadcast.swept_at = now
    if audiences.read(broadcast.audience).who in (Who.STAFF, Who.LISTED):
        return 0
    missed = ~exists().where(
        BroadcastRecipient.broadcast_id == broadcast.id, BroadcastRecipient.person_id == Person.id
    )
    added = _insert(session, broadcast, audiences.people(broadcast).where(missed).limit(chunk))
    added += followers.sweep(session, broadcast, chunk=chunk)
    if added and broadcast.state == BroadcastState.DONE:
        step(session, broadcast, BroadcastAct.FIND_MORE)
        broadcast.ended_at = None
    if added:
        log(session, "broadcast.missed", broadcast, CLOCK, now, people=added)
    session.flush()
    return added


def _ends(broadcast: Broadcast) -> datetime:
    assert broadcast.started_at is not None
    return broadcast.started_at + timedelta(days=kind(broadcast.kind).valid_days)


def _after(broadcast: Broadcast) -> Select[tuple[uuid.UUID]]:
    people = audiences.people(broadcast)
    return people if broadcast.cursor is None else people.where(Person.id > broadcast.cursor)


def _last(session: Session, broadcast: Broadcast, chunk: int) -> uuid.UUID | None:
    """The key of the chunk's last person; None where there is nobody any more."""
    some = _after(broadcast).order_by(Person.id).limit(chunk).subquery()
    return session.scalar(select(some.c.id).order_by(some.c.id.desc()).limit(1))


def _insert(session: Session, broadcast: Broadcast, people: Select[tuple[uuid.UUID]]) -> int:
    rows = people.with_only_columns(
        literal(broadcast.id, BroadcastRecipient.broadcast_id.type), Person.id, Person.village_id
    )
    table = upserting(session).insert(BroadcastRecipient.__table__)
    made: CursorResult[Any] = session.execute(  # type: ignore[assignment]  # of an INSERT
        table.from_select(
            ["broadcast_id", "person_id", "region_id"], rows
        ).on_conflict_do_nothing(),
        execution_options={"preserve_rowcount": True},
    )
    return made.rowcount
