"""The transport between the outbox and the senders: dramatiq, carrying ids of deliveries and
nothing else.

The outbox is the truth. A message of the broker only says "look at these": it may be lost, come
twice or come late, and the claim in the database decides. Whatever a broker lost is handed over
again (`scheduler.mail_works`).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from dramatiq import Actor, Broker, Worker
from dramatiq.brokers.stub import StubBroker

from scheduler.sending import Sender
from scheduler.works import AWAY

log = structlog.get_logger()

HEARTBEAT_MS = 15_000
"""Redis: a worker that was silent for so long is dead, and its messages go to the others."""

AGAIN_MS = 250
"""How long a batch waits, about, that the pace did not allow."""

LISTEN_MS = 100


class BadBroker(Exception):
    """The broker's address is of no kind we know."""


def make_broker(url: str | None) -> Broker:
    """The broker at that address; without one, a queue in this process. Does not connect yet."""
    if url is None:
        return StubBroker(middleware=[])
    scheme = url.partition("://")[0]
    if scheme in {"redis", "rediss"}:
        from dramatiq.brokers.redis import RedisBroker  # noqa: PLC0415 - only where it is used

        make: Callable[..., Broker] = RedisBroker  # it has no types of its own
        return make(url=url, middleware=[], heartbeat_timeout=HEARTBEAT_MS)
    if scheme in {"amqp", "amqps"}:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415 - as above

        return RabbitmqBroker(url=url, middleware=[], confirm_delivery=True)
    raise BadBroker("GYG_BROKER_URL: redis://… or amqp://…")


@dataclass
class Post:
    """One actor a channel, each with a queue, a connection to the broker and threads of its own, so
    that a slow channel holds up no other. `batch`: how many ids one message carries."""

    connect: Callable[[], Broker]
    sender: Sender
    channels: Collection[str]
    batch: int
    _actors: dict[str, Actor[Any, None]] = field(default_factory=dict, init=False)
    _workers: list[Worker] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._actors = {channel: self._actor(channel) for channel in self.channels}

    @property
    def brokers(self) -> dict[str, Broker]:
        """The connection of each channel."""
        return {channel: actor.broker for channel, actor in self._actors.items()}

    def hand(self, channel: str, ids: Sequence[uuid.UUID]) -> None:
        """Give ids to the senders of a channel. Raises what the broker raises when it is away."""
        actor = self._actors[channel]
        for start in range(0, len(ids), self.batch):
            some = [str(one) for one in ids[start : start + self.batch]]
            actor.broker.enqueue(actor.message(some))

    def open(self, threads: int) -> None:
        """Let workers of this process send, with so many threads a channel."""
        for broker in self.brokers.values():
            worker = Worker(broker, worker_threads=threads, worker_timeout=LISTEN_MS)
            worker.start()
            self._workers.append(worker)

    def close(self) -> None:
        """Finish what is under way; what is only queued goes back to the broker."""
        for worker in self._workers:
            worker.stop()
        self._workers.clear()
        for broker in self.brokers.values():
            broker.close()

    def _actor(self, channel: str) -> Actor[Any, None]:
        def deliver(ids: list[str]) -> None:
            self._deliver(channel, ids)

        return Actor(
            deliver,
            broker=self.connect(),
            actor_name=f"deliver_{channel}",
            queue_name=f"gyg_{channel}",
            priority=0,
            options={},
        )

    def _deliver(self, channel: str, ids: list[str]) -> None:
        """Never raises: what fails here is handed over again, or is counted as a try."""
        keys = [uuid.UUID(one) for one in ids]
        try:
            if not self.sender.deliver(channel, keys):
                actor = self._actors[channel]
                later = AGAIN_MS + random.randrange(AGAIN_MS)  # noqa: S311 - no secret
                actor.broker.enqueue(actor.message(ids), delay=later)
        except AWAY:
            log.warning("outbox.database_away", channel=channel, deliveries=len(ids))
        except Exception:
            log.exception("outbox.batch_failed", channel=channel, deliveries=ids)
            self.sender.shelve(channel, keys)
