"""Whom a recruitment places first, with the reasons (plan 三(二), R-3.2a to R-3.2j).

``decide`` is pure and fast: rules are compiled once for each stretch of time in which no value
changes. Unknown facts are neither yes nor no: a person is ``to_verify`` as long as one of them
could still make a rule hold, and only a human refuses.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from rules import parameters
from rules.age import age_on
from rules.conditions import POSSIBLE, AgeReading, Judge, compile_rule
from rules.errors import InvalidQuestion
from rules.question import Decision, Question, TraceEntry, Track
from rules.retirement import Category, retirement
from rules.rulesets import Rule, claimable_groups, load
from rules.rulesets.catalogue import TRACKS

__all__ = ["Decision", "Question", "TraceEntry", "decide"]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One rule ready to be asked; ``note`` gives what staff should see about somebody's age."""

    name: str
    judges: tuple[Judge, ...]
    ends_at_retirement: bool
    note: Callable[[int], TraceEntry | None] | None


@dataclass(frozen=True, slots=True)
class _Desk:
    """All rules of one track with the values of one stretch of time."""

    rules: tuple[_Compiled, ...]
    reading: AgeReading


@dataclass(slots=True)
class _Findings:
    """What is gathered while the rules are asked one after another."""

    trace: list[TraceEntry]
    missing: list[str]
    reached_on: list[date]


_KEPT = 1 << 13
_desks: dict[tuple[int, str, str, int], _Desk] = {}


def decide(question: Question) -> Decision:
    """What the rule set says about one person, with a trace; never "refused".

    :class:`InvalidQuestion` for a question that contradicts itself, :class:`NotInForce` for a
    reference date before the programme began (2022-01-01).
    """
    desk = _desk(question.ruleset, question.track, question.reference_on)
    age = _checked_age(question, desk.reading)
    findings = _Findings(trace=[], missing=[], reached_on=[])
    matched = [rule.name for rule in desk.rules if _holds(rule, question, age, findings)]
    trace, missing = tuple(findings.trace), findings.missing
    if matched:
        return Decision("eligible", tuple(matched), None, trace, ())
    if missing:
        return Decision("to_verify", (), None, trace, tuple(dict.fromkeys(missing)))
    return Decision("not_eligible", (), min(findings.reached_on, default=None), trace, ())


def _holds(rule: _Compiled, question: Question, age: int | None, findings: _Findings) -> bool:
    """Whether the rule holds; if not, what could still make it hold goes into ``findings``."""
    against: list[TraceEntry] = []
    unknown: list[TraceEntry] = []
    for judge in rule.judges:
        entry = judge(question, age)
        findings.trace.append(entry)
        if entry.outcome == "not_met":
            against.append(entry)
            if entry.reached_on:
                break  # too young: what comes after an age, retirement, is out of the question
        elif entry.outcome == "unknown":
            unknown.append(entry)
    if against:
        if len(against) == 1 and not unknown and against[0].reached_on:
            findings.reached_on += _later(rule, question, against[0].reached_on)
        return False
    if unknown:
        findings.missing += _unknown_facts(unknown, question)
        return False
    if rule.note and age is not None and (note := rule.note(age)):
        findings.trace.append(note)
    return True


def _unknown_facts(unknown: list[TraceEntry], question: Question) -> list[str]:
    facts: list[str] = []
    for entry in unknown:
        if entry.fact in ("age", "retires_on"):
            facts += _unknown_person(entry, question)
        else:
            facts.append(entry.fact)
    return facts


def _unknown_person(entry: TraceEntry, question: Question) -> list[str]:
    """The plain facts that an age or a retirement date still lacks."""
    lacking = ["born_on"] if question.born_on is None else []
    if question.retire_category is not None or question.sex == "male":
        return lacking
    if question.sex is None and (entry.fact == "retires_on" or "female" in entry.needs):
        return [*lacking, "sex"]
    return [*lacking, "retire_category"] if entry.fact == "retires_on" else lacking


def _later(rule: _Compiled, question: Question, reached_on: str) -> tuple[date, ...]:
    """The day on which age no longer stands in the way, unless retirement comes first."""
    day, born_on = date.fromisoformat(reached_on), question.born_on
    if not rule.ends_at_retirement or born_on is None:
        return (day,)
    possible = POSSIBLE[question.sex, question.retire_category]
    return (day,) if _works_on(born_on, possible, day, parameters.edition()) else ()


@lru_cache(_KEPT)
def _works_on(born_on: date, possible: tuple[Category, ...], day: date, _edition: int) -> bool:
    """Whether ``day`` lies before retirement whichever category is the right one."""
    return all(day < retirement(born_on, c, law_on=day).retires_on for c in possible)


def _checked_age(question: Question, reading: AgeReading) -> int | None:
    if (question.sex, question.retire_category) not in POSSIBLE:
        sex, category = question.sex, question.retire_category
        raise InvalidQuestion("category_and_sex", sex=sex, category=category)
    groups = question.groups
    if groups and not groups <= claimable_groups():
        wrong = ", ".join(sorted(groups - claimable_groups()))
        allowed = ", ".join(sorted(claimable_groups()))
        raise InvalidQuestion("not_one_of", key="groups", value=wrong, allowed=allowed)
    if question.born_on is None:
        return None
    return age_on(question.born_on, question.reference_on, reached=reading.reached)


def _desk(ruleset: str, track: Track, on: date) -> _Desk:
    edition = parameters.edition()
    key = (edition, ruleset, track, bisect_right(_changes(edition), on))
    desk = _desks.get(key)
    if desk is None:
        desk = _desks[key] = _compile(ruleset, track, on)
    return desk


@lru_cache(4)
def _changes(_edition: int) -> tuple[date, ...]:
    return parameters.dates_of_change("eligibility", "retirement")


def _compile(ruleset: str, track: Track, on: date) -> _Desk:
    if track not in TRACKS:
        allowed = ", ".join(TRACKS)
        raise InvalidQuestion("not_one_of", key="track", value=track, allowed=allowed)
    rules = (
        _Compiled(
            rule.name,
            compile_rule(rule, on),
            bool(rule.when.get("before_retirement")),
            _age_note(rule, on),
        )
        for rule in load(ruleset).tracks[track]
    )
    return _Desk(tuple(rules), AgeReading.on(on))


def _age_note(rule: Rule, on: date) -> Callable[[int], TraceEntry | None] | None:
    """Listed groups have no age bound in the plan (R-3.2i): staff are told, nobody is refused."""
    if not rule.groups or "age_min" in rule.when:
        return None
    usual = parameters.in_force("eligibility.listed_group_attention_ages", on)
    least, most = usual.value["min"], usual.value["max"]
    source = (usual.reference, usual.status, "age")

    @cache
    def note(age: int) -> TraceEntry | None:
        if least <= age <= most:
            return None
        return TraceEntry(
            rule.name, "R-3.2i", *source, age, usual.value, "attention", (usual.name,)
        )

    return note
