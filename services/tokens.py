"""Access tokens in the database: one for all processes, fetched by one of them at a time.

The row of a token is also the lock of those who renew it. Whoever holds the claim asks the platform
with no transaction open; the others look again every few hundredths of a second. A claim whose
holder died runs out.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.errors import Unreachable
from channels.wechat.tokens import Token
from models import ChannelToken, reading

CLAIM = timedelta(seconds=45)
"""Longer than `choose` can take: it may ask the platform up to three times."""

LOOK_AGAIN_SECONDS = 0.05


@dataclass
class SqlTokenStore:
    """`channels.wechat.tokens.TokenStore` on the table channel_token. `name` is the account."""

    sessions: sessionmaker[Session]
    name: str
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def get(self) -> Token | None:
        """The stored token, whether or not it is still good."""
        with _explained(), reading(self.sessions) as session:
            return _token(session.get(ChannelToken, self.name))

    def replace(self, choose: Callable[[Token | None], Token]) -> Token:
        """Stores what `choose` makes of the stored token; see `TokenStore.replace`."""
        claim = uuid.uuid4().hex
        with self._one_at_a_time:  # the threads of a process need not ask the database in turns
            stored = self._wait_for_claim(claim)
            try:
                chosen = choose(stored)
            except BaseException:
                self._give_back(claim, None)
                raise
            self._give_back(claim, chosen)
            return chosen

    def _wait_for_claim(self, claim: str) -> Token | None:
        while True:
            with _explained(), self.sessions.begin() as session:
                row = self._locked_row(session)
                now = datetime.now(UTC)
                if row.claimed_until is None or row.claimed_until <= now:
                    row.claimed_by, row.claimed_until = claim, now + CLAIM
                    return _token(row)
            time.sleep(LOOK_AGAIN_SECONDS)

    def _give_back(self, claim: str, chosen: Token | None) -> None:
        with _explained(), self.sessions.begin() as session:
            row = self._locked_row(session)
            if row.claimed_by != claim:  # it took too long, and another one has gone on
                return
            row.claimed_by = row.claimed_until = None
            if chosen is not None:
                row.token = chosen.text
                row.expires_at = datetime.fromtimestamp(chosen.expires_at, UTC)
                row.fetched_at = datetime.fromtimestamp(chosen.fetched_at, UTC)

    def _locked_row(self, session: Session) -> ChannelToken:
        dialect = session.get_bind().dialect.name
        insert_on = postgresql.insert if dialect == "postgresql" else sqlite.insert
        session.execute(insert_on(ChannelToken).values(name=self.name).on_conflict_do_nothing())
        return session.scalars(
            select(ChannelToken).where(ChannelToken.name == self.name).with_for_update()
        ).one()


@contextmanager
def _explained() -> Iterator[None]:
    """A database that refuses is, for whoever wanted to call the platform, a call not made."""
    try:
        yield
    except OperationalError as error:
        raise Unreachable(f"no access token: {type(error.orig).__name__}") from error


def _token(row: ChannelToken | None) -> Token | None:
    if row is None or row.token is None or row.expires_at is None or row.fetched_at is None:
        return None
    return Token(row.token, row.expires_at.timestamp(), row.fetched_at.timestamp())
