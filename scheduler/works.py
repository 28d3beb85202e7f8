"""The verbs that the clock calls, with all they need. Each returns how many things it did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.errors import Action, BadAnswer, Refusal, WechatError
from channels.wechat.media import Media
from scheduler import runs
from scheduler.carriers import Carrier
from services import materials, outbox
from services.clock import Clock
from services.materials import Errand, Miss
from services.outbox import Answer, Fate, Parcel

log = structlog.get_logger()

RUN_SECONDS = 20.0
"""A run that still has work hands over to the next one after this long: ended runs are seen."""

RECORD_PAUSES = (0.1, 0.5, 2.0, 5.0)
"""Seconds between attempts to write an answer down; each attempt itself waits for the lock."""

KEEP_RUNS = timedelta(days=30)

INVALID_MEDIA_ID = 40007
"""What the platform says of a media id that never was, or is over (platform.md 3)."""


def machine_time() -> datetime:
    """The machine's own clock: leases and runs, never business."""
    return datetime.now(UTC)


@dataclass
class Works:
    """Everything a job may use. `fetch` gets a picture by its media id, or raises `WechatError`.
    `stopping` ends runs between two pieces of work."""

    sessions: sessionmaker[Session]
    clock: Clock
    carriers: Mapping[str, Carrier]
    fetch: Callable[[str], Media]
    machine: Callable[[], datetime] = machine_time
    stopping: threading.Event = field(default_factory=threading.Event)
    _rests: dict[str, float] = field(default_factory=dict)

    def has_mail(self, channel: str) -> bool:
        """Whether something is due on a channel that is not resting."""
        if channel not in self.carriers or time.monotonic() < self._rests.get(channel, 0.0):
            return False
        with self.sessions() as session:
            return outbox.is_due(session, channel, self.clock.now(session))

    def send_mail(self, channel: str) -> int:
        """Send what is due on a channel, one after the other: claim, call, record."""
        sent, until = 0, time.monotonic() + RUN_SECONDS
        while time.monotonic() < until and not self.stopping.is_set():
            with self.sessions.begin() as session:
                now = self.clock.now(session)
                parcels = outbox.claim(session, channel, now=now, machine_now=self.machine())
            if not parcels:
                break
            answer = self._carry(parcels[0])
            self._record(parcels[0], answer)
            sent += 1
            if answer.stops_channel and answer.retry_in:
                self._rest(channel, answer)
                break
        return sent

    def has_untidy_mail(self) -> bool:
        """Whether mail has expired, or its sender died."""
        with self.sessions() as session:
            now = self.clock.now(session)
            return outbox.needs_tidying(session, now=now, machine_now=self.machine())

    def tidy_mail(self) -> int:
        """Fail what expired; call uncertain what a dead sender left."""
        with self.sessions.begin() as session:
            now = self.clock.now(session)
            lost = outbox.give_up_leases(session, now=now, machine_now=self.machine())
            expired = outbox.expire(session, now)
        if lost:
            log.error("outbox.uncertain", deliveries=lost)
        return lost + expired

    def has_materials(self) -> bool:
        """Whether photos wait for being fetched."""
        with self.sessions() as session:
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

    def _carry(self, parcel: Parcel) -> Answer:
        try:
            answer = self.carriers[parcel.channel].carry(parcel)
        except Exception as error:  # a bug: nobody knows how far the call got
            log.exception("outbox.carrier_failed", delivery=str(parcel.id))
            return Answer(Fate.UNKNOWN, error=type(error).__name__)
        if answer.fate is not Fate.ACCEPTED:
            log.warning(
                "outbox.not_accepted",
                delivery=str(parcel.id),
                channel=parcel.channel,
                fate=answer.fate,
                error=answer.error,
            )
        return answer

    def _record(self, parcel: Parcel, answer: Answer) -> None:
        """What a provider said is known only here: a busy database is asked again before it is
        given up, and the delivery left to become uncertain."""
        for pause in RECORD_PAUSES:
            try:
                with self.sessions.begin() as session:
                    outbox.record(session, parcel, answer, now=self.clock.now(session))
                return
            except OperationalError:
                log.warning("outbox.not_recorded", delivery=str(parcel.id), fate=answer.fate)
                time.sleep(pause)
        log.error("outbox.answer_lost", delivery=str(parcel.id), fate=answer.fate)

    def _rest(self, channel: str, answer: Answer) -> None:
        rest = answer.retry_in.total_seconds() if answer.retry_in else 0.0
        self._rests[channel] = time.monotonic() + rest
        log.error("outbox.channel_stopped", channel=channel, error=answer.error, seconds=rest)

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
