"""Whom a broadcast reached: told by what, read where that is known, failed and why, still to be
visited, village by village."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Case, Select, case, exists, func, select
from sqlalchemy.orm import Session

from models import (
    Broadcast,
    BroadcastRecipient,
    Contact,
    Conversation,
    Delivery,
    Message,
    MessageState,
    Region,
)
from models.messages import Visit
from models.telling import DeliveryState
from services import failures
from services.broadcasts import audience as audiences
from services.broadcasts import followers, mass, mass_reports
from services.broadcasts.audience import Who
from services.broadcasts.recall import cause_of

SORTS = (
    "mass",
    "wechat",
    "sms",
    "visited",
    "under_way",
    "to_visit",
    "unreached",
    "withdrawn",
    "waiting",
)
"""What can have become of one recipient; each is counted in exactly one."""
TOLD = frozenset({"mass", "wechat", "sms", "visited"})
CODE_ENDS = 19
"""`minute_quota: 45011` is the longest beginning with a code."""


@dataclass
class Line:
    """One village: how many of each sort; `read` of those who were told."""

    place: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SORTS, 0))
    read: int = 0

    @property
    def people(self) -> int:
        return sum(self.counts.values())

    @property
    def told(self) -> int:
        return sum(self.counts[sort] for sort in TOLD)

    @property
    def told_percent(self) -> int:
        return self.told * 100 // self.people if self.people else 0


@dataclass(frozen=True)
class Reach:
    """The whole report. `left_out`: people who were made out and live elsewhere by now. `reasons`:
    channel, sort of what it said of what failed (`failures`), how many, the most frequent first.
    `mass`: what became of the mass message; `followers`: those without a name, by the way they had
    it."""

    total: Line
    lines: Sequence[Line]
    left_out: int
    reasons: Sequence[tuple[str, str, int]]
    mass: mass_reports.News | None
    followers: Mapping[str, int]


def report(session: Session, broadcast: Broadcast) -> Reach:
    """How far a broadcast has come, in a constant number of statements."""
    lines: dict[int | None, Line] = {}
    total = Line("")
    for region_id, sort, people, read in session.execute(_rows(broadcast)):
        line = lines.setdefault(region_id, Line(""))
        for one in (line, total):
            one.counts[sort] += people
            one.read += read
    _add_staff(session, broadcast, lines, total)
    names = _places(session, [key for key in lines if key is not None])
    for key, line in lines.items():
        line.place = names.get(key, "") if key is not None else ""
    return Reach(
        total=total,
        lines=sorted(lines.values(), key=lambda line: line.place),
        left_out=_left_out(session, broadcast),
        reasons=_reasons(session, broadcast),
        mass=mass_reports.news(session, broadcast),
        followers=followers.ways(session, broadcast),
    )


def sort_of_message() -> Case[str]:
    """What became of a message, as one of `SORTS`."""
    told = Message.state.in_((MessageState.TOLD, MessageState.READ))
    to_visit = exists().where(
        Visit.message_id == Message.id, Visit.done_at.is_(None), Visit.withdrawn_at.is_(None)
    )
    return case(
        (Message.id.is_(None), "waiting"),
        (to_visit, "to_visit"),
        (told & (Message.channel == "visit"), "visited"),
        (told & (Message.channel == "sms"), "sms"),
        (told & (Message.channel == mass.CHANNEL), "mass"),
        (told, "wechat"),
        (Message.state == MessageState.UNREACHED, "unreached"),
        (Message.state == MessageState.WITHDRAWN, "withdrawn"),
        else_="under_way",
    )


def _has_read() -> Case[int]:
    """1 where they wrote to us after it had arrived, or were told to their face."""
    wrote = exists().where(
        Contact.person_id == Message.person_id,
        Conversation.contact_id == Contact.id,
        Conversation.turned_at > Message.told_at,
    )
    return case((Message.state == MessageState.READ, 1), (wrote, 1), else_=0)


def _rows(broadcast: Broadcast) -> Select[tuple[int | None, str, int, int]]:
    each = (
        select(
            BroadcastRecipient.region_id.label("region_id"),
            sort_of_message().label("sort"),
            _has_read().label("has_read"),
        )
        .outerjoin(Message, Message.id == BroadcastRecipient.message_id)
        .where(
            BroadcastRecipient.broadcast_id == broadcast.id, BroadcastRecipient.dropped.is_(None)
        )
        .subquery()
    )
    return select(each.c.region_id, each.c.sort, func.count(), func.sum(each.c.has_read)).group_by(
        each.c.region_id, each.c.sort
    )


def _add_staff(
    session: Session, broadcast: Broadcast, lines: dict[int | None, Line], total: Line
) -> None:
    """Staff stand in no list: their messages name the broadcast."""
    if audiences.read(broadcast.audience).who is not Who.STAFF:
        return
    each = (
        select(sort_of_message().label("sort"))
        .select_from(Message)
        .where(
            Message.kind == broadcast.kind,
            Message.cause == cause_of(broadcast),
            Message.staff_id.is_not(None),
        )
        .subquery()
    )
    rows = session.execute(select(each.c.sort, func.count()).group_by(each.c.sort))
    for sort, people in rows.tuples():
        line = lines.setdefault(None, Line(""))
        line.counts[sort] += people
        total.counts[sort] += people


def _places(session: Session, keys: Sequence[int]) -> dict[int, str]:
    found = session.scalars(select(Region).where(Region.id.in_(keys)))
    return {one.id: f"{one.parent.name if one.parent else ''}{one.name}" for one in found}


def _left_out(session: Session, broadcast: Broadcast) -> int:
    asked = select(func.count()).where(
        BroadcastRecipient.broadcast_id == broadcast.id, BroadcastRecipient.dropped.is_not(None)
    )
    return session.scalar(asked) or 0


def _reasons(session: Session, broadcast: Broadcast) -> Sequence[tuple[str, str, int]]:
    """(channel, why as `failures.sort_of` says, how many) of the deliveries that failed."""
    # The code alone: WeChat ends what it says with a number of its own for every call.
    said = case(
        (Delivery.channel != "sms", func.substr(Delivery.error, 1, CODE_ENDS)),
        else_=Delivery.error,
    ).label("said")
    rows = session.execute(
        select(Delivery.channel, said, func.count())
        .join(BroadcastRecipient, BroadcastRecipient.message_id == Delivery.message_id)
        .where(
            BroadcastRecipient.broadcast_id == broadcast.id,
            Delivery.state == DeliveryState.FAILED,
        )
        .group_by(Delivery.channel, said)
    )
    counted: Counter[tuple[str, str]] = Counter()
    for channel, error, number in rows.tuples():
        counted[channel, failures.sort_of(error)] += number
    return [(*why, number) for why, number in counted.most_common()]
