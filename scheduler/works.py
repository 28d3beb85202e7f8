"""The verbs that the clock calls, with all they need. Each returns how many things it did."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.errors import Action, BadAnswer, Refusal, WechatError
from channels.wechat.mass import MassMail
from channels.wechat.media import Media
from models import reading
from scheduler import runs
from scheduler.carriers import Carrier
from services import materials
from services.clock import Clock
from services.materials import Errand, Miss

log = structlog.get_logger()

AWAY = (OperationalError, PoolTimeout)
"""The database does not answer, is busy, or all of this process's connections are in use."""

RUN_SECONDS = 20.0
"""A run that still has work hands over to the next one after this long: ended runs are seen."""

KEEP_RUNS = timedelta(days=30)

INVALID_MEDIA_ID = 40007
"""What the platform says of a media id that never was, or is over (platform.md 3)."""


Hand = Callable[[str, Sequence[uuid.UUID]], None]
"""Takes a channel and the ids of deliveries that are due on it."""


def machine_time() -> datetime:
    """The machine's own clock: leases and runs, never business."""
    return datetime.now(UTC)


@dataclass
class Works:
    """Everything a job may use. `fetch` gets a picture by its media id, or raises `WechatError`;
    `hand` gives deliveries to the senders. `stopping` ends runs between two pieces of work."""

    sessions: sessionmaker[Session]
    clock: Clock
    carriers: Mapping[str, Carrier]
    fetch: Callable[[str], Media]
    hand: Hand | None = None
    mass: MassMail | None = None
    """The account's tags and mass jobs; None where there is no account."""
    machine: Callable[[], datetime] = machine_time
    stopping: threading.Event = field(default_factory=threading.Event)

    def reading(self) -> Session:
        """A session that only reads: what is looked at every few seconds must not hold the lock
        that a turn waits for."""
        return reading(self.sessions)

    def has_materials(self) -> bool:
        """Whether photos wait for being fetched."""
        with self.reading() as session:
            return materials.is_due(session, self.clock.now(session))

    def fetch_materials(self) -> int:
        """Fetch the photos that wait, a few at a time."""
        fetched, until = 0, time.monotonic() + RUN_SECONDS
        while time.monotonic() < until and not self.stopping.is_set():
            with self.sessions.begin() as session:
                errands = materials.take(session, self.clock.now(session))
            if not errands:
                break
            for errand in errands:
                self._fetch_one(errand)
            fetched += len(errands)
        return fetched

    def forget_runs(self) -> int:
        """Delete the records of runs that are older than a month."""
        with self.sessions.begin() as session:
            return runs.forget_before(session, self.machine() - KEEP_RUNS)

    def _fetch_one(self, errand: Errand) -> None:
        try:
            media = self.fetch(errand.media_id)
        except WechatError as error:
            log.warning("materials.not_fetched", material=str(errand.id), error=str(error))
            self._miss(errand, judge_fetch(error))
        except Exception:  # a bug must not keep the other pictures waiting
            log.exception("materials.fetch_failed", material=str(errand.id))
            self._miss(errand, Miss.NOT_NOW)
        else:
            with self.sessions.begin() as session:
                now = self.clock.now(session)
                materials.keep(session, errand.id, media.content, media.content_type, now)

    def _miss(self, errand: Errand, why: Miss) -> None:
        with self.sessions.begin() as session:
            materials.miss(session, errand.id, why, self.clock.now(session))


def judge_fetch(error: WechatError) -> Miss:
    """What an error means for a picture that is wanted."""
    if isinstance(error, Refusal) and error.code == INVALID_MEDIA_ID:
        return Miss.GONE
    if isinstance(error, BadAnswer) and error.action is Action.CONTENT:
        return Miss.UNUSABLE
    return Miss.NOT_NOW
