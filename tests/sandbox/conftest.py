"""A sandbox on a real socket, and the tiny service that it talks to."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.app import create_app
from sandbox.config import Config
from sandbox.world import World
from tests.sandbox.fake_service import FakeService
from tests.serving import listening

LI = "o-sandbox-liguixiang"


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextlib.contextmanager
def served_world(**settings: Any) -> Iterator[tuple[World, FakeService]]:
    """A sandbox and a tiny service, both listening, that know each other."""
    server = make_server(
        "127.0.0.1",
        0,
        Flask("not yet"),  # the port must be known before the world is made
        threaded=True,
        request_handler=Quiet,
    )
    quick: dict[str, Any] = {
        "event_delay_seconds": 0.01,
        "sms_receipt_seconds": 0.01,
        "start_at": "2022-04-06T09:00:00+08:00",
    }
    config = Config(**{**quick, **settings, "port": server.server_port})
    service = FakeService(config)
    service.config = config = Config(**{**vars(config), "service_url": service.url})
    world = World(config)
    server.app = create_app(world)
    with listening(server):
        try:
            yield world, service
        finally:
            world.close()
    service.close()


class Caller:
    """Talks to one sandbox as another program would."""

    def __init__(self, world: World) -> None:
        self.url = world.config.own_url
        self._token = world.tokens.stable

    def post(self, path: str, body: Any) -> Any:
        answer = requests.post(self.url + path, json=body, timeout=30)
        return answer.json()

    def get(self, path: str) -> Any:
        return requests.get(self.url + path, timeout=30).json()

    def api(self, path: str, body: Any) -> Any:
        """A call of WeChat's API with a good token."""
        token = self._token(force=False)
        assert token
        return self.post(f"/cgi-bin/{path}?access_token={token.text}", body)

    def say(self, text: str, openid: str = LI, **more: Any) -> Any:
        return self.post("/phone/send", {"openid": openid, "kind": "text", "text": text, **more})


@pytest.fixture
def both() -> Iterator[tuple[World, FakeService]]:
    with served_world() as pair:
        yield pair


@pytest.fixture
def world(both: tuple[World, FakeService]) -> World:
    return both[0]


@pytest.fixture
def service(both: tuple[World, FakeService]) -> FakeService:
    return both[1]


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits for something that another thread does."""

    def wait(true: Callable[[], bool]) -> None:
        patience = threading.Event()
        for _ in range(400):
            if true():
                return
            patience.wait(0.025)
        raise AssertionError("it did not happen within ten seconds")

    return wait
