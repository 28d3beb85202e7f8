"""Whom a recruitment places first, with the reasons (plan 三(二), R-3.2a to R-3.2j).

``decide`` is pure and fast: rules are compiled once for each stretch of time in which no value
changes. Unknown facts are neither yes nor no: a person is ``to_verify`` as long as one of them
could still make a rule hold, and only a human refuses.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from functools import cache

from rules import parameters
from rules.age import age_on
from rules.conditions import POSSIBLE, AgeReading, Judge, compile_rule
from rules.errors import InvalidQuestion
from rules.question import Decision, Question, TraceEntry, Track
from rules.retirement import retirement
from rules.rulesets import Rule, claimable_groups, load
from rules.rulesets.catalogue import TRACKS

__all__ = ["Decision", "Question", "TraceEntry", "decide"]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One rule ready to be asked."""

    name: str
    judges: tuple[Judge, ...]
    ends_at_retirement: bool
    attention: TraceEntry | None


@dataclass(frozen=True, slots=True)
class _Desk:
    """All rules of one track with the values of one stretch of time."""

    rules: tuple[_Compiled, ...]
    reading: AgeReading
    attention_below: int
    attention_above: int


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one rule says: whether it holds, what could change it, and when age alone would."""

    holds: bool
    missing: tuple[str, ...] = ()
    age_reached_on: date | None = None


_desks: dict[tuple[str, str, int], _Desk] = {}


def decide(question: Question) -> Decision:
    """What the rule set says about one person, with a trace; never "refused".

    :class:`InvalidQuestion` for a question that contradicts itself, :class:`NotInForce` for a
    reference date before the programme began (2022-01-01).
    """
    desk = _desk(question.ruleset, question.track, question.reference_on)
    age = _checked_age(question, desk.reading)
    trace: list[TraceEntry] = []
    matched: list[str] = []
    missing: list[str] = []
    reached: list[date] = []
    for rule in desk.rules:
        verdict = _judge(rule, question, age, trace)
        if verdict.holds:
            matched.append(rule.name)
            _note_age(rule, desk, age, trace)
        missing += verdict.missing
        if verdict.age_reached_on:
            reached.append(verdict.age_reached_on)
    if matched:
        return Decision("eligible", tuple(matched), None, tuple(trace), ())
    if missing:
        return Decision("to_verify", (), None, tuple(trace), tuple(dict.fromkeys(missing)))
    return Decision("not_eligible", (), min(reached, default=None), tuple(trace), ())


def _judge(
    rule: _Compiled, question: Question, age: int | None, trace: list[TraceEntry]
) -> _Verdict:
    against: list[TraceEntry] = []
    unknown: list[TraceEntry] = []
    for judge in rule.judges:
        entry = judge(question, age)
        trace.append(entry)
        if entry.outcome == "not_met":
            against.append(entry)
            if entry.reached_on:
                break  # too young: what comes after an age, retirement, is out of the question
        elif entry.outcome == "unknown":
            unknown.append(entry)
    if not against:
        return _open(unknown, question) if unknown else _HOLDS
    if unknown or len(against) > 1 or not against[0].reached_on:
        return _FAILS
    return _later(rule, question, against[0])


def _open(unknown: list[TraceEntry], question: Question) -> _Verdict:
    return _Verdict(holds=False, missing=_unknown_facts(unknown, question))


_HOLDS = _Verdict(holds=True)
_FAILS = _Verdict(holds=False)


def _unknown_facts(unknown: list[TraceEntry], question: Question) -> tuple[str, ...]:
    facts: list[str] = []
    for entry in unknown:
        if entry.fact in ("age", "retires_on"):
            facts += _unknown_person(entry, question)
        else:
            facts.append(entry.fact)
    return tuple(facts)


def _unknown_person(entry: TraceEntry, question: Question) -> list[str]:
    """The plain facts that an age or a retirement date still lacks."""
    lacking = ["born_on"] if question.born_on is None else []
    if question.retire_category is not None or question.sex == "male":
        return lacking
    if question.sex is None and (entry.fact == "retires_on" or "female" in entry.needs):
        return [*lacking, "sex"]
    return [*lacking, "retire_category"] if entry.fact == "retires_on" else lacking


def _later(rule: _Compiled, question: Question, too_young: TraceEntry) -> _Verdict:
    """Age alone stands in the way until the day it is reached, unless retirement comes first."""
    born_on = question.born_on
    if born_on is None or too_young.reached_on is None:
        return _FAILS
    reached_on = date.fromisoformat(too_young.reached_on)
    if rule.ends_at_retirement:
        possible = POSSIBLE[question.sex, question.retire_category]
        retires_on = (retirement(born_on, c, law_on=reached_on).retires_on for c in possible)
        if not all(reached_on < day for day in retires_on):
            return _FAILS
    return _Verdict(holds=False, age_reached_on=reached_on)


def _note_age(rule: _Compiled, desk: _Desk, age: int | None, trace: list[TraceEntry]) -> None:
    """Listed groups have no age bound in the plan (R-3.2i): staff are told, nobody is refused."""
    if rule.attention is None or age is None:
        return
    if not desk.attention_below <= age <= desk.attention_above:
        trace.append(rule.attention)


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
    key = (ruleset, track, bisect_right(_changes(), on))
    desk = _desks.get(key)
    if desk is None:
        desk = _desks[key] = _compile(ruleset, track, on)
    return desk


@cache
def _changes() -> tuple[date, ...]:
    return parameters.dates_of_change("eligibility", "retirement")


def _compile(ruleset: str, track: Track, on: date) -> _Desk:
    if track not in TRACKS:
        allowed = ", ".join(TRACKS)
        raise InvalidQuestion("not_one_of", key="track", value=track, allowed=allowed)
    ages = parameters.in_force("eligibility.listed_group_attention_ages", on)
    rules = (
        _Compiled(
            rule.name,
            compile_rule(rule, on),
            bool(rule.when.get("before_retirement")),
            _attention(rule, ages),
        )
        for rule in load(ruleset).tracks[track]
    )
    return _Desk(tuple(rules), AgeReading.on(on), ages.value["min"], ages.value["max"])


def _attention(rule: Rule, ages: parameters.InForce) -> TraceEntry | None:
    if not rule.groups or "age_min" in rule.when:
        return None
    return TraceEntry(
        rule.name,
        "R-3.2i",
        ages.reference,
        ages.status,
        "age",
        None,
        ages.value,
        "attention",
        (ages.name,),
    )
