"""What both providers have in common: a text on a phone, a receipt back, a reply."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from sandbox.clock import CHINA
from sandbox.config import SmsProvider
from sandbox.world import World

MOST_SENDS = 5000
RECEIPT_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Sms:
    """One text to one number."""

    provider: SmsProvider
    message_id: str
    phone: str
    sign: str
    template_id: str
    params: Mapping[str, str]
    reference: str
    text: str
    at: datetime
    delivered: bool = True
    sent_at: float = field(default_factory=time.time)
    """By the real clock: a provider's record knows no time machine."""


def segments(text: str) -> int:
    """How many parts a text is charged: 70 characters, or 67 each when it is longer."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= 70 else -(-units // 67)


def bare_number(phone: str) -> str:
    """A mainland number without +86."""
    return phone.removeprefix("+86").removeprefix("0086")


class Gateway:
    """Puts texts on phones and reports them to the service."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._sends: OrderedDict[str, Sms] = OrderedDict()

    def put_on_phone(self, sms: Sms, receipt: Callable[[Sms], Any]) -> None:
        """Show the text and send the receipt, by the fault that is due or as usual."""
        world = self._world
        fault = world.faults.take("sms_receipt", "before", "twice", "never", "failed", "late")
        kind = fault.kind if fault else ""
        if kind == "failed":
            sms = Sms(**{**vars(sms), "delivered": False})
        with self._lock:
            self._sends[sms.message_id] = sms
            while len(self._sends) > MOST_SENDS:
                self._sends.popitem(last=False)
        self._show(sms)
        report = receipt(sms)
        if kind == "before":
            self._report(sms.provider, report)
        delays = {"": [0.0], "failed": [0.0], "twice": [0.0, 0.2]}.get(kind, [])
        if kind == "late" and fault:
            delays = [fault.seconds]
        for delay in delays:
            wait = world.config.sms_receipt_seconds + delay
            world.background.later(wait, lambda: self._report(sms.provider, report))

    def _show(self, sms: Sms) -> None:
        if not sms.delivered:
            return
        self._world.ledger.write(
            lane="sms",
            writer="service",
            who=sms.phone,
            kind="sms",
            text=sms.text,
            provider=sms.provider,
            template_id=sms.template_id,
            params=list(sms.params.values()),
            message_id=sms.message_id,
            reference=sms.reference,
            segments=segments(sms.text),
        )

    def _report(self, provider: str, report: object) -> None:
        url = self._world.config.receipt_url.replace("{provider}", provider)
        for _ in range(RECEIPT_TRIES):
            if post_json(url, report) == 200:
                return

    def sends_to(self, phone: str) -> list[Sms]:
        """What was sent to a number, oldest first, for the providers' query calls."""
        with self._lock:
            return [one for one in self._sends.values() if one.phone == phone]

    def reply(self, phone: str, text: str) -> int | None:
        """A person writes to the service; the HTTP status of its answer, None without one."""
        world = self._world
        world.ledger.write(lane="sms", writer="person", who=phone, kind="sms", text=text)
        provider = world.config.sms_provider
        number = world.next_number()
        # An uplink has no id of its own: the second is all that tells two equal texts apart.
        second = world.event_second(phone, text)
        moment = f"{datetime.fromtimestamp(second, CHINA):%Y-%m-%d %H:%M:%S}"
        if provider == "tencent":
            report: object = {
                "extend": "",
                "mobile": phone,
                "nationcode": "86",
                "sign": "",
                "text": text,
                "time": moment,
            }
        else:
            report = [
                {
                    "phone_number": phone,
                    "send_time": moment,
                    "content": text,
                    "sign_name": "",
                    "dest_code": "0000",
                    "sequence_id": number,
                }
            ]
        return post_json(world.config.uplink_url.replace("{provider}", provider), report)


def post_json(url: str, body: object) -> int | None:
    """The status of the answer to a JSON POST; None when nobody answered in ten seconds."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.post(url, json=body, timeout=10).status_code
    except requests.RequestException:
        return None
