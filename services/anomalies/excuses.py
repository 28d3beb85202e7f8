"""What speaks for a worker who never writes: paper and people instead of a phone (F-13,
requirements 3.4: the sheet of those without a phone counts, and is looked at more often)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Attachment, AttendanceDay, AttendanceEvent, EventKind, SpotCheck
from models.anomalies import BAD
from rules import parameters
from services.anomalies.found import Span

E = AttendanceEvent


def of(session: Session, ids: Collection[uuid.UUID], span: Span) -> frozenset[uuid.UUID]:
    """Who of these is excused for a span: the last visit found them in order, or, where none found
    anything wrong, nearly all their counted days stand on sheets that were photographed."""
    if not ids:
        return frozenset()
    terms = parameters.in_force_or_first("anomaly.excuses", span.last).value
    met = _met(session, ids, span.last, int(terms["visit_days"]))
    good = {key for key, is_good in met.items() if is_good}
    on_paper = _on_paper(session, ids, span, int(terms["sheet_percent"]))
    return frozenset(good | (on_paper - met.keys()))


def on_sheets(session: Session, since: date) -> frozenset[uuid.UUID]:
    """Whoever was seen on a paper sheet since a day."""
    asked = select(E.engagement_id).where(E.kind == EventKind.SHEET, E.day_on >= since).distinct()
    return frozenset(session.scalars(asked))


def _met(
    session: Session, ids: Collection[uuid.UUID], last: date, within: int
) -> dict[uuid.UUID, bool]:
    """Worker → whether the last visit of the days before `last` found them in order."""
    visits = session.execute(
        select(SpotCheck.engagement_id, SpotCheck.finding)
        .where(
            SpotCheck.engagement_id.in_(ids),
            SpotCheck.done_on.between(last - timedelta(days=within), last),
        )
        .order_by(SpotCheck.done_on, SpotCheck.done_at)
    )
    return {key: finding not in BAD for key, finding in visits}


def _on_paper(
    session: Session, ids: Collection[uuid.UUID], span: Span, percent: int
) -> set[uuid.UUID]:
    """Whose counted days have a photographed sheet each; one photo stands for one day."""
    photos = dict(
        session.execute(
            select(E.engagement_id, func.count(Attachment.sha256.distinct()))
            .join(Attachment, E.attachment_id == Attachment.id)
            .where(E.engagement_id.in_(ids), E.kind == EventKind.SHEET,
                   E.day_on.between(span.first, span.last))
            .group_by(E.engagement_id)
        )
        .tuples()
        .all()
    )  # fmt: skip
    counted = session.execute(
        select(AttendanceDay.engagement_id, func.count())
        .where(
            AttendanceDay.engagement_id.in_(ids),
            AttendanceDay.counted,
            AttendanceDay.planned,
            AttendanceDay.day_on.between(span.first, span.last),
        )
        .group_by(AttendanceDay.engagement_id)
    )
    return {key for key, days in counted if 100 * photos.get(key, 0) >= percent * days}
