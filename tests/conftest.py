"""Fixtures that every test may use.

`engine`, `session`, `sessions`, `seeded` and `talk` run each test twice: on SQLite and on a real
PostgreSQL. Work done through `session` and `talk` is rolled back; `sessions` really commits, for
tests with several threads, and the rows are removed afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from models import session_factory
from models.sealing import Keyring, install
from tests import databases
from tests.builders import seed

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.talk import Talk

hypothesis.settings.register_profile("house", deadline=None, max_examples=60)
hypothesis.settings.load_profile("house")
"""No test judges time: a slow machine is no defect."""


LONGEST = "tests/years/"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that no core waits for it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(autouse=True)
def keyring() -> Keyring:
    """The keys of sealed columns; the same in every test, whatever the one before installed."""
    install(databases.TEST_KEYRING)
    return databases.TEST_KEYRING


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with databases.sqlite_database(tmp_path_factory.mktemp("database")) as engine:
        yield engine


@pytest.fixture(scope="session")
def postgres_engine() -> Iterator[Engine]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with databases.postgres_database(f"gyg_{worker}") as engine:
        yield engine


@pytest.fixture(params=[pytest.param("sqlite"), pytest.param("postgres")])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A database with this release's schema and no rows."""
    made: Engine = request.getfixturevalue(f"{request.param}_engine")
    return made


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One connection in a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session whose commits end in a savepoint: nothing outlives the test."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        yield session


@pytest.fixture
def sessions(engine: Engine) -> Iterator[sessionmaker[Session]]:
    """Sessions that really commit, each on a connection of its own."""
    yield session_factory(engine)
    databases.empty(engine)


@pytest.fixture
def seeded(session: Session) -> Session:
    """The session, with the district, its 2022 plan and the demonstration in it."""
    seed(session)
    session.commit()
    return session


@pytest.fixture
def seeded_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """`sessions` on a database that holds the district and the demonstration."""
    with sessions.begin() as session:
        seed(session)
    return sessions


@pytest.fixture
def talk(seeded: Session, connection: Connection) -> Talk:
    """Somebody who writes to the service: `talk("…")` gives the reply. See `tests.talk`."""
    from tests.talk import Talk  # noqa: PLC0415 - only talks need every counter to be importable

    return Talk(connection=connection, session=seeded)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium, one for all tests of the process: the library bears no second one."""
    from tests.browser.conftest import running_chromium  # noqa: PLC0415 - few tests need it

    with running_chromium() as browser:
        yield browser


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return Path(__file__).parent.parent
