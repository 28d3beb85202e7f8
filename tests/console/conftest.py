"""The console on a seeded database, and people who sign in to it by its own pages.

`visit("zhenjingban")` gives somebody who is signed in: `.get("/console/")`, `.post(path, {...})`
(which carries the CSRF token of the page before). Time stands at the demonstration's beginning;
`watch.wall` is the machine's clock and can be moved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from console.app import register_console
from console.base import Console
from console.guard import FOUND_OUT
from services import demo_staff
from tests.builders import NOW
from wording import load_book

SMS_SHARES = {"tencent": 70, "aliyun": 30}


@pytest.fixture(autouse=True)
def _pages_that_only_read_do() -> Iterator[None]:
    """A page that writes, and is not named in `console.guard.KEEPS`, fails its test."""
    yield
    found = sorted(FOUND_OUT)
    FOUND_OUT.clear()
    assert not found


@dataclass
class Watch:
    """Both clocks: `now` is business time, `wall` the machine's."""

    at: datetime = NOW
    wall: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))

    def now(self, _session: Session) -> datetime:
        return self.at


@dataclass
class Visitor:
    """Somebody at a browser."""

    client: FlaskClient
    watch: Watch
    page: str = ""

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page, redirects followed."""
        return self._read(self.client.get(path, follow_redirects=True, **options))

    def post(self, path: str, form: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with the CSRF token of the page before, redirects followed."""
        data = {"csrf_token": self.token, **(form or {})}
        answer = self.client.post(path, data=data, follow_redirects=True, **options)
        return self._read(answer)

    def sign_in(self, login: str, password: str = demo_staff.PASSWORD) -> TestResponse:
        """Password and code, as the pages ask for them."""
        self.get("/console/sign-in")
        answer = self.post("/console/sign-in", {"login": login, "password": password})
        if 'name="code"' not in self.page:
            return answer
        return self.post("/console/code", {"code": self.code()})

    def code(self, secret: str = demo_staff.TOTP_SECRET) -> str:
        return pyotp.TOTP(secret).at(self.watch.wall)

    @property
    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """What the page says, without its tags."""
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", self.page, flags=re.DOTALL)
        return " ".join(unescape(text).split())

    def field_value(self, name: str) -> str:
        """The value of a hidden field on the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found, f"no field {name}"
        return found[1]

    def _read(self, answer: TestResponse) -> TestResponse:
        self.page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        return answer


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def app(seeded_sessions: sessionmaker[Session], watch: Watch) -> Flask:
    """A web application that is only the console."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 256 * 1024  # the webhooks' limit, as in wsgi
    console = Console(seeded_sessions, watch, load_book(), sandbox=True,
                      wall=lambda: watch.wall, sms_shares=SMS_SHARES)  # fmt: skip
    register_console(app, console, secret_key="a secret of the tests, long enough for them")
    return app


@pytest.fixture
def stranger(app: Flask, watch: Watch) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client(), watch)


Visit = Callable[[str], Visitor]


@pytest.fixture
def visit(app: Flask, watch: Watch) -> Visit:
    """Signs somebody in: `visit("zhenjingban")`. Each one later by a code's life."""

    def come(login: str) -> Visitor:
        watch.wall += timedelta(seconds=30)
        visitor = Visitor(app.test_client(), watch)
        answer = visitor.sign_in(login)
        assert answer.status_code == 200, visitor.words
        return visitor

    return come
