"""The one verb that moves a delivery along `DELIVERY_STEPS`, and whoever wants to hear of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from models import Delivery
from models.telling import SETTLED, DeliveryState, Happening

ERROR_LENGTH = 255

Listener = Callable[[Session, Delivery, datetime], None]

on_settled: list[Listener] = []
"""Called in the same transaction whenever what became of a message is known anew: it was delivered,
failed or stopped, or is uncertain. A message can be heard of more than once."""

on_accepted: dict[str, list[Listener]] = {}
"""The same for what a provider took over, by channel: for those where nothing better will ever be
known. On the others it is written down with nobody told, which is a good deal quicker."""

OUTCOMES = SETTLED | {DeliveryState.UNCERTAIN}


def advance(
    session: Session,
    delivery: Delivery,
    happening: Happening,
    now: datetime,
    *,
    error: str | None = None,
) -> None:
    """Let it happen to the delivery. `error` says why; None leaves what stood there. Raises
    `IllegalStep`."""
    delivery.take_step(happening)
    if error is not None:
        delivery.error = error[:ERROR_LENGTH]
    delivery.settled_at = now if delivery.state in SETTLED else None
    for listener in _listeners(delivery):
        listener(session, delivery, now)


def _listeners(delivery: Delivery) -> Sequence[Listener]:
    if delivery.state == DeliveryState.ACCEPTED:
        return on_accepted.get(delivery.channel, ())
    return on_settled if delivery.state in OUTCOMES else ()
