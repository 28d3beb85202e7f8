"""Reading and checking rule sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rules import parameters, strict_yaml
from rules.errors import BadRuleFile, InvalidQuestion

TRACKS = ("rural", "urban")
FACTS = ("unemployed", "zero_employment_household")
_FOLDER = Path(__file__).parent
_AGES = {"age_min", "age_max", "age_min_female", "age_min_male"}
_CONDITIONS = _AGES | {"any_group", "fact", "not_refuted", "sex", "before_retirement"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One group: its official name, who verifies it, with what paper, and when it holds."""

    name: str
    official: str
    clause: str
    reference: str
    status: str
    verified_by: str
    evidence: str
    when: Mapping[str, Any]

    @property
    def groups(self) -> frozenset[str]:
        """The claims that can make this rule hold; empty when it rests on other facts."""
        return frozenset(self.when.get("any_group", ()))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one announcement, by track, in the order in which they are named."""

    name: str
    title: str
    reference: str
    status: str
    tracks: Mapping[str, tuple[Rule, ...]]

    @property
    def groups(self) -> frozenset[str]:
        """Every claim that this rule set knows."""
        return frozenset().union(*(r.groups for rules in self.tracks.values() for r in rules))

    def rule(self, name: str) -> Rule:
        """The rule called ``name``; KeyError when there is none."""
        return next(
            (r for rules in self.tracks.values() for r in rules if r.name == name), None
        ) or _no_rule(name)


@cache
def load(name: str) -> RuleSet:
    """The rule set called ``name``; :class:`InvalidQuestion` lists the names known."""
    if name not in names():
        known = ", ".join(names())
        raise InvalidQuestion("not_one_of", key="ruleset", value=name, allowed=known)
    return read(name, strict_yaml.load(_FOLDER / f"{name}.yaml"))


@cache
def names() -> tuple[str, ...]:
    """The rule sets on the shelf, oldest first."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def claimable_groups() -> frozenset[str]:
    """Every claim that some rule set knows; another one's claim is heard and does not count."""
    return frozenset().union(*(load(name).groups for name in names()))


def read(name: str, content: Any) -> RuleSet:
    """The rule set in ``content``; :class:`BadRuleFile` when it breaks the form."""
    file = f"rules/rulesets/{name}.yaml"
    _expect_keys(content, {"title", "reference", "status", "tracks"}, file=file, where=name)
    _expect_keys(content["tracks"], set(TRACKS), file=file, where="tracks")
    tracks = {
        track: tuple(_read_rule(entry, file=file) for entry in entries)
        for track, entries in content["tracks"].items()
    }
    return RuleSet(
        name=name,
        title=content["title"],
        reference=content["reference"],
        status=content["status"],
        tracks=MappingProxyType(tracks),
    )


def _read_rule(entry: Any, *, file: str) -> Rule:
    where = entry.get("name", "?") if isinstance(entry, dict) else "?"
    _expect_keys(entry, {field.name for field in fields(Rule)}, file=file, where=where)
    _check_when(entry["when"], file=file, where=where)
    if entry["status"] not in parameters.STATUSES:
        raise BadRuleFile("file_wrong_form", file=file, where=where, why="status")
    return Rule(**{**entry, "when": MappingProxyType(entry["when"])})


def _check_when(when: Any, *, file: str, where: str) -> None:
    known = {parameter.name for parameter in parameters.all_parameters()}
    wrong = [key for key in when if key not in _CONDITIONS]
    wrong += [when[key] for key in _AGES & set(when) if when[key] not in known]
    wrong += [when[key] for key in {"fact", "not_refuted"} & set(when) if when[key] not in FACTS]
    if wrong or not when:
        raise BadRuleFile("file_wrong_form", file=file, where=where, why=f"when: {wrong}")


def _expect_keys(content: Any, keys: set[str], *, file: str, where: str) -> None:
    found = set(content) if isinstance(content, dict) else set()
    if found != keys:
        odd = ", ".join(sorted(map(str, found ^ keys)))
        raise BadRuleFile("file_wrong_form", file=file, where=where, why=f"keys: {odd}")


def _no_rule(name: str) -> Rule:
    raise KeyError(name)
