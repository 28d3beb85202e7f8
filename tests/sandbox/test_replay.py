"""Scenario files: what they may say, and how they are played."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sandbox.replay import main
from sandbox.scenario import Expectation, ScenarioError, read_scenario
from sandbox.world import World
from tests.sandbox.conftest import Caller
from tests.sandbox.fake_service import FakeService


def play(world: World, tmp_path: Path, text: str) -> Result:
    path = tmp_path / "play.yaml"
    path.write_text(text, "utf-8")
    return CliRunner().invoke(main, [str(path), "--sandbox", world.config.own_url])


def test_a_scenario_reads_as_prose(world: World, tmp_path: Path) -> None:
    text = """
title: 头一回
about: 来问一句
steps:
  - clock: 2022-04-07T08:00:00+08:00
  - 李桂香: {follow: now}
    expect: 事件 subscribe
  - 李桂香: 1
    expect: equals 您说：1
  - 李桂香: 1970-05-02
    expect: [contains 1970-05-02, lacks 错, matches ^您说]
  - 李桂香: {photo: 户口本}
    expect: image
  - 李桂香: {voice: 俺想报名}
  - 李桂香: {location: 村委会}
  - 李桂香: {scan: v-1}
    expect: SCAN v-1
  - 李桂香: {event: CLICK, key: apply}
    expect: CLICK apply
  - 李桂香: {click: apply, label: 报名}
  - o-stranger: 您好
  - fault: {target: webhook, kind: duplicate}
  - say: 旁白
  - wait: 0
  - 李桂香: {unfollow: now}
    expect: nothing
"""
    result = play(world, tmp_path, text)
    assert result.exit_code == 0, result.output
    assert "《头一回》" in result.output
    assert "—— 2022-04-07 08:00 ——" in result.output
    assert "李桂香：1\n公益岗：您说：1\n" in result.output
    assert "（旁白）" in result.output


def test_the_first_thing_that_fails_is_named(world: World, tmp_path: Path) -> None:
    text = "title: 错\nsteps:\n  - 李桂香: 您好\n    expect: 菜单\n  - 李桂香: 不会说到\n"
    result = play(world, tmp_path, text)
    assert result.exit_code == 1
    for part in ("play.yaml, step 1 (line 3)", "contains “菜单”", "got: “您说：您好”"):
        assert part in result.output
    assert "不会说到" not in result.output


def test_a_broken_answer_fails_even_when_nothing_was_expected(
    world: World, service: FakeService, tmp_path: Path
) -> None:
    service.answer = lambda message: b"{}"
    text = "title: 错\nsteps:\n  - 李桂香: 您好\n    expect: nothing\n"
    assert play(world, tmp_path, text).exit_code == 1


def test_a_code_by_sms_is_typed_into_the_chat(
    world: World, service: FakeService, tmp_path: Path
) -> None:
    def answer(message: dict[str, Any]) -> str:
        if message.get("Content") == "发码":
            world.background.later(
                0.05,
                lambda: world.ledger.write(
                    lane="sms",
                    writer="service",
                    who="13800000001",
                    kind="sms",
                    text="验证码482913",
                    params=["482913"],
                ),
            )
        return f"收到{message.get('Content')}"

    service.answer = answer
    text = """
title: 验证码
steps:
  - 李桂香: 发码
    expect_sms: 验证码
  - 李桂香: {sms_code: wechat}
    expect: 收到482913
  - 周秀兰: {sms: 俺想报名}
  - 李桂香: 再见
    expect_sms: nothing
    within: 0.3
"""
    result = play(world, tmp_path, text)
    assert result.exit_code == 0, result.output
    assert "周秀兰（短信）：俺想报名" in result.output


def test_a_message_that_comes_later_is_waited_for(
    world: World, service: FakeService, tmp_path: Path
) -> None:
    caller = Caller(world)
    body = {"touser": "o-sandbox-liguixiang", "msgtype": "text", "text": {"content": "办好了"}}

    def answer(message: dict[str, Any]) -> str:
        world.background.later(0.1, lambda: caller.api("message/custom/send", body))
        return "稍等"

    service.answer = answer
    text = "title: 晚\nsteps:\n  - 李桂香: 办\n    expect: 稍等\n    expect_later: 办好了\n"
    result = play(world, tmp_path, text)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "steps",
    [
        "  - 无此人: 您好",
        "  - 李桂香: {dance: now}",
        "  - 李桂香: {sms_code: wechat}",
        "  - 周秀兰: 您好",
        "  - fault: {target: webhook, kind: dance}",
        "  - clock: someday",
    ],
)
def test_a_step_that_cannot_be_played_says_why(steps: str, world: World, tmp_path: Path) -> None:
    result = play(world, tmp_path, f"title: 错\nsteps:\n{steps}\n")
    assert result.exit_code == 2, result.output
    assert "step 1 (line 3)" in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a mapping"),
        ("title: 无", "needs title and steps"),
        ("title: 多\nsteps: [{say: 1}]\nmore: 1", "nothing else"),
        ("title: a\ntitle: b\nsteps: []", "twice"),
        ("title: 空\nsteps:\n  - 您好", "a step is a mapping"),
        ("title: 两\nsteps:\n  - {李桂香: 1, 王保国: 2}", "one actor"),
        ("title: 钟\nsteps:\n  - {clock: x, expect: y}", "nobody answers clock"),
        ("title: 式\nsteps:\n  - {李桂香: 1, expect: 'matches ('}", ":3:"),
        ("title: 限\nsteps:\n  - {李桂香: 1, within: soon}", ":3:"),
        ("title: [", "play.yaml"),
    ],
)
def test_a_file_that_is_no_scenario_says_where(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "play.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError, match=said):
        read_scenario(path)


def test_nobody_at_the_sandboxs_address_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "play.yaml"
    path.write_text("title: 无\nsteps: [{李桂香: 您好}]", "utf-8")
    result = CliRunner().invoke(main, [str(path), "--sandbox", "http://127.0.0.1:1"])
    assert result.exit_code == 2
    assert "no sandbox answers" in result.output


@pytest.mark.parametrize(
    ("verb", "wanted", "text", "holds"),
    [
        ("contains", "岗", "公益岗", True),
        ("contains", "岗", "", False),
        ("lacks", "岗", "公益岗", False),
        ("lacks", "岗", "", True),
        ("equals", "岗", "公益岗", False),
        ("matches", "^岗", "公益\n岗", True),
        ("nothing", "", "", True),
        ("nothing", "", "字", False),
    ],
)
def test_expectations(verb: str, wanted: str, text: str, holds: bool) -> None:
    assert Expectation(verb, wanted).holds(text) is holds


SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_of_the_house_can_be_read(path: Path) -> None:
    assert read_scenario(path).steps
