"""What every table shares: two kinds of time, keys, and names of constraints."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session, sessionmaker

from models import Base, Contact, Person, Region, make_engine, new_id
from models.engine import normalise
from models.places import RegionKind
from tests.builders import NOW, create_contact, create_person


def test_an_instant_comes_back_as_aware_utc(session: Session) -> None:
    beijing = datetime(2022, 4, 6, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    person = create_person(session, created_at=beijing)
    session.commit()
    session.expire_all()
    assert person.created_at == beijing
    assert person.created_at.tzinfo is UTC


def test_instants_compare_in_sql_whatever_their_zone(session: Session) -> None:
    create_person(session, created_at=NOW)
    later = (NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=-5)))
    count = select(func.count()).select_from(Person)
    assert session.scalar(count.where(Person.created_at < later)) == 1
    assert session.scalar(count.where(Person.created_at >= later)) == 0


def test_a_naive_datetime_is_refused(session: Session) -> None:
    with pytest.raises(StatementError, match="naive"):
        create_person(session, created_at=datetime(2022, 4, 6))  # noqa: DTZ001 - the very mistake


def test_keys_sort_by_the_time_they_were_made_and_are_version_7() -> None:
    keys = [new_id() for _ in range(500)]
    assert len(set(keys)) == 500
    assert all(key.version == 7 for key in keys)
    stamps = [key.int >> 80 for key in keys]
    assert stamps == sorted(stamps)


def test_every_constraint_has_a_name_of_the_convention() -> None:
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint}"


def test_the_database_keeps_the_invariants(session: Session) -> None:
    create_contact(session, channel="wechat", address_key="o-1")
    with pytest.raises(IntegrityError), session.begin_nested():
        create_contact(session, channel="wechat", address_key="o-1")
    create_contact(session, channel="sms", address_key="o-1")
    with pytest.raises(IntegrityError), session.begin_nested():
        create_contact(session, person_id=new_id())
    with pytest.raises(IntegrityError), session.begin_nested():
        create_person(session, sex="other")


def test_two_people_cannot_have_one_id_number(session: Session) -> None:
    first = create_person(session)
    with pytest.raises(IntegrityError), session.begin_nested():
        create_person(session, id_number=first.id_number)


def test_a_place_knows_its_town(seeded: Session) -> None:
    village = seeded.scalars(select(Region).where(Region.kind == RegionKind.VILLAGE)).first()
    assert village is not None
    assert village.parent is not None
    assert village.path.startswith(village.parent.path)


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg"),
        ("postgresql://h/d", "postgresql+psycopg"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg"),
        ("sqlite:///x.db", "sqlite"),
    ],
)
def test_postgres_addresses_mean_psycopg_3(written: str, driver: str) -> None:
    assert normalise(written).drivername == driver


def test_sqlite_is_set_up_for_several_writers(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'new folder' / 'x.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas["journal_mode"] == "wal"
    assert pragmas["foreign_keys"] == 1
    assert pragmas["busy_timeout"] < 5000, "WeChat waits five seconds"


def test_read_then_write_from_many_threads_loses_nothing(
    sessions: sessionmaker[Session], engine: Engine
) -> None:
    """The deferred transactions of SQLite's driver would fail here (models/engine.py)."""
    with sessions.begin() as session:
        contact_id = create_contact(session, address_key="0").id

    def count_up() -> None:
        for _ in range(5):
            with sessions.begin() as session:
                contact = session.get_one(Contact, contact_id, with_for_update=True)
                contact.address_key = str(int(contact.address_key) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sessions() as session:
        assert session.get_one(Contact, contact_id).address_key == "30"
