"""Visits on the worklist: whom this office must tell in person, and what exactly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import Role, Visit
from models.procedure import TOWN_CLERK, TOWN_HEAD, VILLAGE
from services import visits
from services.acting import Acting
from services.telling_kinds import kind
from services.telling_ways import slots_of
from services.worklist import Item, source
from wording import load_book

KNOCK: frozenset[Role] = VILLAGE | TOWN_CLERK | TOWN_HEAD
"""Who tells people in person."""


@source
class Visits:
    """The open visits of this very office."""

    kind = "visits"

    def items(self, session: Session, acting: Acting, now: datetime, limit: int) -> Sequence[Item]:
        if acting.role not in KNOCK or acting.region is None:
            return ()
        return [
            Item(
                self.kind,
                "visit.work_from_village" if one.handed_up_at else "visit.work",
                {"name": one.person.name, "village": place(one)},
                one.due_on,
                "console.visit",
                {"key": one.id},
            )
            for one in visits.waiting(session, acting.region, limit=limit, own=True)
        ]


def words(visit: Visit) -> str:
    """What is to be said, in the words that the chat would have had."""
    message = visit.message
    return load_book().text(kind(message.kind).phrase, "wechat", **slots_of(message))


def place(visit: Visit) -> str:
    """The village where the person lives."""
    home = visit.message.region
    return home.name if home is not None else ""
