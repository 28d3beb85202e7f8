"""Channels on which nothing passes for now, because an account or a quota was refused: known to all
senders, whichever of them found out. Times are the machine's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ChannelRest

WORDS_LENGTH = 255


def resting(session: Session, now: datetime) -> Collection[str]:
    """The channels that rest at this moment."""
    return set(session.scalars(select(ChannelRest.channel).where(ChannelRest.until > now)))


def stopped(session: Session, now: datetime) -> Sequence[ChannelRest]:
    """The rests that are under way, with the provider's word for them."""
    return session.scalars(
        select(ChannelRest).where(ChannelRest.until > now).order_by(ChannelRest.channel)
    ).all()


def known(session: Session) -> Sequence[ChannelRest]:
    """Every channel that ever rested, with its last rest."""
    return session.scalars(select(ChannelRest).order_by(ChannelRest.channel)).all()


def begin(
    session: Session, channel: str, *, until: datetime, now: datetime, error: str | None
) -> None:
    """Let a channel rest. A longer rest that is under way stays."""
    row = session.get(ChannelRest, channel, with_for_update=True)
    if row is None:
        row = ChannelRest(channel=channel, until=until, began_at=now)
        session.add(row)
    elif row.until <= now:
        row.began_at = now
    row.until = max(row.until, until)
    row.error = error[:WORDS_LENGTH] if error else None
