"""The groups that a recruitment announcement places first, as data.

One file per rule set, ``<name>.yaml``. A rule holds when all its conditions hold; somebody is
eligible when any rule of their track does. Which rule set applies is said by the announcement, not
by today's date (R-3.2e: the 2024 notice has seven rural groups, the plan of 2022 four).

Conditions that a rule may have under ``when``:

    any_group: [names]              the person claims one of these groups
    fact: unemployed                the fact is true
    not_refuted: unemployed         the fact is not known to be false
    sex: female
    age_min, age_max: parameter     full years on the reference date, both inclusive
    age_min_female, age_min_male: parameter
    before_retirement: true         the statutory retirement date lies after the reference date
"""

from rules.rulesets.catalogue import Rule, RuleSet, claimable_groups, load, names

__all__ = ["Rule", "RuleSet", "claimable_groups", "load", "names"]
