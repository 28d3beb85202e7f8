"""What the clock does for broadcasts: begin, make out their people, hand them over, look for those
missed, take back what was called back. A transaction for each piece, the broadcast's row locked.

A crowd has time, and whoever checks in meanwhile has not: a piece is cut so that it takes about
`PIECE_SECONDS`, and after it the clock rests for longer than it took. On SQLite, where one
writes at a time, that is what lets the webhook in between.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Broadcast, BroadcastState
from scheduler.works import RUN_SECONDS, Works
from services.broadcasts import expansion, recall, release

Piece = Callable[[Session, Broadcast, datetime, int], bool]
"""One piece of work on a locked broadcast, of at most so many people; whether there is more."""
PIECE_SECONDS = 0.02
RESTS = 2
"""Times as long as a piece took."""
FIRST, LEAST, MOST = 50, 10, 20_000
"""People in the first piece of a run, and in the smallest and the largest one."""


def has_broadcasts(works: Works) -> bool:
    """Whether a broadcast's time has come, or one is on its way or was called back."""
    with works.reading() as session:
        now = works.clock.now(session)
        return bool(
            expansion.to_start(session, now, limit=1)
            or release.to_release(session)
            or recall.leftovers(session, now, limit=1)
        )


def send_broadcasts(works: Works) -> int:
    """Go on with every broadcast, for a while; how many pieces of work that was."""
    done = 0
    for which, piece in (
        (expansion.to_start, _start),
        (recall.leftovers, _take_back),
        (_to_expand, _expand),
        (_to_release, _release),
    ):
        done += _each(works, which, piece)
    return done


def has_unswept(works: Works) -> bool:
    """Whether somebody may have been missed for half an hour."""
    with works.reading() as session:
        return bool(expansion.to_sweep(session, works.clock.now(session)))


def sweep_broadcasts(works: Works) -> int:
    """Look for people who belong to an audience and are not in its list."""
    return _each(works, expansion.to_sweep, _sweep)


def _each(
    works: Works, which: Callable[[Session, datetime], Sequence[Broadcast]], piece: Piece
) -> int:
    done, size, until = 0, FIRST, time.monotonic() + RUN_SECONDS
    with works.reading() as session:
        keys = [one.id for one in which(session, works.clock.now(session))]
    for key in keys:
        more = True
        while more and time.monotonic() < until and not works.stopping.is_set():
            began = time.monotonic()
            with works.sessions.begin() as session:
                more = _locked(session, key, piece, works.clock.now(session), size)
            took = time.monotonic() - began
            size = size_after(size, took)
            done += 1
            if more:
                works.stopping.wait(RESTS * took)
    return done


def size_after(size: int, took: float) -> int:
    """How many people the next piece should have, after one of `size` took so many seconds: towards
    `PIECE_SECONDS`, at most twice or half as many as before."""
    fits = int(size * PIECE_SECONDS / took) if took else 2 * size
    return max(LEAST, min(MOST, 2 * size, max(size // 2, fits)))


def _locked(session: Session, key: uuid.UUID, piece: Piece, now: datetime, size: int) -> bool:
    """Nobody pauses it or goes on with it meanwhile; another clock's is left to that clock."""
    held = select(Broadcast).where(Broadcast.id == key)
    broadcast = session.scalars(held.with_for_update(skip_locked=True, of=Broadcast)).first()
    return broadcast is not None and piece(session, broadcast, now, size)


def _start(session: Session, broadcast: Broadcast, now: datetime, _size: int) -> bool:
    if broadcast.state == BroadcastState.APPROVED:
        expansion.start(session, broadcast, now)
    return False


def _take_back(session: Session, broadcast: Broadcast, now: datetime, size: int) -> bool:
    called_back = broadcast.state in recall.CALLED_BACK
    return called_back and recall.take_back(session, broadcast, now, chunk=size) > 0


def _to_expand(session: Session, _now: datetime) -> Sequence[Broadcast]:
    return expansion.to_expand(session)


def _expand(session: Session, broadcast: Broadcast, now: datetime, size: int) -> bool:
    sends = broadcast.state == BroadcastState.SENDING
    return sends and expansion.expand(session, broadcast, now, chunk=size)


def _to_release(session: Session, _now: datetime) -> Sequence[Broadcast]:
    return release.to_release(session)


def _release(session: Session, broadcast: Broadcast, now: datetime, size: int) -> bool:
    if broadcast.state != BroadcastState.SENDING or not release.has_room(session, broadcast):
        return False
    return release.release(session, broadcast, now, chunk=min(size, release.CHUNK)) > 0


def _sweep(session: Session, broadcast: Broadcast, now: datetime, size: int) -> bool:
    return expansion.sweep(session, broadcast, now, chunk=size) > 0
