"""Places that somebody left: which are free, which were reported too late, and what was approved
for days after the last one (2.7, F-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from models import ClawBack, Engagement, Post, Region, SubsidyRecord, Vacancy
from services.pay import claw_backs
from services.staff import area


@dataclass(frozen=True)
class Free:
    """A vacancy, and what was approved for days after the last one, in fen."""

    vacancy: Vacancy
    owed_fen: int


def latest(session: Session, region: Region, limit: int = 100) -> list[Free]:
    """The vacancies of an area, the newest first, late ones among them."""
    rows = session.scalars(_asked(region).order_by(Vacancy.id.desc()).limit(limit))
    return [_free(session, row) for row in rows]


def to_claw_back(session: Session, region: Region, limit: int = 100) -> list[Free]:
    """Where money was approved for days after somebody's last day, and nobody has claimed it."""
    paid_after = exists().where(
        SubsidyRecord.engagement_id == Vacancy.engagement_id,
        SubsidyRecord.month_on > Vacancy.left_on,
    )
    claimed = exists().where(ClawBack.engagement_id == Vacancy.engagement_id)
    rows: Sequence[Vacancy] = session.scalars(
        _asked(region)
        .where(or_(Vacancy.late_at.is_not(None), paid_after), ~claimed)
        .order_by(Vacancy.id)
        .limit(limit)
    ).all()
    return [free for free in (_free(session, row) for row in rows) if free.owed_fen > 0]


def _free(session: Session, vacancy: Vacancy) -> Free:
    owed = claw_backs.owed_after(session, vacancy.engagement, vacancy.left_on)
    return Free(vacancy, owed)


def _asked(region: Region) -> Select[tuple[Vacancy]]:
    return (
        select(Vacancy)
        .join(Vacancy.post)
        .join(Post.region)
        .where(area(region), Vacancy.void_at.is_(None))
        .options(
            joinedload(Vacancy.engagement).joinedload(Engagement.person),
            joinedload(Vacancy.post).joinedload(Post.region),
        )
    )
