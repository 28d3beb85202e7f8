"""By name: whom a broadcast has not told yet, and why, so that somebody can go there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models import Broadcast, BroadcastRecipient, Message, Person, Region
from models.messages import Visit
from services.broadcasts.reach import sort_of_message

SORTS = ("to_visit", "unreached", "under_way", "withdrawn", "waiting")
"""What a recipient who is not told can be; those first for whom somebody has to do something."""


@dataclass(frozen=True)
class Untold:
    """One person. `why`: the ends of `message.why_…` of the channels that did not work, or that are
    not for them. `message_id`, `visit_id`: where their story stands, and the visit."""

    name: str
    town: str
    village: str
    sort: str
    why: Sequence[str]
    message_id: uuid.UUID | None
    visit_id: uuid.UUID | None


def find(session: Session, broadcast: Broadcast, *, sort: str = "", limit: int) -> Sequence[Untold]:
    """Village by village, at most `limit`; of one sort, where it is given."""
    what, town = sort_of_message(), aliased(Region)
    rows = session.execute(
        select(
            Person.name, town.name, Region.name, what, Message.trace, Message.id,
            select(Visit.id).where(Visit.message_id == Message.id).scalar_subquery(),
        )
        .select_from(BroadcastRecipient)
        .join(Person, Person.id == BroadcastRecipient.person_id)
        .outerjoin(Message, Message.id == BroadcastRecipient.message_id)
        .outerjoin(Region, Region.id == BroadcastRecipient.region_id)
        .outerjoin(town, town.id == Region.parent_id)
        .where(
            BroadcastRecipient.broadcast_id == broadcast.id,
            BroadcastRecipient.dropped.is_(None),
            what.in_((sort,) if sort in SORTS else SORTS),
        )
        .order_by(func.coalesce(Region.path, ""), Person.name, Person.id)
        .limit(limit)
    )  # fmt: skip
    return [
        Untold(name, town_name or "", village or "", kind, _whys(trace or ()), message, visit)
        for name, town_name, village, kind, trace, message, visit in rows.tuples()
    ]


def _whys(trace: Sequence[dict[str, str | bool]]) -> Sequence[str]:
    """Each reason once, in the order in which the ways were looked at. A way that was taken and
    failed stands under its own name: there is one after it."""
    return list(dict.fromkeys(str(one["why"]) for one in trace if one["why"] != "tried"))
