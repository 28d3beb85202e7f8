"""People at their phones in a running town, and the test's own look into its database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy.orm import Session, sessionmaker

from models.opening import open_database
from settings import load
from tests import databases
from tests.scenarios.town import Town, running_house

CLOCK = "tests.procedure.hurried_clock"
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Life:
    """One person at their WeChat, and at their phone where they have a number."""

    town: Town
    openid: str
    phone: str = ""

    def says(self, text: str) -> str:
        """Write words; the replies to them."""
        answer = requests.post(
            f"{self.town.phones}/phone/send",
            json={"openid": self.openid, "kind": "text", "text": text},
            timeout=60,
        ).json()
        assert answer.get("problem", answer) is None, answer
        return "\n".join(one["text"] for one in answer["replies"])

    def says_until(self, text: str, wanted: str) -> str:
        """Ask until the clock has done its work."""
        return _until(lambda: self.says(text), wanted, every=0.5)

    def hears(self, wanted: str) -> str:
        """What came by WeChat without being asked for, once it holds these words."""
        return self._log(f"wechat?openid={self.openid}", wanted)

    def hears_by_sms(self, wanted: str) -> str:
        """What came by SMS, once it holds these words."""
        return self._log(f"sms?phone={self.phone}", wanted)

    def _log(self, what: str, wanted: str) -> str:
        def got() -> str:
            rows = requests.get(f"{self.town.phones}/log/{what}", timeout=30).json()
            return "\n".join(str(one) for one in rows)

        return _until(got, wanted, every=0.3)


def _until(ask: Callable[[], str], wanted: str, *, every: float) -> str:
    until = time.monotonic() + PATIENCE_SECONDS
    while wanted not in (got := ask()) and time.monotonic() < until:
        time.sleep(every)
    return got


def move(town: Town, moment: str) -> None:
    """Set the time machine to a moment such as `2022-04-06T07:10`, in Shanghai."""
    said = f"{moment}:00+08:00"
    answer = requests.post(f"{town.phones}/clock", json={"to": said}, timeout=30).json()
    assert answer["service_told"], answer["problem"]


@contextmanager
def running_on(
    database: str, name: str, folder: Path, more: Mapping[str, str] | None = None
) -> Iterator[Town]:
    """A town of its own, with a clock in a hurry, on `sqlite` or `postgres`; `more` settings."""
    with ExitStack() as open_ones:
        url = f"sqlite:///{folder / 'town.db'}"
        if database == "postgres":
            engine = open_ones.enter_context(databases.postgres_database(name))
            url = engine.url.render_as_string(hide_password=False)
        yield open_ones.enter_context(running_house(url, clock=CLOCK, more=more))


@contextmanager
def inside(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[sessionmaker[Session]]:
    """The running service's own database; its connections end with this."""
    for name, value in town.environment.items():
        if name.startswith("GYG_"):
            monkeypatch.setenv(name, value)
    sessions = open_database(load())
    try:
        yield sessions
    finally:
        sessions.kw["bind"].dispose()
