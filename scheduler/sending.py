"""Sending what the broker hands over: a small batch of ids is claimed with one lease, each message
is carried, and all answers are written down together. No transaction is open during a call.

Who dies in between leaves a batch `uncertain`; who is told to stop gives back what was not tried.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.engine import light_transaction
from scheduler.pace import Pace
from scheduler.works import AWAY, Works
from services import channel_rests, dispatch
from services.dispatch import LEASE, Answer, Fate, Parcel

log = structlog.get_logger()

RECORD_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 15.0)
"""Seconds between attempts to write answers down; each attempt itself waits for the lock."""

LATEST_CALL_SECONDS = LEASE.total_seconds() - 45
"""So late in its lease no call begins any more: it must end, and be written down, before it."""

REST_LOOK_SECONDS = 1.0


@dataclass
class Sender:
    """Sends what it is handed, on the carriers of `works`, within the shared pace."""

    works: Works
    pace: Pace
    _resting: tuple[float, Collection[str]] = field(default=(-math.inf, ()), init=False)

    def deliver(self, channel: str, ids: Sequence[uuid.UUID]) -> bool:
        """Send those of `ids` that are still due; False where the pace does not allow it now."""
        if not self.pace.allows(channel, len(ids)):
            return False
        began = time.monotonic()
        parcels = self._claim(channel, ids)
        answers: list[tuple[Parcel, Answer]] = []
        stopped = False
        for parcel in parcels:
            late = time.monotonic() - began > LATEST_CALL_SECONDS
            if stopped or late or self.works.stopping.is_set():
                answers.append((parcel, Answer(Fate.UNTRIED)))
                continue
            answer = self._carry(parcel)
            stopped = answer.stops_channel
            answers.append((parcel, answer))
        if answers:
            self._record(channel, answers)
        return True

    def shelve(self, channel: str, ids: Sequence[uuid.UUID]) -> None:
        """After a batch that failed by a bug: send each alone, and count a try of the one at
        fault."""
        for one in ids:
            try:
                self.deliver(channel, [one])
            except Exception as error:
                log.exception("outbox.shelved", delivery=str(one))
                with self.works.sessions.begin() as session:
                    now = self.works.clock.now(session)
                    dispatch.set_back(session, one, now=now, error=type(error).__name__)

    def _claim(self, channel: str, ids: Sequence[uuid.UUID]) -> list[Parcel]:
        machine_now = self.works.machine()
        with light_transaction(self.works.sessions) as session:
            if self._is_resting(session, channel, machine_now):
                return []
            return dispatch.claim(
                session,
                channel,
                now=self.works.clock.now(session),
                machine_now=machine_now,
                limit=len(ids),
                ids=ids,
            )

    def _is_resting(self, session: Session, channel: str, machine_now: datetime) -> bool:
        """Looked up once a second: a call too many does no harm."""
        looked_at, found = self._resting
        if time.monotonic() - looked_at > REST_LOOK_SECONDS:
            found = channel_rests.resting(session, machine_now)
            self._resting = time.monotonic(), found
        return channel in found

    def _carry(self, parcel: Parcel) -> Answer:
        try:
            answer = self.works.carriers[parcel.channel].carry(parcel)
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

    def _record(self, channel: str, answers: Sequence[tuple[Parcel, Answer]]) -> None:
        """What a provider said is known only here: a database that is busy or away is asked again
        before it is given up, and the deliveries left to become uncertain."""
        for pause in RECORD_PAUSES:
            try:
                self._write_down(channel, answers)
                return
            except (*AWAY, IntegrityError):
                log.warning("outbox.not_recorded", channel=channel, deliveries=len(answers))
                time.sleep(pause)
        for parcel, answer in answers:
            log.error("outbox.answer_lost", delivery=str(parcel.id), fate=answer.fate)

    def _write_down(self, channel: str, answers: Sequence[tuple[Parcel, Answer]]) -> None:
        with light_transaction(self.works.sessions) as session:
            dispatch.record_all(session, answers, now=self.works.clock.now(session))
            for _parcel, answer in answers:
                if answer.stops_channel:
                    rest = answer.retry_in or timedelta(seconds=60)
                    machine_now = self.works.machine()
                    until = machine_now + rest
                    channel_rests.begin(
                        session, channel, until=until, now=machine_now, error=answer.error
                    )
                    self._resting = (-math.inf, ())
                    log.error("outbox.channel_stopped", channel=channel, error=answer.error)
