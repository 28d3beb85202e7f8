"""The one mass message of a broadcast: handed to WeChat when the tag of its place is in step, heard
of by WeChat's own report, and told apart from those whom it did not reach.

    to_prepare → prepare           one delivery to the tag, with our own clientmsgid
    is_settled                     whether it is known who is told by it; till then nobody else is
    told_among                     of these people, those who need not be told again

Publicity alone goes this way, to everybody or to all who subscribed: what decides something about
somebody is told to that person.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from channels.wechat.errors import Action
from models import (
    Broadcast,
    BroadcastState,
    Contact,
    Delivery,
    MassOutcome,
    MassSend,
    MassTag,
    MassTagMember,
    Region,
)
from models.telling import DeliveryState
from rules import parameters
from services import outbox
from services.broadcasts import mass_tags, texts
from services.broadcasts.audience import Who, read
from services.broadcasts.recall import cause_of
from services.clock import business_date
from services.mass_months import month_of, spend_month
from services.subscriptions import Purpose
from services.telling_facts import leaves_at
from services.telling_kinds import kind

CHANNEL = "mass"
TO = frozenset({Who.EVERYBODY, Who.SUBSCRIBED})
ERROR_LENGTH = 255
NO_TAG, NO_ACCOUNT = "no_tag", "no_account"
"""Our own reasons for giving one up, as the end of a phrase `broadcast.mass_why_…`."""
A_MONTH = timedelta(days=32)
HOPELESS = tuple(f"{one}:" for one in (Action.ACCOUNT, Action.DAY_QUOTA, Action.MONTH_QUOTA))


@dataclass(frozen=True)
class Outlook:
    """What a mass message would be now: for how many `followers`, of whom so many had their four
    this month; and how many of ours went to some of them this month."""

    followers: int
    used_up: int
    sent_this_month: int


def fits(broadcast: Broadcast) -> bool:
    """Whether it may go out as a mass message: publicity to everybody, or to all who subscribed."""
    publicity = kind(broadcast.kind).purpose == Purpose.PUBLICITY
    to_all = read(broadcast.audience).who in TO
    return publicity and to_all and mass_tags.has_tag(broadcast.region)


def outlook(session: Session, region: Region, now: datetime) -> Outlook:
    """What staff see before they send."""
    followers, used_up = mass_tags.reachable(session, region, now)
    sends = (
        select(MassSend.made_at)
        .join(Region, MassSend.region_id == Region.id)
        .where(MassSend.delivery_id.is_not(None), MassSend.made_at > now - A_MONTH)
    )
    if region.parent_id is not None:  # else every one went to some of the district's followers
        sends = sends.where(or_(Region.id == region.id, Region.parent_id.is_(None)))
    sent = sum(month_of(made_at) == month_of(now) for made_at in session.scalars(sends))
    return Outlook(followers, used_up, sent)


def to_prepare(session: Session) -> Sequence[Broadcast]:
    """Broadcasts that began and whose mass message is not made yet."""
    made = select(MassSend.broadcast_id)
    found = select(Broadcast).where(
        Broadcast.state == BroadcastState.SENDING, Broadcast.mass, Broadcast.id.not_in(made)
    )
    return session.scalars(found.order_by(Broadcast.started_at)).all()


def prepare(session: Session, broadcast: Broadcast, now: datetime) -> MassSend:
    """Hand it to the outbox. The caller has the broadcast's row locked and the tag in step."""
    region, row = broadcast.region, kind(broadcast.kind)
    tag = session.get_one(MassTag, region.id)
    made = MassSend(
        broadcast_id=broadcast.id,
        region_id=region.id,
        planned=mass_tags.count_carriers(session, region.id, now),
        made_at=now,
    )
    session.add(made)
    if not made.planned:
        made.outcome, made.ended_at = MassOutcome.NOBODY, now
        session.flush()
        return made
    due_at = leaves_at(row, now)
    made.delivery = outbox.enqueue(
        session,
        channel=CHANNEL,
        address=str(tag.number),
        key=row.phrase,
        slots=words(broadcast),
        cause=cause_of(broadcast),
        now=now,
        due_at=due_at,
        expires_at=due_at + _patience(now),
        breaks_loops=False,  # a tag is not a machine that answers
    )
    session.flush()
    return made


