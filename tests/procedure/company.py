"""Plays the files of this folder: residents on the sandbox's phones, staff in the console.

A file is a scenario of the sandbox (`sandbox/scenario.py`) in which staff take part as well:

    - 村文书: {case: 李桂香, press: 收件，交民主评议}     # finds the case, presses the button
      expect: 等民主评议                                  # the page that comes says so
    - 镇经办: {case: 李桂香, all: 没有, fill: {在哪里查的: 社保系统}, press: 记下结果}
    - 镇负责: {open: /console/notices, go: [某某公示], press: 现在发布}

`open` an address, `case` a person's, `go` by links; then `fill` fields by their labels (in a group:
`legend/label`; `yes` ticks a box, `{photo: id_front}` chooses a file), tick `all` of one label,
`press` the button; `download` a link to a Word or Excel file; `list` is the insurer's answer with
that policy number. A page that refuses begins with “refused”; unless that is expected, it fails.
`邻居` is somebody without an account, on the public pages. `报名` is a resident's whole first talk:
who (of `sandbox/people.yaml`), which village, and what they answer to the form's questions.
`收到` is everything that somebody's WeChat has received so far, without having asked. `pair` puts a
phone, by its openid, to the account of who does it: the code of their page, sent by that phone.

All files of one town share its calendar: each is played up to its next `clock`, then the town's
clock goes to the earliest day that anybody waits for.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import requests

from sandbox.replay import NotAsExpectedError, Player
from sandbox.scenario import Expectation, Scenario, ScenarioError, Step, read_scenario
from tests.procedure.office import Browser, Clerk
from tests.scenarios.town import Town

LOGINS = {
    "村文书": "cunwenshu",
    "村主任": "cunzhuren",
    "镇经办": "zhenjingban",
    "镇负责": "zhenfuze",
    "区经办": "qujingban",
    "区审批": "qushenpi",
    "社区": "xiangyang",
    "街道": "gulou",
    "街道负责": "gulouzhuren",
    "督导": "jiandu",
}
NEIGHBOUR, APPLIES, RECEIVED, PAIRS = "邻居", "报名", "收到", "pair"
LOOKS = frozenset({"open", "case", "go"})
"""Acts that change nothing: repeated until the page is as expected, for what the clock does."""


@dataclass
class Play:
    """One file, and how far it has been played."""

    scenario: Scenario
    at: int = 0
    failure: str = ""

    @property
    def waits_for(self) -> str | None:
        """The moment at which it goes on; None when it is over."""
        if self.failure or self.at >= len(self.scenario.steps):
            return None
        return str(self.scenario.steps[self.at].act)


@dataclass
class Company:
    """Everybody in one town."""

    town: Town
    say: Callable[[str], object]
    clerks: dict[str, Clerk] = field(default_factory=dict)
    hired: dict[str, str] = field(default_factory=dict)
    """First passwords of accounts that were opened for the play, by login."""

    def play_all(self, files: list[Path]) -> dict[str, str]:
        """Play all files; gives what went wrong, by file."""
        plays = [Play(read_scenario(path)) for path in files]
        while waiting := [play for play in plays if play.waits_for is not None]:
            moment = min(str(play.waits_for) for play in waiting)
            self._move_clock(moment)
            for play in waiting:
                if play.waits_for == moment:
                    self._go_on(play)
        return {play.scenario.path.stem: play.failure for play in plays if play.failure}

    def _move_clock(self, moment: str) -> None:
        answer = requests.post(f"{self.town.phones}/clock", json={"to": moment}, timeout=30).json()
        assert answer["service_told"], answer["problem"]
        self.say(f"—— {moment} ——")

    def _go_on(self, play: Play) -> None:
        steps = play.scenario.steps
        assert steps[play.at].actor == "clock", f"{play.scenario.path} must begin with a clock"
        play.at += 1
        while play.at < len(steps) and steps[play.at].actor != "clock":
            step = steps[play.at]
            try:
                self._step(step, play.scenario)
            except (AssertionError, NotAsExpectedError, ScenarioError) as error:
                play.failure = f"{play.scenario.path.name}, line {step.line}: {error}"
                return
            play.at += 1

    def _step(self, step: Step, scenario: Scenario) -> None:
        if PAIRS in step.act:
            self._play(scenario, (self._pairs(step),))
            return
        if step.actor in LOGINS or step.actor == NEIGHBOUR:
            clerk = self.clerk(step.actor)
            self._until(step, lambda: clerk.act(step.act), once=bool(set(step.act) - LOOKS))
            return
        if step.actor == RECEIVED:
            self._until(step, lambda: self._received(step.act), once=False)
            return
        self._play(scenario, self._applies(step) if step.actor == APPLIES else (step,))

    def _play(self, scenario: Scenario, steps: tuple[Step, ...]) -> None:
        """What phones do."""
        alone = replace(scenario, title="", about="", steps=steps)
        Player(self.town.phones, self._tell).play(alone)

    def _pairs(self, step: Step) -> Step:
        """Take a code at the desk; the step in which the phone sends it."""
        clerk = self.clerk(step.actor)
        clerk.act({"open": "/console/pairing", "press": "取一个绑定数字"})
        words = clerk.browser.page.text_of("code")
        return replace(step, actor=step.act[PAIRS], act=words)

    def _applies(self, step: Step) -> tuple[Step, ...]:
        """From the first word to the receipt number; the last answer is what is expected."""
        who = self._person(step.act["谁"])
        own = ("报名", "同意", who["name"], who["id_number"], who["phone"], step.act["村"])
        said = [*own, {"sms_code": "wechat"}, "给我自己", *step.act["答"]]
        lines = [Step(line=step.line, actor=who["name"], act=one) for one in said]
        lines[len(own) - 1] = replace(
            lines[len(own) - 1], expect_sms=(Expectation("contains", "验证码"),)
        )
        lines[-1] = replace(step, actor=who["name"], act=said[-1])
        return tuple(lines)

    def _tell(self, line: str) -> None:
        if line.strip() and line != "《》":
            self.say(line)

    def _until(self, step: Step, look: Callable[[], str], *, once: bool) -> None:
        """Look until it is as expected: what the clock does comes a moment later."""
        until = time.monotonic() + step.within
        while True:
            got = look()
            holds = all(one.holds(got) for one in step.expect)
            if holds or once or time.monotonic() > until:
                break
            time.sleep(0.3)
        self.say(f"{step.actor}：{step.act}")
        for one in step.expect:
            assert one.holds(got), f"wanted: {one}\n    got: “{got}”"
        refusal_wanted = any("refused" in one.wanted for one in step.expect)
        assert refusal_wanted or not got.startswith("refused "), got

    def _received(self, name: str) -> str:
        openid = self._person(name)["openid"]
        log = requests.get(f"{self.town.phones}/log/wechat?openid={openid}", timeout=30).json()
        return "\n".join(one["text"] for one in log if one["channel"] != "passive")

    def _person(self, name: str) -> dict[str, str]:
        state = requests.get(
            f"{self.town.phones}/phone/state?after=999999999999", timeout=30
        ).json()
        found: dict[str, str] = next(one for one in state["people"] if one["name"] == name)
        return found

    def clerk(self, actor: str) -> Clerk:
        """The person at their desk; the neighbour has no account and never signs in."""
        if actor not in self.clerks:
            browser = Browser(self.town.service)
            if actor == NEIGHBOUR:
                browser.open("/notices/")
            login = LOGINS.get(actor, "")
            self.clerks[actor] = Clerk(login, browser, self.hired.get(login))
        return self.clerks[actor]


def open_account(town: Town, login: str, role: str, region: str) -> str:
    """An account as the administrator opens it at the terminal; gives its first password."""
    words = ["staff", "add", login, "--name", "伊思远", "--unit", "人社所", "--role", role]
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words, "--region", region, "--from", "2022-01-01"],
        env=dict(town.environment), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.rpartition("shown once: ")[2].strip()
