"""What must hold for every input, not only for the examples."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import calendar, id_number, money, rulesets
from rules.age import age_on, reaches_on
from rules.conditions import POSSIBLE, SEX_OF
from rules.eligibility import Question, decide
from rules.months import add_months, last_day_of_term
from rules.retirement import CATEGORIES, retirement
from rules.term import urban_term
from rules.terminal import ask_lines

TODAY = date(2026, 11, 24)
births = st.dates(date(1930, 1, 1), date(2010, 12, 31))
reference_days = st.dates(date(2022, 1, 1), date(2030, 12, 31))
laws_on = st.sampled_from([date(2022, 4, 6), date(2024, 12, 31), date(2025, 1, 1), TODAY])
categories = st.sampled_from(CATEGORIES)
facts = st.none() | st.booleans()
questions = st.builds(
    Question,
    ruleset=st.sampled_from(rulesets.names()),
    reference_on=reference_days,
    track=st.sampled_from(["rural", "urban"]),
    born_on=st.none() | births,
    sex=st.sampled_from([None, "female", "male"]),
    retire_category=st.sampled_from([None, *CATEGORIES]),
    groups=st.none() | st.frozensets(st.sampled_from(sorted(rulesets.claimable_groups()))),
    unemployed=facts,
    zero_employment_household=facts,
).filter(lambda question: (question.sex, question.retire_category) in POSSIBLE)


@given(st.integers(0, 10**15))
def test_parts_always_add_up(amount_fen: int) -> None:
    parts = money.split(amount_fen)
    assert parts.province_fen + parts.city_fen + parts.district_fen == amount_fen
    assert abs(parts.province_fen * 100 - amount_fen * 40) <= 50
    assert abs(parts.city_fen * 100 - amount_fen * 20) <= 50
    assert min(parts.province_fen, parts.city_fen, parts.district_fen) >= 0


@given(st.integers(0, 10**12), st.integers(0, 48))
def test_instalments_add_up_to_what_is_due(annual_fen: int, months: int) -> None:
    paid = money.instalments(annual_fen, months)
    assert len(paid) == months
    assert abs(sum(paid) * 12 - annual_fen * months) <= 6
    assert max(paid, default=0) - min(paid, default=0) <= 1
    assert money.instalments(annual_fen, months + 1)[:months] == paid


@given(st.integers(0, 10**12))
def test_twelve_instalments_are_the_year(annual_fen: int) -> None:
    assert sum(money.instalments(annual_fen, 12)) == annual_fen


@given(st.text() | st.text("0123456789XxOolI×－ ", max_size=24))
def test_reading_an_id_number_never_fails(text: str) -> None:
    plain = id_number.normalise(text)
    assert id_number.normalise(plain) == plain
    found = id_number.read(text, TODAY)
    assert found.valid is (found.problem is None)
    if found.id_number:
        assert id_number.read(found.id_number, TODAY) == found
    if found.suggestion:
        assert id_number.read(found.suggestion, TODAY).valid
        assert not found.valid


@given(births, st.integers(1, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(born_on: date, serial: int, place: int, by: int) -> None:
    first = f"370899{born_on:%Y%m%d}{serial:03d}"
    number = first + id_number.check_character(first)
    assert id_number.read(number, TODAY).born_on == born_on
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not id_number.read(wrong, TODAY).valid


@given(births, reference_days, st.integers(0, 400))
def test_age_grows_and_is_reached_on_its_day(born_on: date, on: date, later: int) -> None:
    if on < born_on:
        return
    age = age_on(born_on, on)
    assert age <= age_on(born_on, on + timedelta(days=later)) <= age + 2
    for reached in ("birthday", "day_after"):
        first = reaches_on(born_on, age + 1, reached=reached)
        assert age_on(born_on, first, reached=reached) == age + 1
        assert age_on(born_on, first - timedelta(days=1), reached=reached) == age


@given(births, st.integers(0, 800), categories, laws_on)
def test_the_younger_never_retire_earlier(
    born_on: date, younger_by: int, category: Any, law_on: date
) -> None:
    older = retirement(born_on, category, law_on=law_on)
    younger = retirement(born_on + timedelta(days=younger_by), category, law_on=law_on)
    assert older.retires_on <= younger.retires_on
    assert older.delay_months <= younger.delay_months


@given(births, categories)
def test_the_new_law_never_retires_anyone_earlier(born_on: date, category: Any) -> None:
    old = retirement(born_on, category, law_on=date(2024, 12, 31))
    new = retirement(born_on, category, law_on=date(2025, 1, 1))
    assert old.retires_on <= new.retires_on
    assert old.delay_months == 0 <= new.delay_months <= 60


@given(st.dates(date(2022, 1, 1), date(2026, 10, 31)), st.integers(1, 20))
def test_notice_ends_on_a_working_day_after_posting(posted_on: date, working_days: int) -> None:
    last = calendar.last_notice_day(posted_on, working_days)
    assert last > posted_on
    assert calendar.is_working_day(last)
    days = [posted_on + timedelta(days=n) for n in range(1, (last - posted_on).days + 1)]
    assert sum(map(calendar.is_working_day, days)) == working_days


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(1, 60))
def test_terms_have_no_gap_and_no_overlap(started_on: date, months: int) -> None:
    last = last_day_of_term(started_on, months)
    assert last >= started_on
    if started_on.day <= 28:
        assert last + timedelta(days=1) == add_months(started_on, months)


@given(births, categories, reference_days, reference_days, st.integers(0, 40), laws_on)
def test_urban_term_never_passes_retirement(
    born_on: date, category: Any, started_on: date, first: date, used: int, law_on: date
) -> None:
    retires_on = retirement(born_on, category, law_on=law_on).retires_on
    if started_on > retires_on:
        return
    found = urban_term(
        started_on, used, born_on=born_on, category=category, first_approved_on=first, law_on=law_on
    )
    assert (found.ends_on is None) is (used >= 36)
    assert found.ends_on is None or started_on <= found.ends_on <= retires_on
    assert found.may_extend_to in (None, retires_on)


@given(questions)
def test_a_decision_is_always_given_and_consistent(question: Question) -> None:
    if question.born_on and question.born_on > question.reference_on:
        return
    found = decide(question)
    assert (found.outcome == "eligible") is bool(found.matched)
    assert (found.outcome == "to_verify") is bool(found.missing)
    assert found.outcome == "not_eligible" or found.becomes_eligible_on is None
    assert all(getattr(question, fact) is None for fact in found.missing)
    assert json.loads(json.dumps(found.as_json())) == found.as_json()
    rules = {rule.name for rule in rulesets.load(question.ruleset).tracks[question.track]}
    assert {entry.rule for entry in found.trace} == rules


@given(questions)
def test_the_promised_day_keeps_its_promise(question: Question) -> None:
    if question.born_on and question.born_on > question.reference_on:
        return
    day = decide(question).becomes_eligible_on
    if day is None:
        return
    assert day > question.reference_on
    assert decide(on_day(question, day)).outcome == "eligible"
    assert decide(on_day(question, day - timedelta(days=1))).outcome == "not_eligible"


@given(questions, st.data())
def test_to_verify_means_that_an_answer_can_decide(question: Question, data: st.DataObject) -> None:
    """Filling in unknown facts never turns yes into no, nor a plain no into yes."""
    if question.born_on is None or question.born_on > question.reference_on:
        return
    category = data.draw(st.sampled_from(POSSIBLE[question.sex, question.retire_category]))
    known = Question(
        ruleset=question.ruleset,
        reference_on=question.reference_on,
        track=question.track,
        born_on=question.born_on,
        sex="male" if SEX_OF[category] == "male" else "female",
        retire_category=category,
        groups=_filled(question.groups, data.draw(st.sampled_from([frozenset(), CLAIMS]))),
        unemployed=_filled(question.unemployed, data.draw(st.booleans())),
        zero_employment_household=_filled(
            question.zero_employment_household, data.draw(st.booleans())
        ),
    )
    before, after = decide(question).outcome, decide(known).outcome
    assert after != "to_verify"
    if before == "not_eligible":
        assert after == "not_eligible"
    if before == "eligible" and question.unemployed is not None:
        assert after == "eligible"


CLAIMS = frozenset({"poverty_alleviated", "low_income"})


def _filled(known: Any, otherwise: Any) -> Any:
    return otherwise if known is None else known


def on_day(question: Question, day: date) -> Question:
    """The same person, asked for another reference date."""
    fields = {name: getattr(question, name) for name in Question.__slots__}
    return Question(**{**fields, "reference_on": day})


@given(st.text() | st.binary())
def test_any_line_gets_one_answer(line: str | bytes) -> None:
    (answer,) = ask_lines([line], today=TODAY)
    assert isinstance(json.loads(answer.line), dict)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = {
    "age": ["born_on", "on"],
    "retirement": ["born_on", "category", "law_on"],
    "term": ["track", "started_on", "months_used", "born_on", "retire_category"],
    "notice": ["posted_on", "working_days"],
    "split": ["amount_fen"],
    "instalments": ["annual_fen", "months"],
    "id_number": ["text", "on"],
    "quota": ["year", "town", "track"],
    "eligibility": ["ruleset", "reference_on", "track", "born_on", "sex", "groups", "unemployed"],
}
plausible = st.dates().map(date.isoformat) | st.sampled_from(
    ["rural", "urban", "F50", "M60", "female", "yanzhou-2022", 12, 2022, "颜店", []]
)


@pytest.mark.parametrize("kind", KEYS)
@given(data=st.data())
def test_any_values_get_an_answer(kind: str, data: st.DataObject) -> None:
    question = {key: data.draw(plausible | json_values) for key in KEYS[kind]}
    (answer,) = ask_lines([json.dumps({"ask": kind, **question})], today=TODAY)
    assert ("error" in json.loads(answer.line)) is not answer.ok
