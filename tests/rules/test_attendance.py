"""The truth table: every row can decide, and what no table of three facts may ever do."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import attendance
from rules.attendance import FACTS, Facts, derive
from rules.errors import BadRuleFile

ANY = st.builds(Facts, **{name: st.sampled_from(values) for name, values in FACTS.items()})
WORKDAY = ANY.map(
    lambda facts: replace(
        facts,
        dates="on_post",
        plan="work",
        stoppage="none",
        leave="none",
        dispute="none",
        ruling="none",
    )
)


@given(ANY)
def test_every_combination_of_facts_has_a_verdict(facts: Facts) -> None:
    verdict = derive(facts)
    assert verdict.state in attendance.STATES
    assert verdict == derive(Facts(**asdict(facts)))
    if verdict.state == "counted":
        assert verdict.counted


@given(WORKDAY)
def test_a_day_counts_only_by_two_voices(facts: Facts) -> None:
    """Neither the worker, nor the clerk, nor the head makes a day alone (F-02, F-11). A sign that
    was asked for afterwards has a second person's voice with it."""
    voices = (
        facts.own in {"in", "backfilled"},
        facts.own == "backfilled",
        facts.clerk == "present",
        facts.head == "confirmed",
    )
    if derive(facts).counted:
        assert sum(voices) >= 2


@given(WORKDAY)
def test_who_signed_loses_a_day_only_against_two_voices(facts: Facts) -> None:
    """An own sign, however poor, is never outweighed by silence or by one voice."""
    signed = replace(facts, own="in")
    if derive(signed).state == "absent":
        assert signed.clerk == "absent"
        assert signed.head == "denied"


@given(ANY)
def test_nothing_is_lost_before_the_day_has_closed(facts: Facts) -> None:
    for phase in ("open", "evening"):
        verdict = derive(replace(facts, phase=phase))
        assert verdict.state != "absent" or verdict.row == "ruled_absent"


@given(ANY)
def test_what_is_open_is_never_settled(facts: Facts) -> None:
    verdict = derive(facts)
    assert not (verdict.settled and verdict.state in attendance.OPEN_STATES)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rows": {"a": {"when": {"weather": "fine"}, "state": "counted"}}}, "weather"),
        ({"rows": {"a": {"when": {"own": "maybe"}, "state": "counted"}}}, "maybe"),
        ({"rows": {"a": {"when": {}, "state": "splendid"}}}, "splendid"),
        ({"rows": {"a": {"when": {"own": "in"}, "state": "counted"}}}, "last row"),
        ({"rows": {"a": {"when": {}, "state": "counted"}, "b": {"when": {}, "state": "absent"}}},
         "never decides"),
        ({"rows": {"a": {"when": {}, "state": "counted", "odd": 1}}}, "odd"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_meant_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BadRuleFile) as refused:
        attendance.read({"version": "x", **change})
    assert why in str(refused.value.values)
