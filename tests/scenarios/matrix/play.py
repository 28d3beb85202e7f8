"""Plays the rows of the notification matrix (requirements 3.9) against the running processes.

A file is a play of `tests/procedure/company.py` whose people are those of `cast.py`: 本人 (WeChat
and a number), 工友 (an old phone only), 村主任, 村文书, 镇经办 and 区经办; words are sent from
their phones, pages and buttons go to their desks, where `{list: [[本人, 2022-05-01]]}` fills in a
department's list. All rows share one calendar. And there is

    - 告诉了:                           # everything that was sent since the step before like it
        本人: {微信: 还没有您的签到}      # one message of the chat with these words
        村主任: {短信: [考勤有事, 考勤有事]}   # two short messages
      within: 30                        # seconds to wait for what was promised

Ways: 微信 (the open chat), 卡片 (a template message), 订阅 (a consent spent), 小程序 (a tick of the
mini-program spent), 群发 (a mass message) and 短信. What is not written there must not have been
sent: not to those who are named, nor to anybody else of the row.
`{小程序: log_in}` is an act in the mini-program, with more after it, such as `templates`
(sandbox/mini.py); `{发: 小程序的数}` sends the digits that it showed from the chat.
Answers to somebody's own words are no news and are not counted. `只看: 连着` looks at messages with
that word only, after days on which much else was said. Of the district, which is one for
all, what concerns the row is counted: its places and people, or one of the texts that are wanted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from sandbox.scenario import Expectation, Scenario, Step
from tests.procedure.company import NEIGHBOUR, Company
from tests.procedure.office import ACTS, Browser, Clerk
from tests.scenarios.lives import move
from tests.scenarios.matrix import cast
from tests.scenarios.matrix.cast import Party
from tests.sheets import workbook

TOLD, ONLY = "告诉了", "只看"
CHAT, CARD, CONSENT, MASS, SMS = "微信", "卡片", "订阅", "群发", "短信"
MINI, SENDS = "小程序", "发"
WAYS = {
    "custom": CHAT, "template": CARD, "subscribe": CONSENT, "mini": MINI, "mass": MASS, "sms": SMS,
}  # fmt: skip
FOLLOWED_AT = "2022-04-06T00:40"
DESKS = {"区审批": "qushenpi"}
"""Staff who have a desk and hear nothing of the matrix."""
Sent = tuple[str, str, str]
"""Who was sent what by which way: (party, way, text)."""


@dataclass
class Matrix(Company):
    """Everybody of all rows in one town. `settle` returns when the clock has nothing left to do."""

    settle: Callable[[], None] = lambda: None
    code: str = ""
    """The last digits that a mini-program showed."""
    heard: dict[str, int] = field(default_factory=dict)
    """By row: the number in the sandbox's ledger up to which what was sent is accounted for."""

    def gather(self) -> None:
        """Before anything begins, everybody with WeChat follows the account."""
        move(self.town, FOLLOWED_AT)
        everybody = {party.openid for row in cast.ROWS for party in cast.parties(row).values()}
        for openid in sorted(everybody - {""}):
            said = {"openid": openid, "kind": "follow", "note": "村口扫码"}
            requests.post(f"{self.town.phones}/phone/send", json=said, timeout=30)

    def _move_clock(self, moment: str) -> None:
        super()._move_clock(moment)
        self.settle()

    def _step(self, step: Step, scenario: Scenario) -> None:
        row = scenario.path.stem
        self.heard.setdefault(row, self._last())
        if step.actor == TOLD:
            self._check_told(step, row)
        elif step.actor in DESKS or step.actor == NEIGHBOUR:
            self._at_desk(step, DESKS.get(step.actor, ""), row)
        elif step.actor in cast.PARTIES:
            self._acts(step, cast.parties(row)[step.actor], scenario)
        else:
            super()._step(step, scenario)

    def _acts(self, step: Step, party: Party, scenario: Scenario) -> None:
        if isinstance(step.act, dict) and MINI in step.act:
            self._until(step, lambda: self._in_mini_program(step.act, party), once=True)
        elif isinstance(step.act, dict) and SENDS in step.act:
            self._play(scenario, (replace(step, actor=party.openid, act=self.code),))
        elif isinstance(step.act, dict) and set(step.act) <= ACTS:
            self._at_desk(step, party.login, scenario.path.stem)
        elif party.openid:
            self._play(scenario, (replace(step, actor=party.openid),))
        else:
            self._by_sms(step, party)

    def _in_mini_program(self, act: dict[str, Any], party: Party) -> str:
        """What the service told the mini-program; its digits are remembered."""
        said = {**act, "openid": party.openid, "do": act[MINI]}
        told = requests.post(f"{self.town.phones}/phone/mini", json=said, timeout=30).json()
        self.code = (told["answer"] or {}).get("code", self.code)
        return json.dumps(told, ensure_ascii=False)

    def _at_desk(self, step: Step, login: str, row: str) -> None:
        act = _with_lists(step.act, row)
        if login not in self.clerks:
            browser = Browser(self.town.service)
            if not login:
                browser.open("/notices/")
            self.clerks[login] = Clerk(login, browser)
        clerk = self.clerks[login]
        self._until(step, lambda: clerk.act(act), once="press" in act)

    def _by_sms(self, step: Step, party: Party) -> None:
        before = self._last()
        said = {"phone": party.phone, "text": step.act}
        requests.post(f"{self.town.phones}/phone/sms", json=said, timeout=30).raise_for_status()

        def answers() -> str:
            fresh = [one for one in self._log(party) if one["seq"] > before]
            return "\n".join(one["text"] for one in fresh)

        self._until(step, answers, once=False)

    # --- what was sent --------------------------------------------------------------------

    def _check_told(self, step: Step, row: str) -> None:
        told = dict(step.act or {})
        only = told.pop(ONLY, "")
        wanted = list(_wanted(told))
        until = time.monotonic() + step.within
        since = self.heard[row]
        while True:
            self.settle()
            sent = [one for one in self._sent(row, since, wanted) if only in one[2]]
            missing, extra = _compare(wanted, sent)
            if not missing or time.monotonic() > until:
                break
            time.sleep(0.2)
        self.heard[row] = self._last()
        for one in sent:
            self.say(f"{row}：{one[0]}（{one[1]}）{one[2]}")
        wrong = [str(one) for one in (*missing, "but these came:", *extra)]
        assert len(wrong) == 1, "\n    ".join(["not sent as it should be:", *wrong])

    def _sent(self, row: str, since: int, wanted: list[Sent]) -> Iterator[Sent]:
        for who, party in cast.parties(row).items():
            for entry in self._log(party):
                way = WAYS.get(entry.get("channel", "sms"))
                if entry["seq"] <= since or way is None or entry.get("template_id") == "reply":
                    continue
                if who != cast.DISTRICT or _concerns(row, entry["text"], wanted):
                    yield who, way, entry["text"]

    def _log(self, party: Party) -> Iterator[dict[str, Any]]:
        for lane, key, who in (("wechat", "openid", party.openid), ("sms", "phone", party.phone)):
            if who:
                yield from requests.get(
                    f"{self.town.phones}/log/{lane}?{key}={who}", timeout=30
                ).json()

    def _last(self) -> int:
        state = requests.get(f"{self.town.phones}/phone/state?after=999999999999", timeout=30)
        return int(state.json()["last"])


