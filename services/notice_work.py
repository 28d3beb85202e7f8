"""What reviews, notices and objections put on the worklists: one source for each (`worklist`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Objection, PublicNotice, Region, Review, Role
from models.talk import TicketLevel
from services import notice_boards, objections
from services.acting import Acting
from services.clock import business_date
from services.deadlines import working_deadline
from services.notice_boards import HANGERS
from services.objections import HANDLERS
from services.public_notices import MAKERS
from services.reviews import KEEPERS
from services.staff import area
from services.worklist import NEVER, Item, source


@source
class Reviews:
    """Meetings that were planned and are not closed."""

    kind = "reviews"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in KEEPERS or acting.region is None:
            return ()
        open_ones = session.scalars(
            select(Review)
            .join(Region, Review.village_id == Region.id)
            .where(area(acting.region), Review.closed_at.is_(None))
            .order_by(Review.held_on)
            .limit(limit)
        )
        return [
            Item(
                self.kind,
                "work.review_open",
                {"village": one.village.name, "held_on": one.held_on.isoformat()},
                one.held_on,
                "console.review",
                {"key": one.id},
            )
            for one in open_ones
        ]


@source
class Notices:
    """Drafts that wait for the head, and boards that wait for their photo."""

    kind = "notices"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.region is None:
            return ()
        found: list[Item] = []
        if acting.role in MAKERS:
            found += self._drafts(session, acting.region, limit)
        if acting.role in HANGERS:
            found += self._boards(session, acting.region, now)
        return _by_date(found)[:limit]

    def _drafts(self, session: Session, place: Region, limit: int) -> list[Item]:
        drafts = session.scalars(
            select(PublicNotice)
            .join(Region, PublicNotice.region_id == Region.id)
            .where(
                area(place),
                PublicNotice.published_at.is_(None),
                PublicNotice.withdrawn_at.is_(None),
                PublicNotice.scheduled_at.is_(None),
            )
            .order_by(PublicNotice.id)
            .limit(limit)
        )
        return [
            Item(
                self.kind,
                "work.notice_draft",
                {"title": one.title},
                None,
                "console.notice",
                {"code": one.code},
            )
            for one in drafts
        ]

    def _boards(self, session: Session, place: Region, now: datetime) -> list[Item]:
        return [
            Item(
                self.kind,
                "work.board_photo",
                {"title": notice.title, "place": board.region.name},
                board.due_on,
                "console.notice",
                {"code": notice.code},
            )
            for notice, board in notice_boards.lacking(session, place, now)
        ]


@source
class Objections:
    """Objections that wait for somebody to say whom they concern, for findings, for a decision."""

    kind = "objections"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in HANDLERS or acting.region is None:
            return ()
        found = [
            Item(
                self.kind,
                "work.objection_loose",
                {"number": ticket.number},
                working_deadline("complaint.acknowledge_days", business_date(ticket.opened_at)),
                "console.objection_list",
            )
            for ticket in objections.unassigned(session, acting.region)
        ]
        found += [
            Item(
                self.kind,
                "work.objection_decide" if one.findings else "work.objection_check",
                {"name": one.item.name, "number": one.ticket.number if one.ticket else ""},
                one.due_on,
                "console.objection",
                {"key": one.id},
            )
            for one in objections.waiting(session, acting.region)
            if _is_theirs(one, acting, business_date(now))
        ]
        return _by_date(found)[:limit]


def _is_theirs(objection: Objection, acting: Acting, today: date) -> bool:
    """The town's are the town's work; the district reads them, and is called when one is late."""
    if acting.role is not Role.DISTRICT_CLERK:
        return True
    is_late = objection.due_on is not None and objection.due_on < today
    return is_late or (
        objection.ticket is not None and objection.ticket.level == TicketLevel.DISTRICT
    )


def _by_date(items: list[Item]) -> list[Item]:
    return sorted(items, key=lambda item: item.due_on or NEVER)
