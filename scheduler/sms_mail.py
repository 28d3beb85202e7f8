"""How a short message travels: by one of several providers, each with its share.

A provider that stumbles loses share by steps and gets it back by itself (`services.sms_health`). A
message that was certainly not taken, through no fault of its own, goes by the next provider at
once; one whose fate is unknown never does.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from channels.sms.gateway import Accepted, Rejected, Remedy, SmsError, SmsGateway, Trace, Unknown
from channels.sms.gateway import Fate as TraceFate
from models import reading
from services import sms_health
from services.dispatch import Answer, Fate, Parcel
from services.uncertain import Finding, Known, Question
from wording.book import WordingError
from wording.sms import PREFIX, SmsTemplate, cut, price, room

log = structlog.get_logger()

ACCOUNT_REST = timedelta(seconds=60)
"""How long all messages wait when no account may send."""

SLOW_SECONDS = 5.0
"""A call that takes longer is a stumble: the providers answer in tenths of a second."""

FRESH_SECONDS = 2.0
"""How old a view of the providers' health may be."""


class Health(Protocol):
    """What the senders share about the providers."""

    def weights(self) -> Mapping[str, int]:
        """Thousandths by provider; one that is not there is well."""

    def failed(self, provider: str, reason: str) -> None: ...

    def slow(self, provider: str, reason: str) -> None: ...


@dataclass(frozen=True)
class Route:
    """One provider as we use it: `share` of 100 while all are well, `ids` its template ids."""

    gateway: SmsGateway
    share: int
    ids: Mapping[str, str]
    sign: str


@dataclass(frozen=True)
class SmsCarrier:
    """Registered templates by the providers of `routes`."""

    routes: Sequence[Route]
    templates: Mapping[str, SmsTemplate]
    health: Health
    chance: random.Random = field(default_factory=random.Random)
    stopwatch: Callable[[], float] = time.monotonic

    def carry(self, parcel: Parcel) -> Answer:
        name = parcel.key.removeprefix(PREFIX)
        routes = [route for route in self.routes if name in route.ids]
        if name not in self.templates or not routes:
            return Answer(Fate.REFUSED, error=f"no template id for {parcel.key}")
        answers = []
        for route in self._in_turn(routes):
            answers.append(self._try(route, self.templates[name], parcel))
            if not _may_go_by_another(answers[-1]):
                return answers[-1]
        # None could take it now. Only if all of them may not at all does the channel rest.
        return next((one for one in answers if not one.stops_channel), answers[-1])

    def find_out(self, question: Question) -> Finding:
        """Ask each provider's record, first the one that should have it."""
        routes = sorted(self.routes, key=lambda route: route.gateway.name != question.provider)
        for route in routes:
            trace = _find(route.gateway, question)
            if trace is not None:
                known = FOUND[trace.fate]
                error = trace.code if known is Known.BOUNCED else None
                number = trace.provider_id or None
                return Finding(known, route.gateway.name, number, error)
        return Finding(Known.NOT_YET)

    def _in_turn(self, routes: Sequence[Route]) -> Iterator[Route]:
        """The routes, each place drawn by share and health. Whoever has no weight left comes last,
        not never."""
        weights = self.health.weights() if len(routes) > 1 else {}
        left = list(routes)
        while left:
            drawn = [one.share * weights.get(one.gateway.name, sms_health.WELL) for one in left]
            if not any(drawn):
                drawn = [max(one.share, 1) for one in left]
            chosen = self.chance.choices(left, weights=drawn)[0]
            left.remove(chosen)
            yield chosen

    def _try(self, route: Route, template: SmsTemplate, parcel: Parcel) -> Answer:
        provider = route.gateway.name
        began = self.stopwatch()
        try:
            accepted = self._send(route, template, parcel)
        except WordingError as error:
            return Answer(Fate.REFUSED, provider, error=str(error))
        except (Rejected, Unknown) as error:
            if is_providers_fault(error):
                self.health.failed(provider, str(error))
            return judge_sms(provider, error)
        took = self.stopwatch() - began
        if took > SLOW_SECONDS:
            self.health.slow(provider, f"a call took {took:.0f} s")
        charged = accepted.segments or price(template, parcel.slots, route.sign)
        return Answer(Fate.ACCEPTED, provider, accepted.provider_id, segments=charged)

    def _send(self, route: Route, template: SmsTemplate, parcel: Parcel) -> Accepted:
        params = template.fill(parcel.slots)
        if template.longest is None:  # free text: the conversation keeps what does not fit
            params[-1] = cut(params[-1], room(template.segments, route.sign))[0]
        return route.gateway.send(
            phone=parcel.address,
            template_id=route.ids[template.name],
            params=params,
            reference=str(parcel.id),
        )


