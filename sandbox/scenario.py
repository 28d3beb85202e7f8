"""Scenario files: a conversation written down so that it can be read, played and checked.

    title: 李桂香第一次来问
    about: what it shows, in a sentence
    steps:
      - clock: 2022-04-06T09:00:00+08:00      # moves the time machine
      - 李桂香: 您好                            # a text; a name of people.yaml, or an openid
        expect: 公益岗                          # the reply contains it
      - 李桂香: {photo: id_front}              # also scan, click, event, voice, location, follow,
        expect: [matches ^收到, lacks 错误]      # unfollow, sms, sms_code, consent, raw
      - 李桂香: {sms_code: wechat}             # the code of the last SMS, typed into the chat
        expect: nothing
        expect_sms: 工单                        # an SMS that arrives, within some seconds
        expect_later: 已收到                    # a message that arrives without being a reply
      - fault: {target: webhook, kind: duplicate}
      - say: a remark that is printed
      - wait: 0.5

An expectation is a text with an optional verb: contains (the default), lacks, equals, matches
(a regular expression), nothing. All values are read as texts: 1 is "1" and 1977-06-15 a text too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

WORLD_ACTS = frozenset({"clock", "fault", "say", "wait"})
EXPECTATIONS = frozenset({"expect", "expect_sms", "expect_later"})
OPTIONS = frozenset({"within"})
VERBS = ("contains", "lacks", "equals", "matches", "nothing")


class ScenarioError(ValueError):
    """A file that cannot be played; the text names the file and the line."""


@dataclass(frozen=True)
class Expectation:
    """One thing that must be true of a text."""

    verb: str
    wanted: str

    def holds(self, text: str) -> bool:
        """Whether it is true of `text`, which is empty when there was none."""
        if self.verb == "nothing":
            return not text
        if self.verb == "equals":
            return text == self.wanted
        if self.verb == "matches":
            return re.search(self.wanted, text, re.MULTILINE) is not None
        return (self.wanted in text) == (self.verb == "contains")

    def __str__(self) -> str:
        return self.verb if self.verb == "nothing" else f"{self.verb} “{self.wanted}”"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of the play: who (a person, or one of WORLD_ACTS) does what, and what must come."""

    line: int
    actor: str
    act: Any
    expect: tuple[Expectation, ...] = ()
    expect_sms: tuple[Expectation, ...] = ()
    expect_later: tuple[Expectation, ...] = ()
    within: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole file."""

    path: Path
    title: str
    about: str
    steps: tuple[Step, ...]


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file; ScenarioError says in which line it cannot be understood."""
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    except (OSError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ScenarioError(f"{path}: a scenario is a mapping with title and steps")
    parts = _pairs(root, path)
    unknown = set(parts) - {"title", "about", "steps"}
    steps = parts.get("steps")
    if unknown or not isinstance(steps, yaml.SequenceNode) or not steps.value:
        raise ScenarioError(f"{path}: it needs title and steps, may have about, and nothing else")
    return Scenario(
        path=path,
        title=str(_plain(parts["title"], path)) if "title" in parts else path.stem,
        about=str(_plain(parts["about"], path)) if "about" in parts else "",
        steps=tuple(_step(node, path) for node in steps.value),
    )


def _step(node: yaml.Node, path: Path) -> Step:
    line = node.start_mark.line + 1
    plain = _plain(node, path)
    if not isinstance(plain, dict):
        raise ScenarioError(f"{path}:{line}: a step is a mapping, such as `- 李桂香: 您好`")
    actors = [key for key in plain if key not in EXPECTATIONS | OPTIONS]
    if len(actors) != 1:
        raise ScenarioError(f"{path}:{line}: a step has one actor, here: {actors or 'none'}")
    actor = actors[0]
    if actor in WORLD_ACTS and EXPECTATIONS & set(plain):
        raise ScenarioError(f"{path}:{line}: nobody answers {actor}, so nothing can be expected")
    try:
        return Step(
            line=line,
            actor=actor,
            act=plain[actor],
            within=float(plain.get("within", 10)),
            **{name: _expectations(plain.get(name)) for name in EXPECTATIONS},
        )
    except (ValueError, re.error) as error:
        raise ScenarioError(f"{path}:{line}: {error}") from error


def _expectations(value: object) -> tuple[Expectation, ...]:
    if value is None:
        return ()
    many = value if isinstance(value, list) else [value]
    return tuple(_expectation(str(one)) for one in many)


def _expectation(text: str) -> Expectation:
    verb, _, rest = text.partition(" ")
    if verb == "nothing" and not rest:
        return Expectation("nothing", "")
    if verb not in VERBS or not rest:
        return Expectation("contains", text)
    if verb == "matches":
        re.compile(rest)
    return Expectation(verb, rest)


def _pairs(node: yaml.MappingNode, path: Path) -> Mapping[str, yaml.Node]:
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in found:
            raise ScenarioError(f"{path}:{key.start_mark.line + 1}: {name} stands here twice")
        found[name] = value
    return found


def _plain(node: yaml.Node, path: Path) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value, path) for key, value in _pairs(node, path).items()}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, path) for one in node.value]
    return node.value
