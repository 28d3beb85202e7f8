"""The outside world in one place: every desk, shelf and counter that the doors use."""

import itertools
import threading
import time
from collections import OrderedDict

import requests

from sandbox.background import Background
from sandbox.clock import MovableClock, read_moment
from sandbox.config import Config
from sandbox.courier import Courier
from sandbox.faults import FaultDesk
from sandbox.ledger import Ledger
from sandbox.people import Directory, Person, read_people
from sandbox.shelves import CodeDesk, MediaShelf, MenuShelf, SceneShelf, TokenDesk
from sandbox.sms.templates import TemplateTable
from sandbox.windows import Windows

MOST_STAMPS = 20_000


class World:
    """Holds what the sandbox knows. Everything in it may be used from several threads."""

    def __init__(self, config: Config, people: tuple[Person, ...] | None = None) -> None:
        self.config = config
        self.clock = MovableClock(read_moment(config.start_at) if config.start_at else None)
        self.ledger = Ledger(self.clock.now)
        self.faults = FaultDesk()
        self.directory = Directory(read_people() if people is None else people)
        self.windows = Windows()
        self.media = MediaShelf()
        self.scenes = SceneShelf()
        self.menu = MenuShelf()
        self.tokens = TokenDesk()
        self.codes = CodeDesk()
        self.sms_templates = TemplateTable()
        self.wechat_templates = TemplateTable()
        self.courier = Courier(config)
        self.mini_courier = Courier(config.of_mini)
        self.background = Background()
        # The service keeps message ids for good, so that ours must not begin again at a restart.
        self._numbers = itertools.count(time.time_ns() // 1000 * 10)
        self._stamp_lock = threading.Lock()
        self._stamps: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    def next_number(self) -> int:
        """A number that was never given before, as a message id or a job id."""
        return next(self._numbers)

    def event_second(self, openid: str, event: str) -> int:
        """A CreateTime, by the sandbox's clock, that this person's event did not have before.

        The platform tells two events of one person apart by the second; a script is faster than a
        thumb, and a clock that was moved back comes by the same second twice.
        """
        second = int(self.clock.now().timestamp())
        with self._stamp_lock:
            while (openid, event, second) in self._stamps:
                second += 1
            self._stamps[openid, event, second] = None
            while len(self._stamps) > MOST_STAMPS:
                self._stamps.popitem(last=False)
        return second

    def tell_service_the_time(self) -> str | None:
        """Move the service's clock to ours; None, or a sentence why that was not possible."""
        url = self.config.service_url.rstrip("/") + "/sandbox/clock"
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(url, json={"now": self.clock.now().isoformat()}, timeout=10)
        except requests.RequestException:
            return f"nobody answers at {url}"
        if answer.status_code >= 300:
            return f"{url} answered HTTP {answer.status_code}"
        return None

    def reset(self) -> None:
        """As after a start, but for the clock, the menu and the numbers."""
        self.ledger.clear()
        self.faults.clear()
        self.directory.forget()
        self.windows.forget()
        self.media.forget()

    def close(self) -> None:
        """Stop what is still under way."""
        self.background.close()
