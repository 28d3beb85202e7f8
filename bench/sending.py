"""How fast the outbox empties, beside a bare HTTP client: `python -m bench.sending [MESSAGES]
[sandbox|tests.faults.provider]`; `ANSWER_SECONDS=0.02` lets the second provider take as long as one
across the network.

The same stand-in of a provider, the same number of messages at once. The bare client posts the same
bodies in a loop and keeps nothing; the house claims, calls through the provider's SDK and records.
Prints messages a second, embedded on SQLite and PostgreSQL, and with RabbitMQ and two senders.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from channels.sms.gateway import Account, SmsGateway
from channels.sms.tencent import TencentGateway
from tests.faults.brokers import Rabbit, Redis, running
from tests.faults.stage import Postgres, Stage, stage

AT_ONCE = 8


@dataclass(frozen=True)
class Rate:
    """`processor_ms`: what one message costs this side, whoever else uses the machine."""

    a_second: float
    processor_ms: float


def signed() -> dict[str, str]:
    """Headers as a signed call has them; the stand-ins look at their form only."""
    words = "Credential=k/2026-01-01/sms/tc3_request, SignedHeaders=host, Signature="
    return {
        "Authorization": f"TC3-HMAC-SHA256 {words}{'0' * 64}",
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Timestamp": str(int(time.time())),
    }


def bare(address: str, messages: int) -> Rate:
    """The rate of `AT_ONCE` threads that only post."""

    def post(number: int) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers.update(signed())
            for one in range(number):
                body = {
                    "PhoneNumberSet": [f"+86138{one:08d}"],
                    "SmsSdkAppId": "1400000000",
                    "SignName": "sign",
                    "TemplateId": "one_time_code",
                    "TemplateParamSet": ["135790", "10"],
                    "SessionContext": str(uuid.uuid4()),
                }
                answer = session.post(address, json=body, timeout=10).json()
                assert answer["Response"]["SendStatusSet"][0]["Code"] == "Ok", answer

    return _rate(post, messages)


def client(address: str, messages: int) -> Rate:
    """The same through the provider's SDK, as the house uses it; nothing kept."""
    gateway: SmsGateway = TencentGateway(
        Account("i", "k", sign_name="sign", app_id="1400000000", url=address)
    )

    def send(number: int) -> None:
        for one in range(number):
            gateway.send(
                phone=f"138{one:08d}",
                template_id="one_time_code",
                params=["135790", "10"],
                reference=str(uuid.uuid4()),
            )

    return _rate(send, messages)


def _rate(work: Callable[[int], None], messages: int) -> Rate:
    threads = [threading.Thread(target=work, args=(messages // AT_ONCE,)) for _ in range(AT_ONCE)]
    began, used = time.monotonic(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = time.process_time() - used
    return Rate(messages / (time.monotonic() - began), 1000 * used / messages)


def house(on: Stage, messages: int, staff: tuple[str, ...]) -> Rate:
    """The rate from the first that leaves to the last that is written down."""
    on.fill(messages)
    for name in staff:
        on.start(name)
    done = on.settled
    on.until(lambda: done() > 0)
    began, used, first = time.monotonic(), _processor_seconds(on), done()
    on.until(lambda: done() >= messages, pause=0.25)
    sent, used = messages - first, _processor_seconds(on) - used
    return Rate(sent / (time.monotonic() - began), 1000 * used / sent)


def _processor_seconds(on: Stage) -> float:
    """What the clock and the senders have used; the database and the broker are not theirs."""
    ticks = 0
    for process in on.processes.values():
        words = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def places(
    kind: type[Redis] | type[Rabbit] | None, database: str, provider: str
) -> Iterator[Stage]:
    with ExitStack() as around:
        folder = Path(around.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'outbox.db'}"
        if database == "postgres":
            server = Postgres(folder)
            url = server.start()
            around.callback(server.stop)
        broker = around.enter_context(running(kind, folder)) if kind else None
        on = around.enter_context(stage(url, folder, broker=broker, provider=provider))
        if provider == "sandbox":
            texts = {"one_time_code": "{1}{2}"}
            requests.post(f"{on.provider}/sandbox/sms-templates", json=texts, timeout=10)
        yield on


SENDERS = ("sender1", "sender2")
ROWS = (
    ("embedded, SQLite", None, "sqlite", ("clock",)),
    ("embedded, PostgreSQL", None, "postgres", ("clock",)),
    ("Redis, two senders, PostgreSQL", Redis, "postgres", ("clock", *SENDERS)),
    ("RabbitMQ, two senders, PostgreSQL", Rabbit, "postgres", ("clock", *SENDERS)),
)


def main() -> None:
    """Print the table."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    provider = sys.argv[2] if len(sys.argv) > 2 else "sandbox"
    print("| what | messages a second | of the bare client | processor ms a message |")
    print("|---|---|---|---|", flush=True)
    for name, kind, database, staff in ROWS:
        if kind is not None and kind.missing:
            print(f"| {name} | {kind.missing} | |")
            continue
        with places(kind, database, provider) as on:
            plain = bare(on.provider, messages)
            lines = {
                "bare client": plain,
                "the SDK alone": client(on.provider, messages),
                name: house(on, messages, staff),
            }
        for what, rate in lines.items():
            part = rate.a_second / plain.a_second
            print(f"| {what} | {rate.a_second:.0f} | {part:.2f} | {rate.processor_ms:.2f} |")


if __name__ == "__main__":
    main()
