"""Does a turn stay as fast when the messages pile up? `python -m bench.growth`.

One process, no web server: whole forms through the inbox, after the table of messages was filled up
to ten thousand, a hundred thousand and a million rows of other people's old messages.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from bench import house
from bench.letters import FORM, openid
from bot.inbox import Inbox
from channels.inbound import Inbound as Letter
from handlers.desk import Office
from models import make_engine, session_factory
from services.clock import WallClock
from wording import load_book

STEPS = (10_000, 100_000, 1_000_000)
SENDERS = 100
FORMS = 400

FILL = {
    "sqlite": """
        WITH RECURSIVE one(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM one WHERE n < :last)
        INSERT INTO inbound
            (channel, dedupe_key, sender_key, kind, content, received_at, reply, failed)
        SELECT 'wechat', 'm:old' || hex(randomblob(8)) || n, 'o' || hex(randomblob(13)), 'text',
            'x', '2022-04-06 01:00:00.000000', :reply, 0 FROM one""",
    "postgresql": """
        INSERT INTO inbound
            (channel, dedupe_key, sender_key, kind, content, received_at, reply, failed)
        SELECT 'wechat', 'm:old' || md5(n::text), 'o' || left(md5('s' || n), 27), 'text',
            'x', '2022-04-06 01:00:00Z', :reply, false
        FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n""",
}
"""Old messages whose keys fall all over the indexes, as message ids and openids do."""


@dataclass(frozen=True)
class Row:
    """The turns at one size of the table: medians of wall and processor time, in microseconds."""

    database: str
    rows: int
    wall_us: float
    cpu_us: float


def rows(database_url: str) -> Iterator[Row]:
    """One row a step, on an empty database."""
    house.furnish(database_url)
    engine = make_engine(database_url)
    inbox = Inbox(session_factory(engine), WallClock(), Office("0", "http://bench"), load_book())
    numbers = count(1)
    had = 0
    for step in STEPS:
        _fill(engine, first=had + 1, last=step)
        had = step
        _forms(inbox, numbers, how_many=50)
        wall, cpu = _forms(inbox, numbers, how_many=FORMS)
        yield Row(engine.dialect.name, step, wall, cpu)
    engine.dispose()


def _fill(engine: Engine, *, first: int, last: int) -> None:
    with engine.begin() as connection:
        fill = text(FILL[engine.dialect.name])
        connection.execute(fill, {"first": first, "last": last, "reply": "x" * 200})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE inbound"))


def _forms(inbox: Inbox, numbers: Iterator[int], *, how_many: int) -> tuple[float, float]:
    """Median wall and processor microseconds of a turn over that many forms."""
    wall, cpu = [], []
    for form in range(how_many):
        begun, used = time.perf_counter(), time.process_time()
        for words in FORM:
            inbox.receive(
                Letter(
                    channel="wechat",
                    sender=openid(form % SENDERS),
                    kind="text",
                    dedupe_key=f"m:{next(numbers)}",
                    text=words,
                )
            )
        wall.append((time.perf_counter() - begun) / len(FORM) * 1e6)
        cpu.append((time.process_time() - used) / len(FORM) * 1e6)
    return median(wall), median(cpu)


def main() -> None:
    """Print the table for both databases."""
    print(f"{'database':12}{'rows':>12}{'turn µs':>10}{'own CPU µs':>12}{'against first':>15}")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        urls = [f"sqlite:///{Path(name) / 'growth.db'}"]
        urls.append(stack.enter_context(house.postgres(Path(name))).url)
        for url in urls:
            first = 0.0
            for row in rows(url):
                first = first or row.wall_us
                print(
                    f"{row.database:12}{row.rows:>12,}{row.wall_us:>10.0f}{row.cpu_us:>12.0f}"
                    f"{row.wall_us / first:>15.2f}"
                )


if __name__ == "__main__":
    main()