def words(broadcast: Broadcast) -> dict[str, Any]:
    """What it says where one text speaks to all."""
    text = texts.filled(broadcast.body, texts.of_everybody(broadcast.region))
    return {"title": broadcast.title, "text": text}


def give_up(session: Session, broadcast: Broadcast, error: str, now: datetime) -> None:
    """There will be no mass message: everybody goes the usual way."""
    session.add(
        MassSend(
            broadcast_id=broadcast.id,
            region_id=broadcast.region_id,
            planned=0,
            made_at=now,
            outcome=MassOutcome.FAILED,
            ended_at=now,
            error=error[:ERROR_LENGTH],
        )
    )
    session.flush()


def is_settled(session: Session, broadcast: Broadcast, now: datetime) -> bool:
    """Whether it is known who was told by it, or nobody waits for it any more."""
    if not broadcast.mass:
        return True
    sent = session.get(MassSend, broadcast.id)
    if sent is None:
        assert broadcast.started_at is not None
        if now < broadcast.started_at + _patience(now):
            return False
        give_up(session, broadcast, NO_TAG, now)
        return True
    if sent.outcome is None:
        _judge(session, sent, now)
    return sent.outcome is not None


def _judge(session: Session, sent: MassSend, now: datetime) -> None:
    delivery = sent.delivery
    assert delivery is not None
    if delivery.state == DeliveryState.DELIVERED:
        sent.outcome = MassOutcome.TOLD
    elif delivery.state in (DeliveryState.FAILED, DeliveryState.STOPPED):
        sent.outcome, sent.error = MassOutcome.FAILED, delivery.error
    elif _is_hopeless(delivery):
        sent.outcome, sent.error = MassOutcome.FAILED, delivery.error
        outbox.withdraw(session, delivery, now=now, reason=delivery.error or "")
    elif now >= delivery.due_at + _patience(now):
        sent.outcome = MassOutcome.SILENT
        outbox.withdraw(session, delivery, now=now, reason="nobody waits for it any more")
    if sent.outcome is not None:
        sent.ended_at = now
        session.flush()


def _is_hopeless(delivery: Delivery) -> bool:
    """Whether it waits for what will not come in time: the account may not, a quota is used up."""
    waits = delivery.state == DeliveryState.QUEUED
    return waits and (delivery.error or "").startswith(HOPELESS)


def told_among(
    session: Session, broadcast: Broadcast, people: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Of these people those whom the mass message reached, by any of their contacts; one of the
    month's four is counted for each contact."""
    contacts = dict(
        session.execute(
            select(Contact.id, Contact.person_id)
            .join(MassTagMember, MassTagMember.contact_id == Contact.id)
            .where(Contact.person_id.in_(people))
        )
        .tuples()
        .all()
    )
    reached = reached_among(session, broadcast, list(contacts))
    return {person for key in reached if (person := contacts[key]) is not None}


def reached_among(
    session: Session, broadcast: Broadcast, contacts: Collection[uuid.UUID]
) -> set[uuid.UUID]:
    """Of these contacts those whom the mass message reached; one of their four is counted."""
    sent = session.get(MassSend, broadcast.id)
    if sent is None or sent.outcome != MassOutcome.TOLD or not contacts:
        return set()
    had = mass_tags.carriers(sent.region_id, sent.made_at)
    carrying = session.scalars(had.where(MassTagMember.contact_id.in_(contacts))).all()
    return spend_month(session, carrying, sent.made_at)


def wait(now: datetime) -> dict[str, int]:
    """How long WeChat has for its report (parameter `telling.mass_wait`)."""
    value: dict[str, int] = parameters.in_force_or_first(
        "telling.mass_wait", business_date(now)
    ).value
    return value


def _patience(now: datetime) -> timedelta:
    return timedelta(hours=wait(now)["give_up_hours"])
