"""What the clock does for the outbox: it hands out what is due, says what became of what was left,
and asks the providers about what nobody knows."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from scheduler.works import RUN_SECONDS, Works
from services import channel_rests, dispatch, uncertain
from services.uncertain import Finding, Known, Question

log = structlog.get_logger()

WINDOW = 400
"""So many deliveries of a channel are with the senders at a time; the rest waits in the outbox,
where what is urgent can still overtake it."""

HAND_AGAIN_SECONDS = 30.0
"""What nobody claimed for so long was lost by the broker, or waits there in vain: once more. Twice
does no harm, the claim decides."""

LOOK_SECONDS = 0.1


@dataclass
class HandOut:
    """Hands deliveries to the senders, and remembers which, so that none is handed twice in vain.
    A new process knows nothing, and begins with all."""

    _handed: dict[str, dict[uuid.UUID, float]] = field(default_factory=dict)

    def is_due(self, works: Works) -> bool:
        """Whether something may leave."""
        with works.reading() as session:
            now = works.clock.now(session)
            resting = channel_rests.resting(session, works.machine())
            return works.hand is not None and any(
                dispatch.is_due(session, channel, now)
                for channel in works.carriers
                if channel not in resting
            )

    def hand_out(self, works: Works) -> int:
        """Hand out until nothing is due any more, or for `RUN_SECONDS`; how many deliveries."""
        handed, until = 0, time.monotonic() + RUN_SECONDS
        while time.monotonic() < until and not works.stopping.is_set():
            found = self.hand(works)
            if found is None:
                break
            handed += found
            works.stopping.wait(LOOK_SECONDS)
        return handed

    def hand(self, works: Works) -> int | None:
        """Hand out what is due and not handed yet; how many, or None where nothing is due."""
        with works.reading() as session:
            now = works.clock.now(session)
            resting = channel_rests.resting(session, works.machine())
            due = {
                channel: dispatch.due(session, channel, now=now, limit=WINDOW)
                for channel in works.carriers
                if channel not in resting
            }
        if not any(due.values()):
            return None
        return sum(self._hand(works, channel, ids) for channel, ids in due.items())

    def _hand(self, works: Works, channel: str, ids: Sequence[uuid.UUID]) -> int:
        assert works.hand is not None
        at = time.monotonic()
        before = self._handed.get(channel, {})
        fresh = [one for one in ids if before.get(one, -math.inf) <= at - HAND_AGAIN_SECONDS]
        again = sum(one in before for one in fresh)
        if again:
            log.warning("outbox.handed_again", channel=channel, deliveries=again)
        works.hand(channel, fresh)
        self._handed[channel] = {one: before.get(one, at) for one in ids} | dict.fromkeys(fresh, at)
        return len(fresh)


HAND_OUT = HandOut()
"""This process's."""


def has_untidy_mail(works: Works) -> bool:
    """Whether mail has expired, or its sender died."""
    with works.reading() as session:
        now = works.clock.now(session)
        return uncertain.needs_tidying(session, now=now, machine_now=works.machine())


def tidy_mail(works: Works) -> int:
    """Fail what expired; call uncertain what a dead sender left."""
    with works.sessions.begin() as session:
        now = works.clock.now(session)
        lost = uncertain.give_up_leases(session, now=now, machine_now=works.machine())
        lost += uncertain.give_up_repeats(session, now=now, machine_now=works.machine())
        expired = uncertain.expire(session, now)
    if lost:
        log.error("outbox.uncertain", deliveries=lost)
    return lost + expired


def has_questions(works: Works) -> bool:
    """Whether a provider is to be asked what became of a message."""
    with works.reading() as session:
        return uncertain.needs_asking(session, works.clock.now(session))


def ask_providers(works: Works) -> int:
    """Ask about what is uncertain, and settle what they know; how many were settled."""
    settled, until = 0, time.monotonic() + RUN_SECONDS
    while time.monotonic() < until and not works.stopping.is_set():
        with works.sessions.begin() as session:
            asked = uncertain.questions(session, works.clock.now(session))
        if not asked:
            break
        for question in asked:
            finding = _ask(works, question)
            with works.sessions.begin() as session:
                uncertain.settle(session, question, finding, now=works.clock.now(session))
            settled += finding.known not in (Known.NOT_YET, Known.NEVER)
    return settled


def _ask(works: Works, question: Question) -> Finding:
    carrier = works.carriers.get(question.channel)
    if carrier is None:
        return Finding(Known.NOT_YET)
    try:
        return carrier.find_out(question)
    except Exception:  # a bug must not keep the others waiting
        log.exception("outbox.question_failed", delivery=str(question.id))
        return Finding(Known.NOT_YET)
