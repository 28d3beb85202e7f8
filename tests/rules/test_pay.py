"""Pay, by property: whatever the days, no fen is lost or made, and every level pays its share."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import parameters, pay
from rules.errors import InvalidQuestion
from rules.money import instalments
from rules.parameters import Override
from rules.question_keys import Keys

APRIL = date(2022, 4, 1)
TERMS = pay.terms_of(APRIL)
MONTHS = st.lists(
    st.integers(0, 31).flatmap(
        lambda planned: st.tuples(st.just(planned), st.integers(0, 31), st.integers(0, 31))
    ),
    min_size=1,
    max_size=48,
)


def year(months: list[tuple[int, int, int]], rate_fen: int | None = None) -> list[pay.Pay]:
    """One rural worker's months, one after the other."""
    carry, found = pay.NOTHING_CARRIED, []
    for planned, paid, seen in months:
        work = pay.Work("rural", planned, paid, seen, rate_fen=rate_fen)
        found.append(pay.month_pay(work, TERMS, carry))
        carry = found[-1].carry
    return found


@given(MONTHS, st.none() | st.integers(1, 200_000))
def test_three_parts_are_the_whole_and_nobody_gets_less_than_nothing(
    months: list[tuple[int, int, int]], rate_fen: int | None
) -> None:
    for one in year(months, rate_fen):
        parts = (one.parts.province_fen, one.parts.city_fen, one.parts.district_fen)
        assert sum(parts) == one.shared_fen
        assert min(parts) >= 0
        assert one.shared_fen + one.other_fen == one.amount_fen >= 0
        assert one.other_fen >= 0
        assert one.deduction_fen >= 0


@given(MONTHS)
def test_a_workers_years_are_what_was_earned_rounded_once(
    months: list[tuple[int, int, int]],
) -> None:
    found = year(months)
    earned = sum((one.worked for one in found), Fraction(0)) * TERMS.annual_fen / 12
    total = sum(one.amount_fen for one in found)
    assert abs(total - earned) <= Fraction(1, 2)
    for level, percent in (("province_fen", 40), ("city_fen", 20), ("district_fen", 40)):
        part = sum(getattr(one.parts, level) for one in found)
        assert abs(part - Fraction(total * percent, 100)) <= 1


@given(st.integers(1, 6))
def test_whole_years_are_ten_thousand_each_and_split_to_the_fen(years: int) -> None:
    found = year([(21, 21, 21)] * 12 * years)
    amounts = [one.amount_fen for one in found]
    assert amounts == list(instalments(1_000_000, 12)) * years
    assert sum(one.parts.province_fen for one in found) == 400_000 * years
    assert sum(one.parts.city_fen for one in found) == 200_000 * years
    assert sum(one.parts.district_fen for one in found) == 400_000 * years


@given(MONTHS)
def test_no_evidence_no_pay(months: list[tuple[int, int, int]]) -> None:
    for (_planned, paid, seen), one in zip(months, year(months), strict=True):
        if paid == 0 or seen == 0:
            assert one.amount_fen == 0
            assert one.reasons == ("nothing",)


@given(st.integers(1, 31), st.data())
def test_more_days_never_pay_less(planned: int, data: st.DataObject) -> None:
    paid = data.draw(st.integers(0, planned))
    fewer, more = (year([(planned, days, days)])[0] for days in (paid, min(paid + 1, planned)))
    assert fewer.amount_fen <= more.amount_fen <= more.whole_fen


@given(MONTHS)
@settings(max_examples=30)
def test_carrying_goes_through_text(months: list[tuple[int, int, int]]) -> None:
    carry = year(months)[-1].carry
    assert pay.Carry.read(carry.as_json()) == carry


def test_what_comes_back_is_split_like_what_went() -> None:
    out, carry = pay.split_in_turn(43_651, TERMS.shares, pay.NOTHING_CARRIED)
    back, carry = pay.split_in_turn(-43_651, TERMS.shares, carry)
    assert out.province_fen + back.province_fen == 0
    assert out.city_fen + back.city_fen == 0
    assert out.district_fen + back.district_fen == 0
    assert not carry.province and not carry.city  # noqa: PT018


def _override(name: str, value: object) -> Override:
    return Override(name, value, date(2022, 1, 1), "区里定的")


@pytest.fixture
def overridden() -> object:
    yield
    parameters.use_overrides(())


def test_a_cap_pays_the_posts_own_lower_rate(overridden: object) -> None:
    assert year([(21, 21, 21)], rate_fen=60_000)[0].amount_fen == 83_333
    parameters.use_overrides((_override("pay.rural_subsidy_mode", "cap"),))
    work = pay.Work("rural", 21, 21, 21, rate_fen=60_000)
    assert pay.month_pay(work, pay.terms_of(APRIL)).amount_fen == 60_000


def test_insurance_inside_the_ten_thousand_is_taken_out(overridden: object) -> None:
    parameters.use_overrides((_override("pay.rural_insurance_inside_fen", 12_000),))
    work = pay.Work("rural", 21, 21, 21)
    assert pay.month_pay(work, pay.terms_of(APRIL)).amount_fen == 82_333


def test_hours_are_paid_where_the_district_says_so(overridden: object) -> None:
    parameters.use_overrides((_override("pay.hourly_basis", "minutes"),))
    work = pay.Work("urban", 21, 21, 21, kind="hour", rate_fen=80_000, hours=40, minutes=1_830)
    found = pay.month_pay(work, pay.terms_of(APRIL))
    assert (found.amount_fen, found.reasons) == (61_000, ("hours",))


def test_a_share_of_the_days_makes_the_month_whole(overridden: object) -> None:
    parameters.use_overrides((_override("pay.required_days_percent", 90),))
    terms = pay.terms_of(APRIL)
    assert [pay.required_days(days, terms) for days in (0, 1, 20, 21)] == [0, 1, 18, 19]
    assert pay.month_pay(pay.Work("rural", 21, 19, 19), terms).reasons == ("whole",)


def test_what_nobody_has_confirmed_is_named() -> None:
    assert "pay.rural_subsidy_mode" in TERMS.assumed
    assert "pay.rural_annual_subsidy_fen" not in TERMS.assumed
    check = pay.month_pay(pay.Work("urban", 21, 21, 21, rate_fen=190_000), TERMS).check
    assert check is not None
    assert check.is_enough
    assert not check.floor.is_certain


def test_hours_of_a_month() -> None:
    assert pay.hours_of_month(40, 10) == 40
    assert pay.hours_of_month(None, 10) == 43
    assert pay.hours_of_month(None, None) is None


def test_months_must_be_mappings() -> None:
    for rows in ("x", ["x"], {"month": 1}):
        with pytest.raises(InvalidQuestion):
            Keys({"months": rows}).rows("months")
