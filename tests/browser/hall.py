"""A town's office building in which several people work at once, on the real processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from playwright.sync_api import Browser, Page

from tests.browser.walking import WIDE, sign_in
from tests.procedure.company import Company
from tests.scenarios.town import Town, running_house

CODE_LASTS = timedelta(seconds=30)
APPLY = """
title: 三个人报名
steps:
  - clock: 2022-04-06T09:00:00+08:00
  - 报名: {谁: 李桂香, 村: 新兖镇王家庄村, 答: &a ["1", 都没有, 村道路保洁员, 没有,
      {photo: id_front}, {photo: household}, 以后, "1", 提交]}
  - 报名: {谁: 王保国, 村: 新兖镇王家庄村, 答: *a}
  - 报名: {谁: 孙立新, 村: 新兖镇王家庄村, 答: *a}
"""


@dataclass
class Hall:
    """The town's office building: one browser window for everybody who works there."""

    town: Town
    chromium: Browser
    troubles: list[str] = field(default_factory=list)
    windows: dict[str, Page] = field(default_factory=dict)

    def at(self, login: str) -> Page:
        """That person's window, signed in."""
        if login not in self.windows:
            page = self.windows[login] = self.open_window()
            page.goto(f"{self.town.service}/console/")
            # the next code: this one opened the door in the play, if that is not long ago
            sign_in(page, login, datetime.now(UTC) + CODE_LASTS)
        return self.windows[login]

    def open_window(self) -> Page:
        """A window of its own; what goes wrong in it is kept in `troubles`."""
        context = self.chromium.new_context(viewport=WIDE, locale="zh-CN")  # type: ignore[arg-type]  # a TypedDict of the library's own
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda m: self._hear(m.text) if m.type == "error" else None)
        page.on("request", lambda r: self._watch(r.url))
        page.on("response", lambda r: None if r.status < 400 else self._refused(r.url))
        return page

    def _watch(self, url: str) -> None:
        ours = (self.town.service, self.town.phones, "data:", "blob:")
        if not url.startswith(ours):
            self.troubles.append(url)

    def _hear(self, text: str) -> None:
        if "Failed to load resource" not in text:  # `_refused` says which
            self.troubles.append(text)

    def _refused(self, url: str) -> None:
        if "/phone/pictures/" not in url:  # WeChat forgets photos after three days
            self.troubles.append(f"refused: {url}")

    def move_clock(self, moment: str) -> None:
        answer = requests.post(f"{self.town.phones}/clock", json={"to": moment}, timeout=30)
        assert answer.json()["service_told"]


@contextmanager
def open_hall(chromium: Browser, folder: Path, *stories: Path) -> Iterator[Hall]:
    """The building of a town in which stories were played; without any, three people applied."""
    first = folder / "apply.yaml"
    first.write_text(APPLY, "utf-8")
    database = f"sqlite:///{folder / 'town.db'}"
    with running_house(database, clock="tests.procedure.hurried_clock") as town:
        failed = Company(town, lambda _line: None).play_all(list(stories) or [first])
        assert not failed, failed
        hall = Hall(town, chromium)
        yield hall
        for page in hall.windows.values():
            page.context.close()
