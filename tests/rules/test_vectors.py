"""The worked examples of the requirements (2.2, 2.6, 2.8, R-3.2d, R-3.3e, R-4.3b, R-A2)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from rules import calendar, id_number, money, quota, term
from rules.age import Reached, age_on
from rules.conditions import AgeReading
from rules.months import last_day_of_term
from rules.retirement import retirement

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors.json").read_text(encoding="utf-8")
)
NEW_LAW_ON = date(2026, 11, 24)
TODAY = date(2026, 11, 24)


def day(text: str) -> date:
    return date.fromisoformat(text)


def fen(yuan: float) -> int:
    return round(yuan * 100)


def years_and_months(born_on: date, on: date) -> str:
    months = (on.year - born_on.year) * 12 + on.month - born_on.month
    return f"{months // 12}y{months % 12}m"


def name_of(row: dict[str, Any]) -> str:
    return " ".join(str(value) for value in list(row.values())[:3])


@pytest.mark.parametrize("row", VECTORS["retirement"], ids=name_of)
def test_retirement(row: dict[str, Any]) -> None:
    born_on = day(row["birth"])
    found = retirement(born_on, row["category"], law_on=NEW_LAW_ON)
    original = retirement(born_on, row["category"], law_on=date(2024, 12, 31))
    assert (found.retires_on, found.delay_months) == (day(row["new"]), row["delay_months"])
    assert (original.retires_on, original.delay_months) == (day(row["original"]), 0)
    assert years_and_months(born_on, found.retires_on) == row["new_age"]


@pytest.mark.parametrize("row", VECTORS["urban_extension"], ids=name_of)
def test_urban_extension(row: dict[str, Any]) -> None:
    born_on, first, category = day(row["birth"]), day(row["first_approved"]), row["category"]
    at_first = retirement(born_on, category, law_on=first).retires_on
    now = retirement(born_on, category, law_on=TODAY).retires_on
    assert at_first == day(row["statutory_by_law_at_first_approval"])
    assert now == day(row["statutory_by_law_now"])
    assert term.is_near_retirement(born_on, category, first, law_on=TODAY) is row["lt5y"]
    assert last_day_of_term(first, 36) == day(row["standard_36m_end"])
    found = term.urban_term(
        first, 0, born_on=born_on, category=category, first_approved_on=first, law_on=TODAY
    )
    assert (found.may_extend_to or found.ends_on) == day(row["effective_end_default_reading"])
    assert found.ends_on == min(day(row["standard_36m_end"]), now)


@pytest.mark.parametrize("row", VECTORS["age_entry_ref_2026-12-10"], ids=name_of)
@pytest.mark.parametrize(
    ("reached", "upper", "expected"),
    [
        ("birthday", "integer_age", "ok_int_mode"),
        ("day_after", "integer_age", "ok_nextday"),
        ("birthday", "until_birthday", "ok_until65bd"),
    ],
)
def test_age_on_entry(
    row: dict[str, Any],
    reached: Reached,
    upper: Any,
    expected: str,
) -> None:
    born_on, on = day(row["birth"]), date(2026, 12, 10)
    assert age_on(born_on, on) == row["age_birthday_mode"]
    assert age_on(born_on, on, reached="day_after") == row["age_nextday_mode"]
    reading = AgeReading(reached, upper)
    assert reading.is_between(born_on, on, least=45, most=65) is row[expected]


@pytest.mark.parametrize("row", VECTORS["leap"], ids=name_of)
def test_leap_day_birth(row: dict[str, Any]) -> None:
    assert age_on(day(row["birth"]), day(row["ref"])) == row["age_mar1_mode"]


@pytest.mark.parametrize("row", VECTORS["term36"], ids=name_of)
def test_term_of_36_months(row: dict[str, Any]) -> None:
    assert term.rural_term(day(row["start"]), 0).ends_on == day(row["end"])


def test_monthly_funding() -> None:
    assert money.instalments(1_000_000, 12) == tuple(map(fen, VECTORS["funding_monthly"]))


@pytest.mark.parametrize("row", VECTORS["funding_split"], ids=name_of)
def test_funding_split(row: dict[str, Any]) -> None:
    found = money.split(fen(row["total"]))
    expected = money.Split(fen(row["prov"]), fen(row["city"]), fen(row["district"]))
    assert found == expected


@pytest.mark.parametrize(("town", "row"), VECTORS["quota2022"].items())
def test_quota_of_2022(town: str, row: dict[str, Any]) -> None:
    assert quota.quota(2022, town, "total") == row["total"]
    assert quota.quota(2022, town, "urban") == row["urban"]
    assert quota.quota(2022, town, "rural") == row["rural"]
    fund = row["rural"] * 1_000_000
    assert fund == fen(row["rural_fund"])
    parts = row["fund_split"]
    assert money.split(fund) == money.Split(
        fen(parts["prov"]), fen(parts["city"]), fen(parts["district"])
    )


@pytest.mark.parametrize("number", VECTORS["ids_synthetic_valid"])
def test_valid_id_numbers(number: str) -> None:
    found = id_number.read(number, TODAY)
    assert (found.valid, found.id_number, found.problem) == (True, number, None)


@pytest.mark.parametrize("row", VECTORS["ids_invalid"], ids=lambda row: row["why"])
def test_id_numbers_that_need_care(row: dict[str, Any]) -> None:
    problems = {
        "check digit": "checksum",
        "17 chars": "seventeen",
        "15-digit first-generation number, not valid since 2013-01-01": "fifteen",
        "month 13": "date",
        "29 Feb 1979 does not exist": "date",
        "letter O for zero: offer the corrected reading, ask to confirm": "letters",
    }
    found = id_number.read(row["id"], TODAY)
    assert found.problem == problems.get(row["why"])
    assert found.valid is (row["why"] not in problems)
    offered = "370899197706150029" if found.problem == "letters" else None
    assert found.suggestion == offered


@pytest.mark.parametrize("row", VECTORS["notice_close"], ids=name_of)
def test_last_day_of_notice(row: dict[str, Any]) -> None:
    for working_days in (3, 5, 7):
        expected = day(row[f"last_day_{working_days}wd"])
        assert calendar.last_notice_day(day(row["posted"]), working_days) == expected


@pytest.mark.parametrize(("on", "state"), VECTORS["odd_days_2026"].items())
def test_odd_days(on: str, state: str) -> None:
    assert calendar.is_working_day(day(on)) is (state == "workday")


def test_every_vector_is_used() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [key for key in VECTORS if f'VECTORS["{key}"]' not in source] == []


def test_term_ends_before_the_next_begins() -> None:
    end = term.rural_term(date(2022, 4, 1), 0).ends_on
    assert end is not None
    assert end + timedelta(days=1) == date(2025, 4, 1)
