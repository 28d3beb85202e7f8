"""The broker carries ids and nothing else; the outbox stays the truth, whatever the broker does."""

import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from dramatiq import Message
from dramatiq.brokers.stub import StubBroker
from dramatiq.rate_limits.backends import StubBackend
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.media import Media
from models import Delivery
from models.telling import DeliveryState
from scheduler.broker import BadBroker, Post, make_broker
from scheduler.mail_works import HAND_AGAIN_SECONDS, HandOut
from scheduler.pace import Pace, SqlCount
from scheduler.sending import Sender
from scheduler.works import Works, machine_time
from services import dispatch, outbox, uncertain
from services.clock import WallClock
from services.dispatch import Answer, Fate, Parcel
from services.uncertain import Finding, Known, Question
from tests.builders import phone

PATIENCE = 30


@dataclass
class Line:
    """A carrier that accepts all, and counts by our own id."""

    sent: list[uuid.UUID] = field(default_factory=list)
    breaks: int = 0

    def carry(self, parcel: Parcel) -> Answer:
        self.sent.append(parcel.id)
        return Answer(Fate.ACCEPTED, "tencent", str(parcel.id))

    def find_out(self, question: Question) -> Finding:
        return Finding(Known.NEVER)


def no_pictures(media_id: str) -> Media:
    raise AssertionError("nobody asked for a picture")


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def works(sessions: sessionmaker[Session], line: Line) -> Works:
    carriers = {"sms": line}
    return Works(sessions=sessions, clock=WallClock(), carriers=carriers, fetch=no_pictures)


@pytest.fixture
def free() -> Pace:
    return Pace(StubBackend(), {})  # type: ignore[no-untyped-call]  # it has no types of its own


@pytest.fixture
def post(works: Works, free: Pace) -> Iterator[Post]:
    made = Post(partial(make_broker, None), Sender(works, free), ("sms", "wechat"), batch=3)
    works.hand = made.hand
    yield made
    works.stopping.set()
    made.close()


def put(works: Works, number: int) -> None:
    now = machine_time() - timedelta(seconds=1)
    with works.sessions.begin() as session:
        for one in range(number):
            outbox.enqueue(
                session,
                channel="sms",
                address=phone(one),
                key="sms.one_time_code",
                slots={"code": "135790", "minutes": 10},
                cause="test",
                now=now,
            )


def states(works: Works) -> dict[str, int]:
    with works.sessions() as session:
        return uncertain.counts(session)


def eventually(true: Callable[[], bool]) -> None:
    patience = threading.Event()
    for _ in range(PATIENCE * 40):
        if true():
            return
        patience.wait(0.025)
    raise AssertionError("it did not happen")


def waiting(post: Post, queue: str = "gyg_sms") -> list[Message[Any]]:
    broker = post.brokers["sms"]
    assert isinstance(broker, StubBroker)
    return [Message.decode(raw) for raw in list(broker.queues[queue].queue)]


def test_all_that_is_due_is_sent_once(works: Works, post: Post, line: Line) -> None:
    put(works, 40)
    post.open(threads=4)
    HandOut().hand_out(works)
    eventually(lambda: states(works) == {"accepted": 40})
    assert len(line.sent) == len(set(line.sent)) == 40


def test_a_message_of_the_broker_holds_ids_and_nothing_else(works: Works, post: Post) -> None:
    put(works, 5)
    assert HandOut().hand(works) == 5
    with works.sessions() as session:
        ids = {str(one) for one in session.scalars(select(Delivery.id))}
    messages = waiting(post)
    assert [len(message.args[0]) for message in messages] == [3, 2]
    assert {one for message in messages for one in message.args[0]} == ids
    assert all(not message.kwargs and not message.options for message in messages)


def test_what_was_handed_is_not_handed_again_at_once(works: Works, post: Post) -> None:
    put(works, 5)
    look = HandOut()
    assert [look.hand(works), look.hand(works)] == [5, 0]
    assert HandOut().hand(works) == 5  # another process does not know


