"""The public notice: published, over, and whether somebody objects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import (
    Objection,
    PublicNotice,
    PublicNoticeItem,
    Ticket,
)
from models.talk import TicketKind
from services.clock import business_date
from services.guards.scene import HOLDS, Obstacle, Scene, exists, guard, obstacle_unless


@guard
def on_published_notice(scene: Scene) -> tuple[Obstacle, ...]:
    notice = _notice(scene)
    hangs = notice and notice.published_at and notice.withdrawn_at is None
    return obstacle_unless(hangs, "no_notice")


@guard
def objection_open(scene: Scene) -> tuple[Obstacle, ...]:
    return obstacle_unless(_open_objections(scene), "no_objection")


@guard
def no_open_objection(scene: Scene) -> tuple[Obstacle, ...]:
    """None against this person; and none against the notice of which nobody has said yet whom it
    concerns: it may be this one (R-3.4e)."""
    if _open_objections(scene):
        return (Obstacle("obstacle.objection_open"),)
    return (Obstacle("objections.unassigned"),) if _unassigned_objections(scene) else HOLDS


@guard
def findings_written(scene: Scene) -> tuple[Obstacle, ...]:
    """Every objection has its findings and its decision, and both sides can be answered."""
    undecided = _objections(scene).where(
        (Objection.findings.is_(None)) | (Objection.decided_at.is_(None))
    )
    return obstacle_unless(not exists(scene, undecided), "findings_lacking")


@guard
def notice_over(scene: Scene) -> tuple[Obstacle, ...]:
    """The last day has ended at 24:00 in Shanghai (requirements 2.6)."""
    notice = _notice(scene)
    over = (
        notice is not None
        and notice.last_on is not None
        and notice.last_on < business_date(scene.now)
        and notice.withdrawn_at is None
    )
    return obstacle_unless(over, "notice_runs")


def _notice(scene: Scene) -> PublicNotice | None:
    key = scene.application.notice_id
    return scene.session.get(PublicNotice, key) if key is not None else None


def _objections(scene: Scene) -> Any:
    return (
        select(Objection.id)
        .join(PublicNoticeItem, Objection.item_id == PublicNoticeItem.id)
        .where(PublicNoticeItem.application_id == scene.application.id)
    )


def _open_objections(scene: Scene) -> bool:
    return scene.once("open objections", lambda: _has_open_objections(scene))


def _has_open_objections(scene: Scene) -> bool:
    return exists(scene, _objections(scene).where(Objection.decided_at.is_(None)))


def _unassigned_objections(scene: Scene) -> bool:
    tickets = select(Ticket.id).where(
        Ticket.notice_id == scene.application.notice_id,
        Ticket.kind == TicketKind.OBJECTION,
        Ticket.closed_at.is_(None),
        ~select(Objection.id).where(Objection.ticket_id == Ticket.id).exists(),
    )
    return scene.application.notice_id is not None and exists(scene, tickets)
