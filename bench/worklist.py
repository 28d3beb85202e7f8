"""Does the worklist stay as fast when the cases pile up? `python -m bench.worklist`.

A town clerk's first page, the page after it and the counts, at 1,000, 10,000 and 100,000 cases that
wait for the town, on SQLite and PostgreSQL. Medians of wall time in milliseconds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, sessionmaker

from bench import house
from models import (
    Announcement,
    Application,
    Person,
    Region,
    Role,
    make_engine,
    new_id,
    session_factory,
)
from services import worklist
from services.acting import Acting

SIZES = (1_000, 10_000, 100_000)
ROUNDS = 15
NOW = datetime(2022, 4, 6, 1, tzinfo=UTC)


def fill(session: Session, first: int, last: int) -> None:
    """Cases number `first` to `last` that wait for a town's clerk, over a year of due days."""
    village = session.scalars(select(Region).where(Region.kind == "village")).first()
    announcement = session.scalars(select(Announcement)).first()
    assert village is not None
    assert announcement is not None
    people: list[dict[str, Any]] = []
    cases: list[dict[str, Any]] = []
    for number in range(first, last):
        key = new_id()
        born = {"id": key, "name": "Somebody", "born_on": date(1970, 5, 2), "sex": "female"}
        people.append(born | {"village_id": village.id, "created_at": NOW})
        cases.append(
            {
                "id": new_id(),
                "number": f"B{number:08d}",
                "announcement_id": announcement.id,
                "person_id": key,
                "village_id": village.id,
                "track": "rural",
                "claims": {},
                "pledged_at": NOW,
                "submitted_at": NOW,
                "status": "town_clerk",
                "status_at": NOW,
                "holder_id": village.parent_id,
                "due_on": date(2022, 4, 6) + timedelta(days=number % 365),
                "version": 1,
            }
        )
    session.execute(insert(Person), people)
    session.execute(insert(Application), cases)


def milliseconds(act: Callable[[], object]) -> float:
    """The median wall time of an act."""
    spans = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        spans.append((time.perf_counter() - began) * 1000)
    return median(spans)


def measure(name: str, database_url: str) -> None:
    """Print a line for each size."""
    house.furnish(database_url)
    engine = make_engine(database_url)
    sessions = session_factory(engine)
    held = 0
    for size in SIZES:
        with sessions.begin() as session:
            fill(session, held, size)
        held = size
        found = _clerk_at_work(sessions)
        print(f"{name:<11}{size:>9,}" + "".join(f"{one:>10.1f}" for one in found))
    engine.dispose()


def _clerk_at_work(sessions: sessionmaker[Session]) -> tuple[float, float, float]:
    """The first page, the next one and the counts, each in a session of its own."""
    with sessions() as session:
        town = session.scalars(select(Region).where(Region.code == "xinyan")).one()
        clerk = Acting(role=Role.TOWN_CLERK, region=town)
        mark = worklist.waiting(session, clerk).next

    def in_a_session(act: Callable[[Session], object]) -> float:
        def once() -> None:
            with sessions() as session:
                act(session)

        return milliseconds(once)

    return (
        in_a_session(lambda session: worklist.waiting(session, clerk)),
        in_a_session(lambda session: worklist.waiting(session, clerk, after=mark)),
        in_a_session(lambda session: worklist.counts(session, clerk)),
    )


def main() -> None:
    print(f"{'database':<11}{'cases':>9}{'first':>10}{'next':>10}{'counts':>10}   ms")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        measure("sqlite", f"sqlite:///{folder}/bench.db")
        with house.postgres(Path(folder)) as database:
            measure("postgresql", database.url)


if __name__ == "__main__":
    main()
