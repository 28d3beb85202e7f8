"""What did not get through and what nobody knows of, until a person has looked at it.

Three lists. *Failed*: refused, bounced or given up, and no other channel takes over. *Stopped*:
the same words in a circle. *Uncertain*: it may have been sent. What belongs to a `Message` and
failed is not here: its router takes the next channel, and at the end somebody knocks. Neither is
what expired: its reader has asked for another code, or nobody waits for it any more.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from models import BroadcastFollower, Delivery
from models.telling import Attended, DeliveryState, Happening
from services import outbox
from services.acting import Acting
from services.trail import note


class Pile(StrEnum):
    """The lists, in the order in which they want looking at."""

    STOPPED = "stopped"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class CannotAttend(Exception):
    """This is not to be done about this delivery; `key` is a phrase of the wording."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def count(session: Session, *, asked_to_the_end: bool = False) -> dict[Pile, int]:
    """How many lie on each pile; `asked_to_the_end`: without those about which the provider is
    still being asked."""
    mine = select(func.count()).select_from(Delivery)
    if asked_to_the_end:
        mine = mine.where(Delivery.ask_at.is_(None) | (Delivery.state != DeliveryState.UNCERTAIN))
    return {pile: session.scalar(mine.where(_lies_on(pile))) or 0 for pile in Pile}


def lying(session: Session, pile: Pile, *, limit: int) -> Sequence[Delivery]:
    """The newest of a pile."""
    newest = select(Delivery).where(_lies_on(pile)).order_by(Delivery.created_at.desc())
    return session.scalars(newest.limit(limit)).all()


def find(session: Session, key: uuid.UUID) -> Delivery | None:
    """A delivery of a pile, or one that was attended to."""
    found = session.get(Delivery, key)
    piles = {DeliveryState.STOPPED, DeliveryState.FAILED, DeliveryState.UNCERTAIN}
    return found if found is not None and found.state in piles else None


def why_not(delivery: Delivery, how: Attended, now: datetime) -> str | None:
    """The phrase that says why this cannot be done about it; None where it can."""
    if delivery.attended is not None:
        return "outbox.attended_already"
    if delivery.state not in {str(pile) for pile in Pile}:
        return "outbox.not_on_a_pile"
    return _why_not_again(delivery, now) if how is Attended.AGAIN else None


def _why_not_again(delivery: Delivery, now: datetime) -> str | None:
    if delivery.channel == "mass":  # its people have been told the usual way since
        return "outbox.again_not_mass"
    if delivery.expires_at is not None and delivery.expires_at <= now:
        return "outbox.again_too_late"
    if delivery.state == DeliveryState.UNCERTAIN and delivery.ask_at is not None:
        return "outbox.still_being_asked"
    return None


def attend(
    session: Session, delivery: Delivery, how: Attended, acting: Acting, now: datetime
) -> Delivery | None:
    """Write down what somebody did about a delivery; the new one where it is sent again. The old
    one stays as it was. Raises `CannotAttend`."""
    session.refresh(delivery, with_for_update=True)
    if (why := why_not(delivery, how, now)) is not None:
        raise CannotAttend(why)
    assert acting.staff is not None
    delivery.attended, delivery.attended_at = how, now
    delivery.attended_by_id = acting.staff.id
    again = _send_again(session, delivery, now) if how is Attended.AGAIN else None
    note(
        session,
        f"delivery.{how}",
        actor=acting.name,
        at=now,
        subject=("delivery", delivery.id),
        before=str(delivery.state),
        again=str(again.id) if again else None,
    )
    return again


def _send_again(session: Session, delivery: Delivery, now: datetime) -> Delivery:
    """The same words, because a person wants it: no loop."""
    again = outbox.enqueue(
        session,
        channel=delivery.channel,
        key=delivery.key,
        slots=outbox.slots_of(delivery),
        cause=delivery.cause,
        address=delivery.address,
        now=now,
        expires_at=delivery.expires_at,
        once=f"again:{delivery.id}",
        breaks_loops=False,
    )
    again.contact_id, again.person_id = delivery.contact_id, delivery.person_id
    again.message_id = delivery.message_id
    return again


def _is_to_a_follower() -> ColumnElement[bool]:
    """A broadcast to a follower who has not said who they are: the reach report counts it, and
    nobody knows where they live."""
    return exists().where(BroadcastFollower.delivery_id == Delivery.id)


def _lies_on(pile: Pile) -> ColumnElement[bool]:
    lies = and_(Delivery.state == str(pile), Delivery.attended.is_(None))
    if pile is Pile.STOPPED:
        return and_(lies, Delivery.happening == Happening.LOOPED)
    if pile is Pile.FAILED:
        alone = and_(lies, Delivery.message_id.is_(None), Delivery.happening != Happening.EXPIRED)
        return and_(alone, ~_is_to_a_follower())
    return lies