def test_what_a_broker_lost_is_handed_again(
    works: Works, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(works, 2)
    look = HandOut()
    look.hand(works)
    monkeypatch.setattr("scheduler.mail_works.HAND_AGAIN_SECONDS", 0.0)
    assert HAND_AGAIN_SECONDS > 0
    assert look.hand(works) == 2
    post.open(threads=2)
    eventually(lambda: states(works) == {"accepted": 2})


def test_the_same_batch_twice_is_sent_once(works: Works, post: Post, line: Line) -> None:
    put(works, 6)
    for _ in range(3):
        HandOut().hand(works)
    post.open(threads=4)
    eventually(lambda: states(works) == {"accepted": 6} and not waiting(post))
    assert len(line.sent) == 6


def test_a_broker_that_is_away_leaves_the_mail_where_it_is(works: Works) -> None:
    def away(channel: str, ids: object) -> None:
        raise ConnectionError

    works.hand = away
    put(works, 2)
    look = HandOut()
    with pytest.raises(ConnectionError):
        look.hand(works)
    handed: list[Any] = []
    works.hand = lambda channel, ids: handed.extend(ids)
    look.hand(works)
    assert len(handed) == 2


def test_a_database_that_is_away_costs_no_try(
    works: Works, post: Post, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(works, 1)
    real, failures = dispatch.claim, [1]

    def away(*given: Any, **more: Any) -> Any:
        if failures:
            failures.pop()
            raise OperationalError("", {}, Exception("server closed the connection"))
        return real(*given, **more)

    monkeypatch.setattr(dispatch, "claim", away)
    post.open(threads=1)
    HandOut().hand(works)
    eventually(lambda: not failures)
    HandOut().hand(works)
    eventually(lambda: states(works) == {"accepted": 1})
    with works.sessions() as session:
        assert session.scalars(select(Delivery.tries)).all() == [1]


def test_answers_are_kept_although_all_connections_are_in_use(
    works: Works, free: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(works, 1)
    real, failures = dispatch.record_all, [1, 1]

    def full(*given: Any, **more: Any) -> None:
        if failures:
            failures.pop()
            raise PoolTimeout("QueuePool limit reached")
        real(*given, **more)

    monkeypatch.setattr(dispatch, "record_all", full)
    with works.sessions() as session:
        ids = session.scalars(select(Delivery.id)).all()
    assert Sender(works, free).deliver("sms", ids)
    assert states(works) == {"accepted": 1}


def test_what_breaks_its_sender_counts_a_try_and_holds_up_nobody(
    works: Works, post: Post, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(works, 3)
    with works.sessions() as session:
        bad = session.scalars(select(Delivery.id)).first()
    real = dispatch.claim

    def choke(*given: Any, ids: Any, **more: Any) -> Any:
        if bad in ids:
            raise KeyError("a bug of ours")
        return real(*given, ids=ids, **more)

    monkeypatch.setattr(dispatch, "claim", choke)
    post.open(threads=1)
    HandOut().hand(works)
    eventually(lambda: states(works) == {"accepted": 2, "queued": 1})
    with works.sessions() as session:
        row = session.get_one(Delivery, bad)
        assert (row.tries, row.error) == (1, "KeyError")
        assert row.due_at > machine_time()


def test_what_the_pace_does_not_allow_comes_back_by_itself(
    works: Works, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [1, 1, 1]

    class Count:
        def incr(self, key: str, amount: int, maximum: int, ttl: int) -> bool:
            return not refusals or refusals.pop() is None

    monkeypatch.setattr("scheduler.broker.AGAIN_MS", 1)
    post = Post(
        partial(make_broker, None), Sender(works, Pace(Count(), {"sms": 5})), ["sms"], batch=3
    )
    works.hand = post.hand
    put(works, 3)
    post.open(threads=1)
    HandOut().hand(works)
    eventually(lambda: states(works) == {"accepted": 3})
    assert refusals == []
    post.close()


def test_a_second_has_room_for_so_many(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [1000.0]
    monkeypatch.setattr("scheduler.pace.time.time", lambda: at[0])
    stub = StubBackend()  # type: ignore[no-untyped-call]  # it has no types of its own
    for count in (stub, SqlCount(sessions, machine_time)):
        steady = Pace(count, {"sms": 10, "wechat": 1})
        assert [steady.allows("sms", 4) for _ in range(3)] == [True, True, False]
        assert steady.allows("wechat", 5)  # a batch larger than the second's room takes it all
        assert not steady.allows("wechat", 1)
        assert steady.allows("mass", 99)
        at[0] += 1
        assert steady.allows("sms", 10)
        at[0] += 1


def test_the_count_in_the_database_is_shared_and_runs_out(sessions: sessionmaker[Session]) -> None:
    now = [machine_time()]
    one, other = (SqlCount(sessions, lambda: now[0]) for _ in range(2))
    threads_allowed: list[bool] = []

    def take(count: SqlCount) -> None:
        threads_allowed.extend(count.incr("k", 1, 5, 2000) for _ in range(5))

    threads = [threading.Thread(target=take, args=(count,)) for count in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)
    assert sum(threads_allowed) == 5
    now[0] += timedelta(milliseconds=2001)
    assert one.incr("k", 5, 5, 2000)
    assert not other.incr("k", 1, 5, 2000)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:7149/0", "amqp://guest:guest@127.0.0.1:7149"])
def test_a_broker_is_not_called_before_it_is_needed(url: str) -> None:
    assert make_broker(url).get_declared_queues() == set()


def test_an_address_of_no_known_kind_is_refused() -> None:
    with pytest.raises(BadBroker, match="GYG_BROKER_URL"):
        make_broker("kafka://127.0.0.1")


def test_a_batch_that_takes_too_long_is_given_back(
    works: Works, free: Pace, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(works, 3)
    monkeypatch.setattr("scheduler.sending.LATEST_CALL_SECONDS", -1.0)
    with works.sessions() as session:
        ids = session.scalars(select(Delivery.id)).all()
    assert Sender(works, free).deliver("sms", ids)
    assert (line.sent, states(works)) == ([], {DeliveryState.QUEUED: 3})
