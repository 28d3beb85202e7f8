"""What a decision tells beyond its outcome: trace, missing facts, claims of other rule sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules import rulesets
from rules.eligibility import Decision, Question, decide
from rules.errors import BadRuleFile, InvalidQuestion

ASKED_ON = date(2022, 4, 30)


def create_question(**overrides: Any) -> Question:
    asked = Question(
        ruleset="yanzhou-2022",
        reference_on=ASKED_ON,
        track="rural",
        born_on=date(1982, 1, 1),
        sex="female",
        groups=frozenset(),
        unemployed=False,
        zero_employment_household=False,
    )
    return replace(asked, **overrides)


def test_missing_names_the_facts_that_could_make_a_match() -> None:
    def missing(**overrides: Any) -> tuple[str, ...]:
        return decide(create_question(**overrides)).missing

    urban: dict[str, Any] = {"track": "urban", "born_on": date(1976, 3, 1)}
    assert missing(groups=None) == ("groups",)
    assert missing(groups=None, born_on=None) == ("groups", "born_on")
    assert missing(born_on=None) == ("born_on",)
    assert missing(**urban, unemployed=None) == ("unemployed",)
    assert missing(**urban, unemployed=None, zero_employment_household=None) == (
        "zero_employment_household",
        "unemployed",
    )
    assert missing(track="urban", born_on=date(1970, 3, 1), unemployed=True) == ("retire_category",)
    assert missing(track="urban", born_on=date(1976, 3, 1), sex=None, unemployed=True) == ("sex",)
    assert missing(track="urban", born_on=None, unemployed=True) == ("born_on", "retire_category")
    assert missing(track="urban", born_on=None, sex="male", unemployed=True) == ("born_on",)
    # Nothing that is unknown could help: too young, whatever the category.
    assert missing(track="urban", born_on=date(1990, 1, 1), unemployed=True) == ()


def test_category_tells_the_sex_when_nobody_gave_it() -> None:
    asked = create_question(track="urban", born_on=date(1976, 3, 1), sex=None, unemployed=True)
    assert decide(replace(asked, retire_category="F50")).outcome == "eligible"
    assert decide(replace(asked, retire_category="M60")).outcome == "not_eligible"


def test_trace_cites_clause_value_and_reason() -> None:
    found = decide(create_question(born_on=date(1977, 5, 1)))
    entry = found.trace[-1]
    assert (entry.rule, entry.clause, entry.fact, entry.value) == (
        "older_rural",
        "R-3.2d",
        "age",
        44,
    )
    assert entry.needs == {"min": 45, "max": 65}
    assert entry.reached_on == "2022-05-01"
    assert entry.parameters == (
        "eligibility.older_rural_age_min",
        "eligibility.older_rural_age_max",
    )
    assert found.becomes_eligible_on == date(2022, 5, 1)


def test_trace_shows_both_retirement_dates_when_the_category_is_unknown() -> None:
    asked = create_question(track="urban", born_on=date(1970, 3, 1), unemployed=True)
    entry = decide(asked).trace[-1]
    assert entry.value == {"F50": "2020-03-01", "F55": "2025-03-01"}
    assert (entry.outcome, entry.status) == ("unknown", "memory")


def test_staff_are_told_to_look_where_the_plan_has_no_age_bound() -> None:
    def notes(decision: Decision) -> list[tuple[str, int, str]]:
        return [(e.rule, e.value, e.status) for e in decision.trace if e.outcome == "attention"]

    old = create_question(born_on=date(1954, 9, 1), groups=frozenset({"disabled"}))
    assert notes(decide(old)) == [("disabled", 67, "assumed")]
    assert notes(decide(replace(old, born_on=date(1956, 9, 1)))) == []


def test_claims_of_another_rule_set_are_heard_and_do_not_count() -> None:
    asked = create_question(groups=frozenset({"two_child_mother"}))
    assert decide(asked).outcome == "not_eligible"
    with pytest.raises(InvalidQuestion):
        decide(replace(asked, groups=frozenset({"two_child_mother", "rich"})))


def test_a_claim_to_be_unemployed_is_refuted_by_the_register() -> None:
    claims = create_question(
        ruleset="yanzhou-2024",
        reference_on=date(2024, 4, 30),
        born_on=date(2000, 6, 1),
        groups=frozenset({"unemployed_youth"}),
    )
    assert decide(claims).outcome == "not_eligible"
    assert decide(replace(claims, unemployed=None)).matched == ("unemployed_youth",)
    father = replace(claims, sex="male", groups=frozenset({"two_child_mother"}), unemployed=None)
    assert decide(father).outcome == "not_eligible"


def test_rule_set_of_2024_has_seven_rural_groups() -> None:
    assert len(rulesets.load("yanzhou-2022").tracks["rural"]) == 4
    assert len(rulesets.load("yanzhou-2024").tracks["rural"]) == 7
    rule = rulesets.load("yanzhou-2024").rule("disabled")
    assert (rule.clause, rule.verified_by) == ("R-3.2c", "区残联")
    with pytest.raises(KeyError):
        rulesets.load("yanzhou-2022").rule("two_child_mother")


@pytest.mark.parametrize(
    "when",
    [{}, {"age_min": "no.such"}, {"fact": "rich"}, {"moon": "full"}],
    ids=str,
)
def test_unsound_rules_are_refused(when: dict[str, Any]) -> None:
    rule = {
        "name": "x", "official": "x", "clause": "x", "reference": "x", "status": "found",
        "verified_by": "x", "evidence": "x", "when": when,
    }  # fmt: skip
    content = {
        "title": "x",
        "reference": "x",
        "status": "found",
        "tracks": {"rural": [rule], "urban": []},
    }
    with pytest.raises(BadRuleFile):
        rulesets.catalogue.read("x", content)
