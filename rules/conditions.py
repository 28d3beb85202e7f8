"""The conditions of a rule, compiled once per set of values in force.

Each condition becomes a judge: a closure that takes the question and the age and gives back a trace
entry. Whatever does not depend on the person is worked out when the judge is made, and entries that
repeat from person to person are kept, so that a decision costs microseconds, trace included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from rules import parameters
from rules.age import Reached, UpperBound, age_on, anniversary, reaches_on
from rules.question import Finding, Question, TraceEntry
from rules.retirement import CATEGORIES, Category, law
from rules.rulesets import Rule

_KEPT = 1 << 13  # entries with a date of their own, for each condition

Judge = Callable[[Question, int | None], TraceEntry]

SEX_OF: dict[Category | None, str] = {"M60": "male", "F55": "female", "F50": "female"}
# What may be true of a person when sex or category are unknown; a missing pair is a contradiction.
POSSIBLE: dict[tuple[str | None, str | None], tuple[Category, ...]] = {
    ("male", None): ("M60",),
    ("male", "M60"): ("M60",),
    (None, "M60"): ("M60",),
    ("female", None): ("F50", "F55"),
    ("female", "F50"): ("F50",),
    (None, "F50"): ("F50",),
    ("female", "F55"): ("F55",),
    (None, "F55"): ("F55",),
    (None, None): ("F50", "F55", "M60"),
}


@dataclass(frozen=True, slots=True)
class AgeReading:
    """How ages are read on the day (parameters age_reached and upper_bound_mode)."""

    reached: Reached
    upper: UpperBound

    @classmethod
    def on(cls, day: date) -> AgeReading:
        """The reading in force on ``day``."""
        return cls(
            parameters.in_force("eligibility.age_reached", day).value,
            parameters.in_force("eligibility.upper_bound_mode", day).value,
        )

    def is_between(self, born_on: date, on: date, *, least: int, most: int) -> bool:
        """Whether the person counts as ``least`` to ``most`` years old on ``on``."""
        age = age_on(born_on, on, reached=self.reached)
        return age >= least and self.is_at_most(born_on, on, age=age, most=most)

    def is_at_most(self, born_on: date, on: date, *, age: int, most: int) -> bool:
        """Whether somebody of ``age`` has not passed the upper bound."""
        if self.upper == "until_birthday":
            return on <= anniversary(born_on, most)
        return age <= most


def compile_rule(rule: Rule, day: date) -> tuple[Judge, ...]:
    """The judges of ``rule`` with the values in force on ``day``."""
    return tuple(_judges(rule, day))


def _judges(rule: Rule, day: date) -> Iterator[Judge]:
    when = rule.when
    if "any_group" in when:
        yield _any_group(rule)
    if "sex" in when:
        yield _sex(rule, when["sex"])
    if "fact" in when:
        yield _fact(rule, when["fact"], unknown="unknown")
    if "not_refuted" in when:
        yield _fact(rule, when["not_refuted"], unknown="met")
    if "age_min" in when or "age_max" in when:
        yield _age_between(rule, day)
    if "age_min_female" in when:
        yield _age_by_sex(rule, day)
    if when.get("before_retirement"):
        yield _before_retirement(rule, day)


def _entry(rule: Rule, fact: str, value: Any, needs: Any, outcome: Finding) -> TraceEntry:
    return TraceEntry(
        rule.name, rule.clause, rule.reference, rule.status, fact, value, needs, outcome
    )


def _any_group(rule: Rule) -> Judge:
    wanted = rule.groups
    needs = sorted(wanted)
    unknown = _entry(rule, "groups", None, needs, "unknown")
    known: dict[frozenset[str], TraceEntry] = {}

    def judge(question: Question, _age: int | None) -> TraceEntry:
        if question.groups is None:
            return unknown
        claimed = wanted & question.groups
        entry = known.get(claimed)
        if entry is None:
            found: Finding = "met" if claimed else "not_met"
            entry = known[claimed] = _entry(rule, "groups", sorted(claimed), needs, found)
        return entry

    return judge


def _fact(rule: Rule, fact: str, *, unknown: Finding) -> Judge:
    findings: dict[bool | None, Finding] = {True: "met", False: "not_met", None: unknown}
    needs = True
    entries = {v: _entry(rule, fact, v, needs, found) for v, found in findings.items()}
    return lambda question, _age: entries[getattr(question, fact)]


def _sex(rule: Rule, wanted: str) -> Judge:
    entries: dict[str | None, TraceEntry] = {
        sex: _entry(rule, "sex", sex, wanted, "met" if sex == wanted else "not_met")
        for sex in ("female", "male")
    }
    entries[None] = _entry(rule, "sex", None, wanted, "unknown")
    return lambda question, _age: entries[question.sex]


def _age_between(rule: Rule, day: date) -> Judge:
    names = tuple(rule.when[key] for key in ("age_min", "age_max") if key in rule.when)
    low = _bound(rule, "age_min", day, otherwise=0)
    high = _bound(rule, "age_max", day, otherwise=999)
    make = _age_entries(rule, {"min": low, "max": high}, names)
    reading = AgeReading.on(day)
    too_young = _too_young(make, low, reading)
    unknown = make(None, "unknown")
    kept: dict[tuple[int, bool], TraceEntry] = {}

    def judge(question: Question, age: int | None) -> TraceEntry:
        if age is None or question.born_on is None:
            return unknown
        if age < low:
            return too_young(question.born_on, age)
        held = reading.is_at_most(question.born_on, question.reference_on, age=age, most=high)
        entry = kept.get((age, held))
        if entry is None:
            entry = kept[age, held] = make(age, "met" if held else "not_met")
        return entry

    return judge


def _age_by_sex(rule: Rule, day: date) -> Judge:
    low = {sex: _bound(rule, f"age_min_{sex}", day, otherwise=0) for sex in ("female", "male")}
    make = _age_entries(rule, low, tuple(rule.when[f"age_min_{sex}"] for sex in low))
    reading = AgeReading.on(day)
    too_young = {sex: _too_young(make, years, reading) for sex, years in low.items()}
    unknown = make(None, "unknown")
    kept: dict[tuple[int, str | None], TraceEntry] = {}

    def judge(question: Question, age: int | None) -> TraceEntry:
        if age is None or question.born_on is None:
            return unknown
        sex = question.sex or SEX_OF.get(question.retire_category)
        if sex and age < low[sex]:
            return too_young[sex](question.born_on, age)
        entry = kept.get((age, sex))
        if entry is None:
            found = _agreed([age >= low[s] for s in ([sex] if sex else low)])
            entry = kept[age, sex] = make(age, _finding(found))
        return entry

    return judge


def _before_retirement(rule: Rule, day: date) -> Judge:
    laws = {category: law(category, day) for category in CATEGORIES}
    source = parameters.in_force("retirement.law", day)

    @lru_cache(_KEPT)
    def entry(born_on: date | None, on: date, possible: tuple[Category, ...]) -> TraceEntry:
        dates = {c: laws[c].retirement(born_on).retires_on for c in possible} if born_on else {}
        found = _agreed([on < day for day in dates.values()]) if dates else None
        shown = {category: day.isoformat() for category, day in dates.items()}
        return TraceEntry(
            rule.name,
            rule.clause,
            source.reference,
            source.status,
            "retires_on",
            shown or None,
            {"after": on.isoformat()},
            _finding(found),
            ("retirement.law",),
        )

    return lambda question, _age: entry(
        question.born_on,
        question.reference_on,
        POSSIBLE[question.sex, question.retire_category],
    )


def _age_entries(
    rule: Rule, needs: dict[str, int], names: tuple[str, ...]
) -> Callable[..., TraceEntry]:
    def make(age: int | None, outcome: Finding, reached_on: str | None = None) -> TraceEntry:
        return TraceEntry(
            rule.name,
            rule.clause,
            rule.reference,
            rule.status,
            "age",
            age,
            needs,
            outcome,
            names,
            reached_on,
        )

    return make


def _bound(rule: Rule, key: str, day: date, *, otherwise: int) -> int:
    name = rule.when.get(key)
    return int(parameters.in_force(name, day).value) if name else otherwise


def _too_young(
    make: Callable[..., TraceEntry], years: int, reading: AgeReading
) -> Callable[[date, int], TraceEntry]:
    """Entries for people who still have to reach ``years``, with the day on which they do."""

    @lru_cache(_KEPT)
    def entry(born_on: date, age: int) -> TraceEntry:
        reached_on = reaches_on(born_on, years, reached=reading.reached)
        return make(age, "not_met", reached_on.isoformat())

    return entry


def _agreed(findings: list[bool]) -> bool | None:
    if all(findings):
        return True
    return None if any(findings) else False


def _finding(found: bool | None) -> Finding:  # noqa: FBT001 - three-valued, not a switch
    if found is None:
        return "unknown"
    return "met" if found else "not_met"