def _with_lists(act: dict[str, Any], row: str) -> dict[str, Any]:
    """An act whose files are written: `{list: [[本人, 2022-05-01]]}` is a department's Excel."""
    filled = {
        label: {"bytes": _list(value["list"], row)}
        if isinstance(value, dict) and "list" in value
        else value
        for label, value in act.get("fill", {}).items()
    }
    return {**act, "fill": filled} if filled else act


def _list(rows: list[list[str]], row: str) -> bytes:
    cells = [[cast.name(row, who), cast.id_number(row, who), day, day] for who, day in rows]
    return workbook([["姓名", "身份证号", "死亡日期", "参保日期"], *cells]).getvalue()


def _wanted(told: dict[str, Any]) -> Iterator[Sent]:
    for who, ways in told.items():
        assert who in cast.PARTIES, f"{who} is none of {cast.PARTIES}"
        for way, texts in ways.items():
            assert way in WAYS.values(), f"{way} is none of {set(WAYS.values())}"
            for text in texts if isinstance(texts, list) else [texts]:
                yield who, way, text


def _compare(wanted: list[Sent], sent: list[Sent]) -> tuple[list[Sent], list[Sent]]:
    """What is wanted and did not come; what came and nobody wanted."""
    left, missing = list(sent), []
    for who, way, text in wanted:
        fits = Expectation("contains", text)
        found = next((one for one in left if one[:2] == (who, way) and fits.holds(one[2])), None)
        if found is None:
            missing.append((who, way, text))
        else:
            left.remove(found)
    return missing, left


def _concerns(row: str, text: str, wanted: list[Sent]) -> bool:
    named = any(mark in text for mark in cast.marks(row))
    return named or any(who == cast.DISTRICT and part in text for who, _, part in wanted)