FOUND = {
    TraceFate.SENT: Known.FOUND,
    TraceFate.DELIVERED: Known.ARRIVED,
    TraceFate.BOUNCED: Known.BOUNCED,
}


def is_providers_fault(error: Rejected | Unknown) -> bool:
    """Whether the error says something about the provider, not about this message or number."""
    return isinstance(error, Unknown) or error.remedy in (Remedy.RETRYABLE, Remedy.ACCOUNT)


def judge_sms(provider: str, error: Rejected | Unknown) -> Answer:
    """What a gateway's error means for the message."""
    if isinstance(error, Unknown):
        return Answer(Fate.UNKNOWN, provider, error=str(error))
    if error.remedy is Remedy.ACCOUNT:
        return Answer(
            Fate.POSTPONED, provider, error=str(error), retry_in=ACCOUNT_REST, stops_channel=True
        )
    if error.remedy in (Remedy.RETRYABLE, Remedy.LATER):
        wait = timedelta(seconds=error.wait_seconds) if error.wait_seconds else None
        return Answer(Fate.POSTPONED, provider, error=str(error), retry_in=wait)
    return Answer(Fate.REFUSED, provider, error=str(error))


def _may_go_by_another(answer: Answer) -> bool:
    """Certainly not sent, and not because the number has had enough."""
    if answer.fate is not Fate.POSTPONED:
        return False
    return not str(answer.error).startswith(Remedy.LATER)


def _find(gateway: SmsGateway, question: Question) -> Trace | None:
    try:
        return gateway.find(
            phone=question.address, reference=question.reference, sent_at=question.called_at
        )
    except SmsError as error:
        log.warning("sms.not_found_out", provider=gateway.name, error=str(error))
        return None


@dataclass
class SharedHealth:
    """The health in the database: one for all processes, looked at every two seconds. A database
    that is away costs a stumble its entry, and no message anything."""

    sessions: sessionmaker[Session]
    machine: Callable[[], datetime]
    _seen: Mapping[str, int] = field(default_factory=dict)
    _seen_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def weights(self) -> Mapping[str, int]:
        """See `Health.weights`."""
        with self._lock:
            if time.monotonic() - self._seen_at > FRESH_SECONDS:
                self._look()
            return self._seen

    def failed(self, provider: str, reason: str) -> None:
        """Note that the provider did not take a message."""
        self._note(sms_health.note_failure, provider, reason)

    def slow(self, provider: str, reason: str) -> None:
        """Note that the provider took its time."""
        self._note(sms_health.note_slowness, provider, reason)

    def _look(self) -> None:
        try:
            with reading(self.sessions) as session:
                self._seen = sms_health.weights(session, self.machine())
        except DBAPIError:
            log.warning("sms.health_unknown")
        self._seen_at = time.monotonic()

    def _note(
        self, note: Callable[[Session, str, str, datetime], int], provider: str, reason: str
    ) -> None:
        try:
            with self.sessions.begin() as session:
                weight = note(session, provider, reason, self.machine())
        except DBAPIError:
            log.warning("sms.health_not_noted", provider=provider)
            return
        with self._lock:
            self._seen = {**self._seen, provider: weight}
        log.warning("sms.provider_stumbled", provider=provider, weight=weight, reason=reason)
