"""What somebody else did meanwhile, from the audit trail, for whoever holds an older page."""

from __future__ import annotations

import uuid

from flask import request
from sqlalchemy import select

from console.base import current, say, tell
from console.words import moment, obstacle_words
from models import AuditEntry, Staff
from services.procedure import Hindered


def is_stale(version: int) -> bool:
    """Whether the form that came in was made from an older state."""
    return request.form.get("version") != str(version)


def tell_what_changed(kind: str, key: object) -> None:
    """Say, on the next page, who did what last to this subject."""
    last = (
        current()
        .session.scalars(
            select(AuditEntry)
            .where(
                AuditEntry.subject_kind == kind,
                AuditEntry.subject_id == str(key),
                AuditEntry.act != "console.look",
            )
            .order_by(AuditEntry.id.desc())
            .limit(1)
        )
        .first()
    )
    if last is None:
        tell("console.moved_on", level="warning")
        return
    act = say(f"done.{last.act.replace('.', '_')}")
    tell("done.meanwhile", level="warning", who=_who(last.actor), at=moment(last.at), act=act)


def _who(actor: str) -> str:
    kind, _, key = actor.partition(":")
    member = current().session.get(Staff, uuid.UUID(key)) if kind == "staff" else None
    return member.name if member else say("console.not_staff")


def tell_why_not(hindered: Hindered) -> None:
    """Say everything that stood in the way on the next page."""
    for obstacle in hindered.obstacles:
        tell("done.why_not", level="danger", why=obstacle_words(obstacle))
