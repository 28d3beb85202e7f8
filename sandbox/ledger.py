"""What happened between the people and the service, in order, in memory, bounded.

One list serves the phone page, the logs for other programs and the replay player: whatever is not
written here did not happen.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

Lane = Literal["wechat", "sms"]
Writer = Literal["person", "service", "system"]
KEPT = 20_000


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One bubble on a phone. `who` is an openid (lane wechat) or a phone number (lane sms)."""

    seq: int
    lane: Lane
    writer: Writer
    who: str
    kind: str
    text: str
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def as_json(self) -> dict[str, Any]:
        """The entry as the logs and the page give it out; `at` in ISO 8601 with offset."""
        key = "openid" if self.lane == "wechat" else "phone"
        return {
            "seq": self.seq,
            "lane": self.lane,
            "from": self.writer,
            key: self.who,
            "kind": self.kind,
            "text": self.text,
            "at": self.at.isoformat(timespec="seconds"),
            **self.detail,
        }


class Ledger:
    """An append-only list that forgets its oldest entries beyond KEPT."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Condition()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._seq = 0

    def write(  # one bubble has this many sides, all named
        self,
        *,
        lane: Lane,
        writer: Writer,
        who: str,
        kind: str,
        text: str,
        **detail: object,
    ) -> Entry:
        """Append an entry stamped with the sandbox's time and the next number."""
        with self._lock:
            self._seq += 1
            entry = Entry(
                seq=self._seq,
                lane=lane,
                writer=writer,
                who=who,
                kind=kind,
                text=text,
                at=self._now(),
                detail=MappingProxyType(detail),
            )
            self._entries.append(entry)
            self._lock.notify_all()
            return entry

    @property
    def last_seq(self) -> int:
        """The number of the newest entry, 0 when there is none."""
        return self._seq

    def entries(self, *, after: int = 0) -> list[Entry]:
        """The entries with a number above `after`, oldest first."""
        with self._lock:
            return [entry for entry in self._entries if entry.seq > after]

    def sent_by_service(self, lane: Lane, who: str | None = None) -> list[Entry]:
        """What the service sent on a lane, to one person or to everybody, oldest first."""
        return [
            entry
            for entry in self.entries()
            if entry.lane == lane and entry.writer == "service" and who in (None, entry.who)
        ]

    def wait_for(self, wanted: Callable[[Iterable[Entry]], bool], *, seconds: float) -> bool:
        """Whether `wanted` became true of the entries within so many real seconds."""
        with self._lock:
            return self._lock.wait_for(lambda: wanted(tuple(self._entries)), timeout=seconds)

    def clear(self) -> None:
        """Forget everything; numbers go on, so that a page that polls notices."""
        with self._lock:
            self._entries.clear()
