"""Who lets a broadcast out, and who calls it back.

Somebody else than any of its writers agrees. Pausing and stopping take back what is queued; what
left the house has left it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import AuditEntry, Broadcast, BroadcastAct, Role
from services.acting import Acting
from services.broadcasts import audience as audiences
from services.broadcasts.recall import take_back
from services.broadcasts.writing import MAKERS, log, may, obstacles, step
from services.guards import Obstacle
from services.procedure import Hindered

APPROVERS = frozenset({Role.TOWN_HEAD, Role.DISTRICT_APPROVER})
WRITING = ("broadcast.draft", "broadcast.edit", "broadcast.list")
REASON_LENGTH = 255


def submit(session: Session, broadcast: Broadcast, acting: Acting, now: datetime) -> None:
    """The writer is done. Raises `Hindered` for words that may not leave or an empty audience."""
    may(acting, broadcast.region, MAKERS)
    if found := obstacles(session, broadcast, now):
        raise Hindered("broadcast.submit", found)
    step(session, broadcast, BroadcastAct.SUBMIT)
    broadcast.expected = audiences.count(session, broadcast, now)
    broadcast.reason = ""
    log(session, "broadcast.submit", broadcast, acting, now, people=broadcast.expected)


def approve(
    session: Session, broadcast: Broadcast, at: datetime, acting: Acting, now: datetime
) -> None:
    """Agree that it leaves at `at`. Nobody agrees to words that they wrote or changed."""
    may(acting, broadcast.region, APPROVERS)
    if wrote(session, broadcast, acting):
        raise Hindered("broadcast.approve", (Obstacle("broadcast.own_words"),))
    if found := obstacles(session, broadcast, now):
        raise Hindered("broadcast.approve", found)
    step(session, broadcast, BroadcastAct.APPROVE)
    broadcast.expected = audiences.count(session, broadcast, now)
    broadcast.approved_by_id = acting.staff.id if acting.staff else None
    broadcast.approved_at, broadcast.scheduled_at = now, max(at, now)
    log(session, "broadcast.approve", broadcast, acting, now,
        people=broadcast.expected, scheduled_at=broadcast.scheduled_at.isoformat())  # fmt: skip
    session.flush()


def give_back(
    session: Session, broadcast: Broadcast, why: str, acting: Acting, now: datetime
) -> None:
    """Give it back to its writer, saying why."""
    may(acting, broadcast.region, APPROVERS)
    _with_reason(session, broadcast, BroadcastAct.RETURN, why, acting, now)


def discard(session: Session, broadcast: Broadcast, acting: Acting, now: datetime) -> None:
    """Give it up before anything left."""
    may(acting, broadcast.region, MAKERS)
    step(session, broadcast, BroadcastAct.DISCARD)
    broadcast.ended_at = now
    log(session, "broadcast.discard", broadcast, acting, now)


def pause(session: Session, broadcast: Broadcast, why: str, acting: Acting, now: datetime) -> int:
    """Let nothing more leave for now; how many were taken back from the queue."""
    may(acting, broadcast.region, MAKERS)
    _with_reason(session, broadcast, BroadcastAct.PAUSE, why, acting, now)
    return take_back(session, broadcast, now)


def resume(session: Session, broadcast: Broadcast, acting: Acting, now: datetime) -> None:
    """Go on where it was paused. Whoever wrote it may pause it; going on is agreed to again."""
    may(acting, broadcast.region, APPROVERS)
    step(session, broadcast, BroadcastAct.RESUME)
    broadcast.reason = ""
    log(session, "broadcast.resume", broadcast, acting, now)


def stop(session: Session, broadcast: Broadcast, why: str, acting: Acting, now: datetime) -> int:
    """End it for good: what waits is withdrawn, nobody knocks any more. How many that was."""
    may(acting, broadcast.region, MAKERS)
    _with_reason(session, broadcast, BroadcastAct.STOP, why, acting, now)
    broadcast.ended_at = now
    return take_back(session, broadcast, now)


def wrote(session: Session, broadcast: Broadcast, acting: Acting) -> bool:
    """Whether this person wrote or changed any of it."""
    theirs = select(AuditEntry.id).where(
        AuditEntry.subject_kind == "broadcast",
        AuditEntry.subject_id == str(broadcast.id),
        AuditEntry.actor == acting.name,
        AuditEntry.act.in_(WRITING),
    )
    return session.scalar(theirs.limit(1)) is not None


def _with_reason(
    session: Session,
    broadcast: Broadcast,
    act: BroadcastAct,
    why: str,
    acting: Acting,
    now: datetime,
) -> None:
    if not why.strip():
        raise Hindered(f"broadcast.{act}", (Obstacle("broadcast.reason_needed"),))
    step(session, broadcast, act)
    broadcast.reason = why.strip()[:REASON_LENGTH]
    log(session, f"broadcast.{act}", broadcast, acting, now, why=broadcast.reason)
