"""Making out a broadcast's people, and handing them to the router: `python -m bench.broadcast`.

A million people in PostgreSQL. The bare statement is one INSERT … SELECT of the same rows into the
same table; ours goes in chunks with a cursor, each committed. Then some thousands are handed over,
with message, delivery and every reason why. Memory is this process's.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, insert, select, text
from sqlalchemy.orm import Session, sessionmaker

from bench import house
from models import (
    Broadcast,
    BroadcastRecipient,
    BroadcastState,
    Person,
    Region,
    make_engine,
    new_id,
    session_factory,
)
from models.engine import normalise
from models.sealing import blind_index, ring
from services.broadcasts import expansion, release
from services.broadcasts.audience import Audience, Who

NOW = datetime(2022, 4, 6, 1, 0, tzinfo=UTC)
BORN_ON = date(1970, 5, 2)
FILL = """
    INSERT INTO person (id, name, born_on, sex, village_id, created_at)
    SELECT gen_random_uuid(), 'x', '1970-05-02', 'female', :village, now()
    FROM generate_series(1, CAST(:count AS bigint))"""
BARE = """
    INSERT INTO broadcast_recipient (broadcast_id, person_id, region_id)
    SELECT CAST(:broadcast AS uuid), id, village_id FROM person WHERE forgotten_at IS NULL"""


@dataclass(frozen=True)
class Town:
    """Where it is measured: the district has everybody, one village those who have phones."""

    url: str
    sessions: sessionmaker[Session]
    engine: Engine
    district: int
    village: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--handed", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, house.postgres(Path(folder)) as database:
        town = furnish(database.url, options.people)
        for _ in range(options.rounds):
            bare = measured(town, lambda key: run_bare(town, key))
            before = peak_mb()
            ours = measured(town, lambda key: run_ours(town, key))
            print(
                f"{options.people:,} people: bare {bare:.1f} s, ours {ours:.1f} s, "
                f"{bare / ours:.2f} x; peak memory {before:.0f} -> {peak_mb():.0f} MB"
            )
        add_phones(town, options.handed)
        seconds = hand_over(town)
        print(f"handed to the router: {options.handed / seconds:,.0f} a second")
        town.engine.dispose()


def furnish(url: str, people: int) -> Town:
    """The district, and so many people of one village without a phone."""
    house.furnish(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        district = connection.scalar(select(Region.id).where(Region.parent_id.is_(None)))
        other, village = connection.scalars(
            select(Region.id).where(Region.kind == "village").order_by(Region.id).limit(2)
        )
        connection.execute(text(FILL), {"village": other, "count": people})
    alone(url, "VACUUM ANALYZE person")
    assert district is not None
    return Town(url, session_factory(engine), engine, district, village)


def alone(url: str, statement: str) -> None:
    """Run a statement outside any transaction."""
    engine = create_engine(normalise(url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def measured(town: Town, run: Callable[[Broadcast], None]) -> float:
    """Seconds for a broadcast to everybody; the table is empty before and after."""
    broadcast = make(town, town.district)
    alone(town.url, "CHECKPOINT")
    began = time.perf_counter()
    run(broadcast)
    seconds = time.perf_counter() - began
    alone(town.url, "TRUNCATE broadcast_recipient")
    return seconds


def run_bare(town: Town, broadcast: Broadcast) -> None:
    """One statement, one transaction."""
    with town.engine.begin() as connection:
        connection.execute(text(BARE), {"broadcast": str(broadcast.id)})


def run_ours(town: Town, broadcast: Broadcast) -> None:
    """As the clock does it."""
    more = True
    while more:
        with town.sessions.begin() as session:
            held = session.get_one(Broadcast, broadcast.id, with_for_update=True)
            more = expansion.expand(session, held, NOW)


def make(town: Town, region_id: int) -> Broadcast:
    """A broadcast to everybody of a place, on its way."""
    with town.sessions.begin() as session:
        made = Broadcast(
            id=new_id(),
            region_id=region_id,
            kind="broadcast_duty",
            title="x",
            body="y" * 60,
            audience=Audience(Who.EVERYBODY).plain,
            state=BroadcastState.SENDING,
            made_at=NOW,
            started_at=NOW,
            swept_at=NOW,
        )
        session.add(made)
    return made


def add_phones(town: Town, count: int) -> None:
    """So many people of the village, each with a mobile number of their own."""
    rows = []
    for number in range(count):
        key, phone = new_id(), f"1380{number:07d}"
        rows.append(
            {
                "id": key,
                "name": "x",
                "born_on": BORN_ON,
                "sex": "female",
                "village_id": town.village,
                "created_at": NOW,
                "phone_sealed": ring().seal(phone, f"person.phone|{key}"),
                "phone_index": blind_index(phone, "phone"),
            }
        )
    with town.engine.begin() as connection:
        connection.execute(insert(Person), rows)


def hand_over(town: Town) -> float:
    """Seconds to hand the village's people to the router, in chunks as the clock does it."""
    broadcast = make(town, town.village)
    run_ours(town, broadcast)
    began, more = time.perf_counter(), True
    while more:
        with town.sessions.begin() as session:
            held = session.get_one(Broadcast, broadcast.id, with_for_update=True)
            more = release.release(session, held, NOW) > 0
    with town.sessions() as session:
        waits = select(BroadcastRecipient.person_id).where(BroadcastRecipient.message_id.is_(None))
        assert session.scalar(waits.limit(1)) is None
    return time.perf_counter() - began


def peak_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
