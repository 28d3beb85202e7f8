"""How fast the outbox empties, beside a bare HTTP client: `python -m bench.sending [MESSAGES]
[sandbox|tests.faults.provider]`.

The same stand-in of a provider, the same number of messages at once. The bare client posts the same
bodies in a loop and keeps nothing; the house claims, calls through the provider's SDK and records.
Prints messages a second, embedded on SQLite and PostgreSQL, and with RabbitMQ and two senders.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from channels.sms.gateway import Account, SmsGateway
from channels.sms.tencent import TencentGateway
from tests.faults.brokers import Rabbit, Redis, running
from tests.faults.stage import Postgres, Stage, stage

AT_ONCE = 8


def signed() -> dict[str, str]:
    """Headers as a signed call has them; the stand-ins look at their form only."""
    words = "Credential=k/2026-01-01/sms/tc3_request, SignedHeaders=host, Signature="
    return {
        "Authorization": f"TC3-HMAC-SHA256 {words}{'0' * 64}",
        "X-TC-Action": "SendSms",
        "X-TC-Version": "2021-01-11",
        "X-TC-Timestamp": str(int(time.time())),
    }


def bare(address: str, messages: int) -> float:
    """Messages a second of `AT_ONCE` threads that only post."""

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


def client(address: str, messages: int) -> float:
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


def _rate(work: object, messages: int) -> float:
    assert callable(work)
    threads = [threading.Thread(target=work, args=(messages // AT_ONCE,)) for _ in range(AT_ONCE)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return messages / (time.monotonic() - began)


def house(on: Stage, messages: int, staff: tuple[str, ...]) -> float:
    """Messages a second from the first that leaves to the last that is written down."""
    on.fill(messages)
    for name in staff:
        on.start(name)
    done = on.settled
    on.until(lambda: done() > 0)
    began, first = time.monotonic(), done()
    on.until(lambda: done() >= messages, pause=0.25)
    return (messages - first) / (time.monotonic() - began)


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
    print("| what | messages a second | of the bare client |\n|---|---|---|", flush=True)
    for name, kind, database, staff in ROWS:
        if kind is not None and kind.missing:
            print(f"| {name} | {kind.missing} | |")
            continue
        with places(kind, database, provider) as on:
            plain, through = bare(on.provider, messages), client(on.provider, messages)
            rate = house(on, messages, staff)
        print(f"| bare client | {plain:.0f} | 1.00 |")
        print(f"| the SDK alone | {through:.0f} | {through / plain:.2f} |")
        print(f"| {name} | {rate:.0f} | {rate / plain:.2f} |", flush=True)


if __name__ == "__main__":
    main()
