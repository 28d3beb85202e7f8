"""The shared token: however many processes and threads start at once, one of them fetches."""

import json
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.api import WechatApi
from channels.wechat.errors import Unreachable
from channels.wechat.line import Credentials, Line
from channels.wechat.tokens import Token
from models import ChannelToken, make_engine, session_factory
from models.sealing import Keyring, install
from services.tokens import SqlTokenStore

THREADS, PROCESSES = 4, 4


class Platform(ThreadingHTTPServer):
    """Gives a new token at each call, slowly, and counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.asked: list[str] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def count(self, part: str) -> int:
        return sum(part in path for path in self.asked)


class Desk(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Platform)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        answer: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
        if "stable_token" in self.path:
            threading.Event().wait(0.2)
            answer = {"access_token": f"token-{len(self.server.asked)}", "expires_in": 7200}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Keep quiet."""


@contextmanager
def served() -> Iterator[Platform]:
    with Platform() as platform:
        thread = threading.Thread(target=platform.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield platform
        finally:
            platform.shutdown()
            thread.join()


def send_from_a_cold_process(
    database_url: str, origin: str, keyring: Keyring, barrier: Barrier
) -> None:
    """One process: as many threads as THREADS send at the same moment, none has a token."""
    install(keyring)
    engine = make_engine(database_url, pool_size=THREADS)
    store = SqlTokenStore(session_factory(engine), name="wechat:test")
    api = WechatApi(Line(origin=origin, credentials=Credentials("wx-test", "s"), store=store))
    barrier.wait(timeout=60)
    threads = [threading.Thread(target=api.send_text, args=("o-1", "好")) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    engine.dispose()


def test_a_cold_start_of_many_processes_fetches_one_token(
    engine: Engine, sessions: sessionmaker[Session], keyring: Keyring
) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(PROCESSES)
    url = engine.url.render_as_string(hide_password=False)
    with served() as platform:
        processes = [
            spawn.Process(
                target=send_from_a_cold_process, args=(url, platform.origin, keyring, barrier)
            )
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join(timeout=90)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert platform.count("custom/send") == PROCESSES * THREADS
    assert platform.count("stable_token") == 1


def test_what_was_stored_is_given_back_and_sealed(sessions: sessionmaker[Session]) -> None:
    store = SqlTokenStore(sessions, name="wechat:test")
    assert store.get() is None
    token = Token("t" * 512, expires_at=1_900_000_000.25, fetched_at=1_899_992_800.5)
    assert store.replace(lambda _stored: token) == token
    assert store.get() == token
    with sessions() as session:
        sealed = session.scalar(text("SELECT token_sealed FROM channel_token"))
    assert sealed is not None
    assert b"tttt" not in bytes(sealed)


def test_a_fetch_that_fails_leaves_the_way_free(sessions: sessionmaker[Session]) -> None:
    store = SqlTokenStore(sessions, name="wechat:test")

    def fail(_stored: Token | None) -> Token:
        raise Unreachable("nobody there")

    with pytest.raises(Unreachable):
        store.replace(fail)
    token = Token("good", expires_at=1_900_000_000, fetched_at=1_899_992_800)
    assert store.replace(lambda _stored: token) == token


def test_the_claim_of_a_dead_process_runs_out(sessions: sessionmaker[Session]) -> None:
    with sessions.begin() as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        session.add(ChannelToken(name="wechat:test", claimed_by="dead", claimed_until=past))
    token = Token("good", expires_at=1_900_000_000, fetched_at=1_899_992_800)
    store = SqlTokenStore(sessions, name="wechat:test")
    assert store.replace(lambda _stored: token) == token


def test_who_took_too_long_does_not_overwrite_the_next_one(sessions: sessionmaker[Session]) -> None:
    store = SqlTokenStore(sessions, name="wechat:test")
    newer = Token("newer", expires_at=1_900_000_000, fetched_at=1_899_992_800)

    def dawdle(_stored: Token | None) -> Token:
        with sessions.begin() as session:
            row = session.get_one(ChannelToken, "wechat:test")
            row.claimed_until = datetime.now(UTC)
        SqlTokenStore(sessions, name="wechat:test").replace(lambda _stored: newer)
        return Token("older", expires_at=1_800_000_000, fetched_at=1_799_992_800)

    store.replace(dawdle)
    assert store.get() == newer
