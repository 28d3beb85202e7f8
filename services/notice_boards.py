"""The paper on the boards: a photo with its day from every village and the town (2.6, F-14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from models import BoardPhoto, PublicNotice, PublicNoticeItem, Region, Role
from services import attachments, notice_paper
from services.acting import Acting, covers
from services.attachments import Upload
from services.clock import business_date
from services.deadlines import working_deadline
from services.guards import Obstacle
from services.procedure import Hindered

HANGERS = frozenset({Role.VILLAGE_CLERK, Role.VILLAGE_HEAD, Role.TOWN_CLERK, Role.TOWN_HEAD})


@dataclass(frozen=True)
class Board:
    """One place where the paper must hang; `photo` is None until it has been shown."""

    region: Region
    photo: BoardPhoto | None
    due_on: date | None


def boards(session: Session, notice: PublicNotice) -> tuple[Board, ...]:
    """Every board of a published notice, with its newest photo."""
    return _boards(notice, _photos(session, [notice]))


def _boards(
    notice: PublicNotice, photos: Mapping[tuple[int, int], BoardPhoto]
) -> tuple[Board, ...]:
    if notice.posted_on is None:
        return ()
    due_on = working_deadline("notice.board_photo_days", notice.posted_on)
    return tuple(
        Board(region, photos.get((notice.id, region.id)), due_on)
        for region in notice_paper.boards(notice)
    )


def _photos(session: Session, notices: Sequence[PublicNotice]) -> dict[tuple[int, int], BoardPhoto]:
    """The newest photo by notice and place."""
    photos = session.scalars(
        select(BoardPhoto)
        .where(BoardPhoto.notice_id.in_([notice.id for notice in notices]))
        .order_by(BoardPhoto.id)
    )
    return {(photo.notice_id, photo.region_id): photo for photo in photos}


def show(  # noqa: PLR0913 - which board, when, what, who
    session: Session,
    notice: PublicNotice,
    *,
    region: Region,
    hung_on: date,
    upload: Upload | None,
    acting: Acting,
    now: datetime,
) -> BoardPhoto:
    """Keep the photo of the paper on a board. The day is the one on the photo."""
    if acting.role not in HANGERS:
        raise Hindered("board_photo", (Obstacle("obstacle.not_your_role"),))
    if not covers(acting.region, region) or region not in notice_paper.boards(notice):
        raise Hindered("board_photo", (Obstacle("obstacle.not_your_place"),))
    if notice.posted_on is None:
        raise Hindered("board_photo", (Obstacle("notice.not_published"),))
    if not notice.posted_on <= hung_on <= business_date(now):
        raise Hindered("board_photo", (Obstacle("notice.board_day", _days(notice, now)),))
    subject = ("public_notice", notice.id)
    kept = attachments.attach(
        session, upload, subject=subject, kind="board", acting=acting, now=now
    )
    assert acting.staff is not None
    photo = BoardPhoto(
        notice_id=notice.id,
        region=region,
        hung_on=hung_on,
        attachment_id=kept.id,
        recorded_by_id=acting.staff.id,
        recorded_at=now,
    )
    session.add(photo)
    session.flush()
    return photo


def lacking(session: Session, place: Region, now: datetime) -> list[tuple[PublicNotice, Board]]:
    """The boards of a place, and of all under it, whose photo has not come: for the worklist."""
    today = business_date(now)
    under = select(Region.id).where(Region.path.startswith(place.path))
    hanging = _hanging(session, under, today)
    photos = _photos(session, hanging)
    return [
        (notice, board)
        for notice in hanging
        for board in _boards(notice, photos)
        if board.photo is None and board.region.path.startswith(place.path)
    ]


def _hanging(session: Session, under: object, today: date) -> Sequence[PublicNotice]:
    names = PublicNotice.items.any(PublicNoticeItem.village_id.in_(under))  # type: ignore[arg-type]
    own = PublicNotice.region_id.in_(under)  # type: ignore[arg-type]
    return session.scalars(
        select(PublicNotice)
        .where(
            names | own,
            PublicNotice.posted_on <= today,
            PublicNotice.last_on >= today,
            PublicNotice.taken_down_at.is_(None),
        )
        .options(
            joinedload(PublicNotice.region),
            selectinload(PublicNotice.items).joinedload(PublicNoticeItem.village),
        )
        .order_by(PublicNotice.id)
    ).all()


def _days(notice: PublicNotice, now: datetime) -> dict[str, str]:
    assert notice.posted_on is not None
    return {"from_on": notice.posted_on.isoformat(), "to_on": business_date(now).isoformat()}
