"""Does the month grid hold a village of any size? `python -m bench.bench_grid [workers …]`.

One village with that many workers and their April, opened by a town's clerk through the console's
own pages. Median wall time of the whole page in milliseconds, the least processor time of our side
for it (other programs hardly move it), the statements it takes, its size in kilobytes, and what
finding the month's signals takes in seconds, on SQLite and PostgreSQL.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session, sessionmaker

from bench import bench_month, house
from console.app import register_console
from console.base import Console
from console.days import PAGE_ROWS
from models import Engagement, Post, Region, make_engine, session_factory
from services import demo_staff
from services.anomalies import looking
from wording import load_book

SIZES = (50, 300, 1_000, 5_000)
ROUNDS = 7
LOGIN = "zhenjingban"


class Standing:
    """A clock that stands at the bench's day."""

    def now(self, _session: Session) -> datetime:
        return bench_month.NOW


def fill(sessions: sessionmaker[Session], workers: int) -> str:
    """So many workers on the posts of one village; gives its code."""
    with sessions() as session:
        bench_month.fill(session, workers)
        post = session.scalars(select(Post).where(Post.code == "B-0")).one()
        session.execute(
            update(Engagement).where(Engagement.worker_code.startswith("B")).values(post_id=post.id)
        )
        code = session.scalars(select(Region.code).where(Region.id == post.region_id)).one()
        session.commit()
    return code


def opened(sessions: sessionmaker[Session]) -> FlaskClient:
    """A browser in which a town's clerk has signed in."""
    app = Flask(__name__, static_folder=None)
    console = Console(sessions, Standing(), load_book(), sandbox=True)
    register_console(app, console, secret_key="a secret of the bench, long enough for it")
    client = app.test_client()
    _send(client, "/console/sign-in", {"login": LOGIN, "password": demo_staff.PASSWORD})
    _send(client, "/console/code", {"code": pyotp.TOTP(demo_staff.TOTP_SECRET).at(
        datetime.now(UTC))})  # fmt: skip
    return client


def _send(client: FlaskClient, path: str, form: dict[str, str]) -> None:
    page = client.get(path).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    client.post(path, data={**form, "csrf_token": token[1]}, follow_redirects=True)


def measure(name: str, database_url: str, workers: int) -> None:
    """Print a line."""
    house.furnish(database_url)
    engine = make_engine(database_url)
    sessions = session_factory(engine)
    path = f"/console/days?place={fill(sessions, workers)}&month=2022-04"
    client = opened(sessions)
    counted: list[int] = []
    event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
    spans, worked, size = [], [], 0
    for _ in range(ROUNDS):
        counted.clear()
        began, busy = time.perf_counter(), time.process_time()
        answer = client.get(path)
        spans.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - busy) * 1000)
        assert answer.status_code == 200
        size = len(answer.get_data())
    assert answer.get_data(as_text=True).count("/2022-04-06") == min(workers, PAGE_ROWS)
    began = time.perf_counter()
    statements = len(counted)
    with sessions.begin() as session:
        looking.find(session, bench_month.APRIL, bench_month.NOW)
    finding = time.perf_counter() - began
    times = f"{median(spans):>10.0f}{min(worked):>10.0f}"
    print(f"{name:<11}{workers:>9,}{times}{statements:>12}{size / 1000:>10.0f}{finding:>10.1f}",
          flush=True)  # fmt: skip
    engine.dispose()


def main(sizes: list[int]) -> None:
    heads = f"{'page ms':>10}{'CPU ms':>10}{'statements':>12}{'kB':>10}{'signals s':>10}"
    print(f"{'database':<11}{'workers':>9}{heads}")
    for workers in sizes:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measure("sqlite", f"sqlite:///{folder}/bench.db", workers)
            with house.postgres(Path(folder)) as database:
                measure("postgresql", database.url, workers)


if __name__ == "__main__":
    main([int(one.replace(",", "")) for one in sys.argv[1:]] or list(SIZES))
