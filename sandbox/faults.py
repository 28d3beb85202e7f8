"""Troubles that can be switched on: each is used a number of times and then gone.

targets and kinds
    webhook      duplicate · delay · reorder · lost_answer
    sms_receipt  before · twice · never · failed · late
    wechat_report  the same, for the events that report on template, subscription and mass messages
    sms          code (value = the provider's error code) · errcode · html · html_200 · hang;
                 tencent or aliyun: only that provider
    a path, or a part of one, such as message/custom/send
                 errcode (value = number) · html · html_200 · hang
"""

import itertools
import threading
from dataclasses import dataclass
from typing import Any, Final

WEBHOOK_KINDS: Final = frozenset({"duplicate", "delay", "reorder", "lost_answer"})
RECEIPT_KINDS: Final = frozenset({"before", "twice", "never", "failed", "late"})
API_KINDS: Final = frozenset({"errcode", "html", "html_200", "hang", "code"})
MOST_SECONDS: Final = 60.0


class FaultError(ValueError):
    """A fault that nothing would ever use; the text says why."""


@dataclass(kw_only=True)
class Fault:
    """One trouble and how often it is still due."""

    number: int
    target: str
    kind: str
    times: int
    value: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The fault as `/faults` shows it."""
        return dict(vars(self))


def kinds_for(target: str) -> frozenset[str]:
    """The kinds that a target understands."""
    special = {"webhook": WEBHOOK_KINDS}
    special |= dict.fromkeys(("sms_receipt", "wechat_report"), RECEIPT_KINDS)
    return special.get(target, API_KINDS)


class FaultDesk:
    """Keeps the faults and hands each out as often as was asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._faults: list[Fault] = []

    def add(self, wanted: dict[str, Any]) -> Fault:
        """Switch a fault on, from its JSON; FaultError when it makes no sense."""
        target, kind = str(wanted.get("target", "")), str(wanted.get("kind", ""))
        if not target:
            known = "webhook, sms, sms_receipt, wechat_report or a part of a path"
            raise FaultError(f"a fault needs a target: {known}")
        if kind not in kinds_for(target):
            raise FaultError(f"{target} knows {', '.join(sorted(kinds_for(target)))}, not {kind!r}")
        try:
            times, seconds = int(wanted.get("times", 1)), float(wanted.get("seconds", 6))
        except (TypeError, ValueError) as error:
            raise FaultError("times and seconds must be numbers") from error
        if kind == "errcode" and not str(wanted.get("value", "")).lstrip("-").isdigit():
            raise FaultError("errcode needs a value, such as 45015")
        fault = Fault(
            number=next(self._numbers),
            target=target,
            kind=kind,
            times=max(1, times),
            value=str(wanted.get("value", "")),
            seconds=min(max(seconds, 0.0), MOST_SECONDS),
        )
        with self._lock:
            self._faults.append(fault)
        return fault

    def take(self, target: str, *kinds: str) -> Fault | None:
        """The oldest fault that fits the target and one of the kinds, used once by this call."""
        with self._lock:
            for fault in self._faults:
                if fault.target in target and (not kinds or fault.kind in kinds):
                    fault.times -= 1
                    if not fault.times:
                        self._faults.remove(fault)
                    return fault
        return None

    def active(self) -> list[dict[str, Any]]:
        """What is still due, oldest first."""
        with self._lock:
            return [fault.as_json() for fault in self._faults]

    def clear(self, number: int | None = None) -> None:
        """Switch one fault off, or all."""
        with self._lock:
            self._faults = [one for one in self._faults if number not in (None, one.number)]
