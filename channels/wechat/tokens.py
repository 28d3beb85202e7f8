"""The access token: one for all processes, fetched by one of them at a time (platform.md 4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from channels.wechat.errors import Refusal

EARLY_SECONDS = 60
"""A token is renewed this long before it expires; the platform has the next one 5 minutes early."""

FORCE_SECONDS = 30
"""The platform refuses to force a new token more often than this."""


@dataclass(frozen=True)
class Token:
    """An access token. Times are Unix seconds of the real clock; `fetched_at` is when this very
    text was first received.
    """

    text: str
    expires_at: float
    fetched_at: float

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at}, fetched_at={self.fetched_at})"


class TokenStore(Protocol):
    """Where the token lives. Shared by all processes that use the same account."""

    def get(self) -> Token | None:
        """The stored token, whether or not it is still good."""

    def replace(self, choose: Callable[[Token | None], Token]) -> Token:
        """Stores what `choose` makes of the stored token, and returns it.

        `choose` may call the platform and take seconds. At any time it runs for one caller only, in
        all processes; the others wait, and are then given the new token to choose from. When it
        raises, nothing is stored and the error passes through. An implementation on a database
        must not keep a transaction open meanwhile: claim the row, commit, choose, store.
        """


class TokenFetch(Protocol):
    """Asks the platform for a token; `force`: for a new one, which kills the former."""

    def __call__(self, *, force: bool) -> Token: ...


class MemoryTokenStore:
    """A store for one process: tests and the command line."""

    def __init__(self, token: Token | None = None) -> None:
        self._token = token
        self._lock = threading.Lock()

    def get(self) -> Token | None:
        return self._token

    def replace(self, choose: Callable[[Token | None], Token]) -> Token:
        with self._lock:
            self._token = choose(self._token)
            return self._token


class TokenKeeper:
    """Gives the current token, and another one when the platform rejects it."""

    def __init__(
        self,
        *,
        store: TokenStore,
        fetch: TokenFetch,
        clock: Callable[[], float],
    ) -> None:
        self._store, self._fetch, self._clock = store, fetch, clock

    def current(self) -> str:
        """A token that should be good. Raises what `fetch` raises."""
        stored = self._store.get()
        if stored is not None and self._is_good(stored):
            return stored.text
        return self._store.replace(self._choose_current).text

    def renew(self, rejected: str) -> str:
        """A token after `rejected` was refused: another's newer one, else a fetched one.

        The platform may answer with the rejected token itself. Then a new one is forced, unless the
        rejected one is younger than 30 seconds; in that case it is returned again, and the caller
        must give up.
        """
        return self._store.replace(lambda stored: self._choose_other(stored, rejected)).text

    def _is_good(self, token: Token) -> bool:
        return token.expires_at - self._clock() > EARLY_SECONDS

    def _choose_current(self, stored: Token | None) -> Token:
        if stored is not None and self._is_good(stored):
            return stored
        return self._keep_age(stored, self._fetch(force=False))

    def _choose_other(self, stored: Token | None, rejected: str) -> Token:
        if stored is not None and stored.text != rejected and self._is_good(stored):
            return stored
        fetched = self._keep_age(stored, self._fetch(force=False))
        too_young = self._clock() - fetched.fetched_at < FORCE_SECONDS
        if fetched.text != rejected or too_young:
            return fetched
        try:
            return self._fetch(force=True)
        except Refusal:
            # Forced too often today. The rejection is the news, not this.
            return fetched

    @staticmethod
    def _keep_age(stored: Token | None, fetched: Token) -> Token:
        if stored is not None and stored.text == fetched.text:
            return Token(fetched.text, fetched.expires_at, stored.fetched_at)
        return fetched
