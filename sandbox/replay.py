"""`python -m sandbox.replay FILE…`: play scenarios against a running sandbox and its service.

Prints the dialogue as prose. The exit status is 1 at the first expectation that does not hold,
with the file, the step, what was wanted and what came; 2 when a file or the sandbox is no use.
"""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import requests

from sandbox.scenario import Expectation, Scenario, ScenarioError, Step, read_scenario

SMS_CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")
# How an act in a scenario becomes one at POST /phone/send: its kind, and where its value goes.
ACTS = {
    "text": ("text", "text"),
    "photo": ("image", "picture"),
    "scan": ("scan", "scene"),
    "click": ("click", "key"),
    "event": ("event", "event"),
    "voice": ("voice", "recognition"),
    "location": ("location", "place"),
    "follow": ("follow", "note"),
    "unfollow": ("unfollow", "note"),
    "link": ("link", "title"),
    "video": ("video", "text"),
    "consent": ("consent", "template_id"),
    "raw": ("raw", "fields"),
}


class NotAsExpectedError(Exception):
    """An expectation that does not hold; the text says where, what was wanted and what came."""


class Player:
    """Plays scenarios on one sandbox and prints through `say`."""

    def __init__(self, sandbox_url: str, say: Callable[[str], object]) -> None:
        self._url = sandbox_url.rstrip("/")
        self._say = say
        self._account = "公益岗"
        self._names: dict[str, dict[str, Any]] = {}
        self._printed = 0

    def play(self, scenario: Scenario) -> None:
        """Do every step; NotAsExpectedError at the first expectation that does not hold."""
        people = self._call("GET", "/phone/state?after=999999999999")["people"]
        self._names = {person["name"]: person for person in people}
        self._say(f"《{scenario.title}》")
        if scenario.about:
            self._say(scenario.about)
        self._say("")
        for number, step in enumerate(scenario.steps, 1):
            where = f"{scenario.path}, step {number} (line {step.line})"
            try:
                self._play_step(step, where)
            except ScenarioError as error:
                raise ScenarioError(f"{where}: {error}") from error

    def _play_step(self, step: Step, where: str) -> None:
        if step.actor == "say":
            self._say(f"    （{step.act}）")
        elif step.actor == "wait":
            time.sleep(min(float(step.act), 60))
        elif step.actor == "fault":
            self._call("POST", "/faults", step.act)
            self._say(f"    （故障：{' '.join(map(str, step.act.values()))}）")
        elif step.actor == "clock":
            self._move_clock(step.act)
        else:
            self._play_person(step, where)

    def _move_clock(self, act: object) -> None:
        answer = self._call("POST", "/clock", act if isinstance(act, dict) else {"to": act})
        if not answer["service_told"]:
            raise ScenarioError(f"the service did not move its clock: {answer['problem']}")
        self._say(f"\n—— {answer['now'][:16].replace('T', ' ')} ——\n")

    def _play_person(self, step: Step, where: str) -> None:
        person = self._names.get(step.actor)
        if person is None and not step.actor.startswith("o-"):
            raise ScenarioError(f"{step.actor} is nobody; there are {'、'.join(self._names)}")
        before = self._printed = self._call("GET", "/phone/state?after=999999999999")["last"]
        openid = person["openid"] if person else step.actor
        phone = person["phone"] if person else ""
        replies, problem = self._act(step, openid, phone)
        whose = {openid, phone} - {None, ""}
        self._show(step.actor, whose)
        got = "\n".join(reply["text"] for reply in replies)
        self._check(step.expect, got if not problem else f"{got}[{problem}]", where)
        for lane, who, wanted in (
            ("sms", phone, step.expect_sms),
            ("wechat", openid, step.expect_later),
        ):
            if wanted:
                self._wait_for(lane, who, before, wanted, step.within, where)
                self._show(step.actor, whose)

    def _act(self, step: Step, openid: str, phone: str) -> tuple[list[dict[str, Any]], str | None]:
        act = step.act if isinstance(step.act, dict) else {"text": step.act}
        if "sms_code" in act:
            code = self._last_code(phone)
            act = {"text": code} if act["sms_code"] != "sms" else {"sms": code}
        if "sms" in act:
            answer = self._call("POST", "/phone/sms", {"phone": phone, "text": act["sms"]})
            status = answer["status"]
            return answer["replies"], None if status == 200 else f"uplink answered {status}"
        answer = self._call("POST", "/phone/send", {"openid": openid, **_spoken(act)})
        return answer["replies"], answer["problem"]

    def _last_code(self, phone: str) -> str:
        for sms in reversed(self._call("GET", f"/log/sms?phone={phone}")):
            for text in [*sms["params"], sms["text"]]:
                found = SMS_CODE.search(text)
                if found:
                    return found[0]
        raise ScenarioError(f"no SMS to {phone} holds a code")

    def _show(self, actor: str, whose: set[str]) -> None:
        fresh = self._call("GET", f"/phone/state?after={self._printed}")
        self._printed = fresh["last"]
        for entry in fresh["entries"]:
            if entry.get("openid", entry.get("phone")) not in whose:
                continue
            speaker = actor if entry["from"] == "person" else self._account
            if entry["lane"] == "sms":
                speaker += "（短信）"
            lines = entry["text"].replace("\n", "\n" + "    ")
            self._say(f"{speaker}：{lines}")

    def _check(self, wanted: tuple[Expectation, ...], got: str, where: str) -> None:
        for expectation in wanted:
            if not expectation.holds(got):
                raise NotAsExpectedError(
                    f"{where}\n    wanted: {expectation}\n    got: “{got or 'nothing'}”"
                )

    def _wait_for(
        self,
        lane: str,
        who: str,
        before: int,
        wanted: tuple[Expectation, ...],
        within: float,
        where: str,
    ) -> None:
        key = "openid" if lane == "wechat" else "phone"
        until = time.monotonic() + within
        got = ""
        while True:
            log = self._call("GET", f"/log/{lane}?{key}={who}")
            fresh = [one for one in log if one["seq"] > before and one.get("channel") != "passive"]
            got = "\n".join(one["text"] for one in fresh)
            if all(one.holds(got) for one in wanted) and got:
                break
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        self._check(wanted, got, where)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(method, self._url + path, json=body, timeout=60)
        except requests.RequestException as error:
            raise ScenarioError(f"no sandbox answers at {self._url}") from error
        found = answer.json()
        if answer.status_code >= 400:
            raise ScenarioError(f"the sandbox says: {found.get('error', answer.status_code)}")
        return found


def _spoken(act: dict[str, Any]) -> dict[str, Any]:
    for name, (kind, place) in ACTS.items():
        if name in act:
            rest = {key: value for key, value in act.items() if key != name}
            return {"kind": kind, place: act[name] if act[name] != "" else None, **rest}
    raise ScenarioError(f"no act among {', '.join(act)}; there are {', '.join(ACTS)}")


@click.command(help=__doc__)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--sandbox", "url", help="Where the sandbox listens (SANDBOX_URL).")
def main(files: tuple[Path, ...], url: str | None) -> None:
    """Play the files one after the other."""
    where = url or os.environ.get("SANDBOX_URL") or "http://127.0.0.1:8090"
    player = Player(where, click.echo)
    try:
        for path in files:
            player.play(read_scenario(path))
            click.echo("")
    except NotAsExpectedError as failure:
        click.echo(f"\nNot as expected: {failure}", err=True)
        sys.exit(1)
    except ScenarioError as error:
        click.echo(f"\n{error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
