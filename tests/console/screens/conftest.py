"""One database, a served console and a screen that lets nothing wrong pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.serving import make_server

from models import session_factory
from tests import databases
from tests.browser.walking import NARROW, WIDE
from tests.console.conftest import Watch
from tests.serving import listening


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """One database is enough to look at."""
    return sqlite_engine


@pytest.fixture
def sessions(engine: Engine) -> Iterator[sessionmaker[Session]]:
    yield session_factory(engine)
    databases.empty(engine)


@pytest.fixture
def watch() -> Watch:
    return Watch(wall=datetime.now(UTC))


@pytest.fixture
def address(app: Flask, watch: Watch) -> Iterator[str]:
    with listening(make_server("127.0.0.1", 0, app, threaded=True)) as url:
        yield url


@pytest.fixture(params=[WIDE, NARROW], ids=["desk", "phone"])
def screen(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    """A page; a script error, a refused resource or a foreign request fails."""
    troubles: list[str] = []
    context = chromium.new_context(viewport=request.param, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.on(
        "request",
        lambda r: None if r.url.startswith((address, "data:")) else troubles.append(r.url),
    )
    page.goto(f"{address}/console/")
    yield page
    context.close()
    assert not troubles
