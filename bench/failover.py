"""`python -m bench.failover`: two SMS providers, first one in trouble, then the other; as a chart.

Real SDKs, the real carrier and its shared health on SQLite, over HTTP against the stand-in. The
clock that gives a share back runs ten times as fast as the wall's, so that thirteen minutes pass in
eighty seconds. Writes docs/failover.md and docs/pictures/failover.svg.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pygal
from pygal.style import CleanStyle
from werkzeug.serving import make_server

from channels.sms.gateway import Account
from channels.sms.providers import PROVIDERS
from models import make_engine, schema, session_factory
from sandbox.app import create_app
from sandbox.config import Config
from sandbox.world import World
from scheduler import sms_mail
from scheduler.sms_mail import Route, SharedHealth, SmsCarrier
from services import sms_health
from services.dispatch import Answer, Fate, Parcel
from wording import load_book
from wording.sms import sms_templates

ROOT = Path(__file__).parent.parent
FASTER = 10
SHARES = {"tencent": 70, "aliyun": 30}
BUCKET = 30
"""Seconds of the fast clock that stand in one line of the table."""

END = 780
TROUBLES = (
    (60, 180, "tencent", "InternalError.OtherError"),
    (480, 540, "aliyun", "Throttling.User"),
)
A_SECOND = 20
"""Messages in a second of the wall."""

SENDERS = 4


@dataclass
class Run:
    """What was counted, by bucket of the fast clock."""

    began: float
    answers: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    weights: dict[int, dict[str, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds(self) -> float:
        return (time.monotonic() - self.began) * FASTER

    def machine(self) -> datetime:
        return datetime(2022, 4, 6, tzinfo=UTC) + timedelta(seconds=self.seconds())

    def count(self, answer: Answer) -> None:
        accepted = answer.fate is Fate.ACCEPTED
        with self.lock:
            bucket = int(self.seconds() // BUCKET)
            self.answers[bucket][str(answer.provider) if accepted else str(answer.fate)] += 1


@contextmanager
def outside() -> Iterator[World]:
    """The stand-in on a free port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        config = Config(port=listening.getsockname()[1], service_url="http://127.0.0.1:9")
        world = World(config)
        server = make_server(
            "127.0.0.1", config.port, create_app(world), threaded=True, fd=listening.fileno()
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield world
        finally:
            server.shutdown()
            thread.join()
            world.close()


def make_carrier(url: str, database: str, run: Run) -> tuple[SmsCarrier, SharedHealth]:
    """The carrier over both providers."""
    templates = sms_templates(load_book())
    ids = {name: name for name in templates}
    routes = []
    for name, share in SHARES.items():
        account = Account("id", "key", "公益岗", "1400000000", url, 5)
        routes.append(Route(PROVIDERS[name].open(account), share, ids, "公益岗"))
    schema.upgrade(database)
    health = SharedHealth(session_factory(make_engine(database)), run.machine)
    return SmsCarrier(routes, templates, health), health


def play(world: World, carrier: SmsCarrier, health: SharedHealth, run: Run) -> int:
    """Send at a steady pace to the end; how many messages there were."""
    sent, due = 0, time.monotonic()
    begun: set[str] = set()
    with ThreadPoolExecutor(SENDERS) as senders:
        while (now := run.seconds()) < END:
            trouble(world, now, begun)
            with run.lock:
                run.weights.setdefault(int(now // BUCKET), dict(health.weights()))
            senders.submit(lambda: run.count(carrier.carry(parcel())))
            sent += 1
            due += 1 / A_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
    return sent


def trouble(world: World, now: float, begun: set[str]) -> None:
    """Switch the troubles on and off by the fast clock."""
    for begins, ends, provider, code in TROUBLES:
        if begins <= now < ends and provider not in begun:
            fault = {"target": provider, "kind": "code", "value": code, "times": 10**6}
            world.faults.add(fault)
            begun.add(provider)
        elif now >= ends and provider in begun and f"{provider} again" not in begun:
            world.faults.clear()
            begun.add(f"{provider} again")


def parcel() -> Parcel:
    slots = {"code": "135790", "minutes": 10}
    lease = datetime(2022, 4, 6, tzinfo=UTC)
    return Parcel(uuid.uuid4(), lease, "sms", "13800001234", "sms.one_time_code", slots)


def chart(run: Run) -> bytes:
    """The messages of each half minute, by who took them."""
    made = pygal.StackedBar(
        js=[],
        width=720,
        height=440,
        style=CleanStyle(
            legend_font_size=22, label_font_size=18, major_label_font_size=18, title_font_size=22
        ),
        title="SMS taken, by provider",
        legend_at_bottom=True,
        x_title="seconds",
        show_minor_x_labels=False,
        truncate_label=-1,
    )
    buckets = range(END // BUCKET)
    made.x_labels = [bucket * BUCKET for bucket in buckets]
    made.x_labels_major = [bucket * BUCKET for bucket in buckets if not bucket % 4]
    for name in SHARES:
        made.add(name, [run.answers[bucket][name] for bucket in buckets])
    made.add("not taken", [_others(run.answers[bucket]) for bucket in buckets])
    drawn: bytes = made.render()
    return drawn


def page(run: Run, sent: int, shown: int) -> str:
    """The numbers beside the chart."""
    lost = _lost(run)
    lines = [
        "# Fail-over between two SMS providers, played\n",
        "`python -m bench.failover` against the stand-in; Tencent has 70 % and Aliyun 30 % while",
        "both are well. Times are of the fast clock (ten times the wall's). From 60 to 180 s",
        "Tencent refuses all with `InternalError.OtherError`, from 480 to 540 s Aliyun with",
        "`Throttling.User`. Nobody switches anything. A weight is of the line's first moment.\n",
        "![messages by provider](pictures/failover.svg)\n",
        f"{sent} messages were handed over, {sent - lost} were taken, {shown} reached the phone:",
        f"{lost} not taken, {max(0, shown - sent + lost)} twice.\n",
        "| from (s) | by Tencent | by Aliyun | not taken | Tencent's weight | Aliyun's weight |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for bucket in range(END // BUCKET):
        answers, weights = run.answers[bucket], run.weights.get(bucket, {})
        cells = [
            bucket * BUCKET,
            *(answers[name] for name in SHARES),
            _others(answers),
            *(weights.get(name, sms_health.WELL) for name in SHARES),
        ]
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _others(answers: Counter[str]) -> int:
    return sum(number for name, number in answers.items() if name not in SHARES)


def _lost(run: Run) -> int:
    return sum(_others(answers) for answers in run.answers.values())


def main() -> None:
    sms_mail.FRESH_SECONDS /= FASTER
    with outside() as world, tempfile.TemporaryDirectory() as folder:
        run = Run(time.monotonic())
        carrier, health = make_carrier(world.config.own_url, f"sqlite:///{folder}/failover.db", run)
        run.began = time.monotonic()
        sent = play(world, carrier, health, run)
        shown = len(world.ledger.sent_by_service("sms"))
    (ROOT / "docs" / "pictures" / "failover.svg").write_bytes(chart(run))
    written = page(run, sent, shown)
    (ROOT / "docs" / "failover.md").write_text(written, encoding="utf-8")
    sys.stdout.write(written)


if __name__ == "__main__":
    main()
