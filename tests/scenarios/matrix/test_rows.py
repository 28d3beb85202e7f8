"""The notification matrix over the real processes: each row a play, all in one town, on one
calendar; what each of worker, village, town and district was sent, and what was not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from channels.wechat.media import Media
from models import Delivery, session_factory
from models.engine import normalise
from models.telling import DeliveryState
from scheduler.jobs import JOBS
from scheduler.works import Works
from services.clock import MovableClock
from tests.scenarios.lives import inside, running_on
from tests.scenarios.matrix import cast
from tests.scenarios.matrix.play import Matrix
from tests.scenarios.town import Town

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
UNHEARD = frozenset({"seal_audit", "ask_providers", "tidy_mail", "insurance_gaps"})
"""Look-outs that tell nobody anything and go by the machine's clock; and one that each process
does for itself once a day, so that it is always due here."""
PATIENCE_SECONDS = 60


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_row_of_the_matrix(
    database: str, tmp_path: Path, worker_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    with (
        running_on(database, f"matrix_{worker_id}", tmp_path) as town,
        inside(town, monkeypatch) as sessions,
    ):
        with sessions.begin() as session:
            cast.set_up(session)
        with looking_on(town) as looks:
            matrix = Matrix(town, lines.append, settle=settling(looks))
            matrix.gather()
            failures = matrix.play_all(FILES)
    assert not failures, "\n".join(failures.values())


def test_every_row_has_its_play() -> None:
    plays = {path.stem for path in FILES}
    assert plays == set(cast.ROWS)


@contextmanager
def looking_on(town: Town) -> Iterator[sessionmaker[Session]]:
    """Sessions that read the town's database and never take its write lock, as our own would: who
    looks every moment must not keep the town from its work."""
    engine = create_engine(normalise(town.environment["GYG_DATABASE_URL"]), poolclass=NullPool)
    try:
        yield session_factory(engine)
    finally:
        engine.dispose()


def settling(sessions: sessionmaker[Session]) -> Callable[[], None]:
    """Waits until no look-out finds anything due and nothing is on its way."""
    works = Works(sessions=sessions, clock=MovableClock(), carriers={}, fetch=_nothing)

    def settle() -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while (busy := _busy(works)) and time.monotonic() < until:
            time.sleep(0.1)
        assert not busy, f"still busy after {PATIENCE_SECONDS} s: {busy}"

    return settle


def _busy(works: Works) -> list[str]:
    due = [
        job.name
        for job in JOBS
        if job.is_due is not None and job.name not in UNHEARD and job.is_due(works)
    ]
    return due or _on_their_way(works)


def _on_their_way(works: Works) -> list[str]:
    with works.sessions() as session:
        now = works.clock.now(session)
        leaves = Delivery.state == DeliveryState.SENDING
        waits = (Delivery.state == DeliveryState.QUEUED) & (Delivery.due_at <= now)
        found = session.scalar(select(func.count()).select_from(Delivery).where(leaves | waits))
    return [f"{found} deliveries"] if found else []


def _nothing(_media_id: str) -> Media:
    raise AssertionError("nobody sends a picture here")
