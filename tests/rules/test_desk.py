"""Calendar, quota, money, wage and ID numbers, where the vectors do not reach."""

from __future__ import annotations

from datetime import date
from typing import Any

import chinese_calendar
import pytest

from rules import calendar, id_number, money, quota, strict_yaml, term, wage
from rules.errors import BadRuleFile, InvalidQuestion, QuotaNotIssued, UnknownTown, UnknownYear

ON = date(2026, 11, 24)
# Requirements 2.6, read from the State Council's notices.
OFF_2026 = (
    "01-01..03",
    "02-15..23",
    "04-04..06",
    "05-01..05",
    "06-19..21",
    "09-25..27",
    "10-01..07",
)
WORKS_2026 = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
WORKS_2025 = ["01-26", "02-08", "04-27", "09-28", "10-11"]


def span(year: int, written: str) -> list[date]:
    first = date.fromisoformat(f"{year}-{written[:5]}")
    last = int(written[-2:])
    return [first.replace(day=day) for day in range(first.day, last + 1)]


@pytest.mark.parametrize("year", range(2022, 2027))
def test_entered_years_agree_with_the_package(year: int) -> None:
    odd = calendar.odd_days(year)
    assert odd, year
    off = {day for day in chinese_calendar.holidays if day.year == year}
    works = {day for day in chinese_calendar.workdays if day.year == year}
    assert {day for day, open_ in odd.items() if not open_} == off
    assert {day for day, open_ in odd.items() if open_} == works


def test_2026_is_the_official_year() -> None:
    odd = calendar.odd_days(2026)
    assert sorted(d for d in odd if not odd[d]) == [d for s in OFF_2026 for d in span(2026, s)]
    assert sorted(d for d in odd if odd[d]) == [d for s in WORKS_2026 for d in span(2026, s)]
    works = [day for day, open_ in calendar.odd_days(2025).items() if open_]
    assert sorted(works) == [d for s in WORKS_2025 for d in span(2025, s)]


def test_earlier_years_come_from_the_package_and_later_ones_are_unknown() -> None:
    assert not calendar.is_working_day(date(2021, 10, 1))
    for day in (date(2027, 1, 4), date(1999, 5, 3)):
        with pytest.raises(UnknownYear):
            calendar.is_working_day(day)
    with pytest.raises(UnknownYear):
        calendar.last_notice_day(date(2003, 12, 31), 1)


@pytest.mark.parametrize("n", [0, -1, 10_000])
def test_working_days_have_a_range(n: int) -> None:
    with pytest.raises(InvalidQuestion):
        calendar.add_working_days(ON, n)


@pytest.mark.parametrize(
    "called",
    [
        "兴隆庄",
        "兴隆庄街道",
        "兴隆庄办事处",
        "兴隆庄街道办事处",
        "兖州区兴隆庄街道",
        " 兴隆庄 街道 ",
        "济宁市兖州区兴隆庄",
        "xinglongzhuang",
    ],
)
def test_towns_by_what_people_call_them(called: str) -> None:
    assert quota.quota(2022, called, "rural") == 186


def test_no_alias_names_two_towns() -> None:
    names = [alias for town in quota.towns() for alias in town.aliases]
    assert len(names) == len(set(names))
    with pytest.raises(UnknownTown):
        quota.find_town("")


def test_plan_totals() -> None:
    assert quota.programme_total("total") == 7162
    assert [quota.planned_posts(year) for year in range(2022, 2026)] == [2387, 2387, 1194, 1194]
    assert quota.district_quota(2022, "rural") == 1800
    assert quota.issued_years() == (2022,)
    with pytest.raises(QuotaNotIssued):
        quota.planned_posts(2026)
    with pytest.raises(QuotaNotIssued):
        quota.district_quota(2023, "total")


def test_rural_share_is_about_three_quarters() -> None:
    on = date(2024, 1, 1)
    assert quota.keeps_rural_share(1800, 587, on=on)
    assert quota.keeps_rural_share(900, 294, on=on)
    assert not quota.keeps_rural_share(800, 394, on=on)


@pytest.mark.parametrize("ask", [lambda: money.split(-1), lambda: money.instalments(-1, 12)])
def test_negative_money_is_refused(ask: Any) -> None:
    with pytest.raises(InvalidQuestion):
        ask()


