"""A decision's trace in words: each condition with the plan's name for the group, its clause, what
was found, and where the number comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.base import console, say
from models import Decision
from rules import rulesets
from rules.errors import RuleError


@dataclass(frozen=True)
class Line:
    """One condition as staff read it. `finding`: met, not_met, unknown or attention."""

    finding: str
    group: str
    clause: str
    words: str
    is_assumed: bool


def lines(decision: Decision) -> tuple[Line, ...]:
    """The trace, condition by condition."""
    names = _official(decision.ruleset)
    return tuple(
        Line(
            finding=entry["outcome"],
            group=names.get(entry["rule"], entry["rule"]),
            clause=entry["reference"],
            words=_words(entry),
            is_assumed=entry["status"] in {"assumed", "memory"},
        )
        for entry in decision.trace
    )


def title_of(ruleset: str) -> str:
    """What the rule set is called; its name where this release no longer has it."""
    try:
        return rulesets.load(ruleset).title
    except RuleError:
        return ruleset


def _official(ruleset: str) -> Mapping[str, str]:
    """Rule → what the plan calls it."""
    try:
        tracks = rulesets.load(ruleset).tracks
    except RuleError:  # a rule set that this release no longer has: the names still tell something
        return {}
    return {rule.name: rule.official for rules in tracks.values() for rule in rules}


def _words(entry: Mapping[str, Any]) -> str:
    fact, value, needs = entry["fact"], entry["value"], entry["needs"]
    if value is None:
        return say(f"trace.unknown_{fact}") if _known(f"unknown_{fact}") else say("trace.unknown")
    if fact == "age":
        return _age(value, needs, entry.get("reached_on"))
    if fact == "groups":
        claimed = [say(f"eligibility.group_{name}") for name in value]
        return say("trace.groups", claimed=claimed) if claimed else say("trace.no_groups")
    if fact == "sex":
        return say(f"trace.sex_{value}")
    if isinstance(value, bool):
        return say(f"trace.{fact}_{'yes' if value else 'no'}")
    return say("trace.found", value=value)


def _age(value: int, needs: Any, reached_on: str | None) -> str:
    least, most = needs.get("min", 0), needs.get("max", 999)
    if most >= 999:
        words = say("trace.age_from", age=value, least=least)
    else:
        words = say("trace.age_between", age=value, least=least, most=most)
    return words + (say("trace.reached", reached_on=reached_on) if reached_on else "")


def _known(name: str) -> bool:
    return f"trace.{name}" in console().book.phrases