def wrong_row(table: dict[str, Any]) -> None:
    table["towns"]["daan"]["rural"] += 1


def wrong_column(table: dict[str, Any]) -> None:
    table["towns"]["daan"]["rural"] += 1
    table["towns"]["daan"]["total"] += 1


def wrong_year(table: dict[str, Any]) -> None:
    wrong_column(table)
    table["total"]["rural"] += 1
    table["total"]["total"] += 1


@pytest.mark.parametrize("spoil", [wrong_row, wrong_column, wrong_year])
def test_table_that_does_not_add_up_is_refused(spoil: Any) -> None:
    table = strict_yaml.load(strict_yaml.ROOM / "quotas" / "2022.yaml")
    quota.check_table(table, planned=2387, file="2022.yaml")
    spoil(table)
    with pytest.raises(BadRuleFile):
        quota.check_table(table, planned=2387, file="2022.yaml")


def test_part_of_a_year_is_rounded_once() -> None:
    assert sum(money.instalments(1_000_000, 8)) == 666_667
    assert money.split(666_667) == money.Split(266_667, 133_333, 266_667)
    assert money.instalments(1_000_000, 0) == ()


def test_hourly_floor_shows_its_arithmetic() -> None:
    floor = wage.hourly_floor(date(2024, 3, 1), paid_hours=42)
    assert (floor.fen, floor.standard_fen) == (84_000, 2_000)
    assert not wage.is_enough(83_333, floor)
    assert wage.is_enough(83_333, wage.hourly_floor(date(2024, 3, 1), paid_hours=41))
    assert wage.is_enough(82_000, wage.hourly_floor(date(2024, 3, 1), paid_hours=41))


def test_unconfirmed_standard_certifies_nothing() -> None:
    assert wage.monthly_floor(date(2022, 4, 1)).fen == 190_000
    assert not wage.monthly_floor(date(2022, 4, 1)).is_certain
    assert wage.monthly_floor(date(2025, 10, 1)).fen == 220_000


def test_rural_extension_is_an_assumed_year() -> None:
    assert term.rural_extension_limit(date(2025, 3, 31)) == date(2026, 3, 31)
    assert term.rural_extension_limit(date(2023, 2, 28)) == date(2024, 2, 29)


def test_all_months_used_leaves_the_way_to_retirement() -> None:
    found = term.urban_term(
        date(2025, 7, 1),
        36,
        born_on=date(1977, 6, 14),
        category="F50",
        first_approved_on=date(2022, 6, 15),
        law_on=ON,
    )
    assert (found.ends_on, found.may_extend_to) == (None, date(2028, 9, 14))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("370899-19770615-0029", "370899197706150029"),
        ("370899 1977.06.15 0029", "370899197706150029"),
        ("三七〇八九九一九七七〇六一五〇〇二九", "370899197706150029"),
        ("三七零八九九幺九七七零六幺五零零两九", "370899197706150029"),
        ("３７０８９９１９７５０１０１３４０ｘ", "37089919750101340X"),
        ("37089919750101340Х", "37089919750101340X"),
        ("\u200b370899197706150029\n", "370899197706150029"),
    ],
)
def test_ways_to_write_an_id_number(text: str, number: str) -> None:
    assert id_number.read(text, ON).id_number == number


@pytest.mark.parametrize(
    ("text", "problem", "suggestion"),
    [
        ("", "empty", None),
        ("   ", "empty", None),
        ("3.70899E+17", "scientific", None),
        ("3.70899197706E+17", "scientific", None),
        ("俺没带身份证", "letters", None),
        ("37089919770615oo29", "letters", "370899197706150029"),
        ("3708991977o6l5oo29", "letters", "370899197706150029"),
        ("37089919750101340*", "letters", "37089919750101340X"),
        ("37O899197706150020", "letters", None),
        ("×70899197706150029", "letters", None),
        ("370899×97706150029", "letters", None),
        ("3708991977061500299", "length", None),
        ("37089919770615", "length", None),
        ("070899197706150029", "area", None),
        ("370899187706150029", "date", None),
        ("370899202706150029", "future", None),
        ("9" * 100_000, "length", None),
    ],
)
def test_id_numbers_that_are_refused(text: str, problem: str, suggestion: str | None) -> None:
    found = id_number.read(text, ON)
    assert (found.valid, found.problem, found.suggestion) == (False, problem, suggestion)
    assert found.id_number is None
