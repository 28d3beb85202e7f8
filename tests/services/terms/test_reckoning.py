"""Thirty-six months in all, whatever came before (R-3.3d, e), and the worked examples over the
database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Engagement, OtherSupport, new_id
from rules import term
from services.procedure import Hindered
from services.terms import corrections, reckoning
from services.terms.corrections import Support
from tests.builders import create_engagement, create_person
from tests.rules.test_vectors import VECTORS, day
from tests.services.stage import clerk
from tests.services.terms.stage import company, held, noon, on_post

FIRST = date(2022, 4, 11)


@pytest.mark.parametrize("row", VECTORS["term36"], ids=lambda row: row["start"])
def test_the_worked_examples(seeded: Session, row: dict[str, str]) -> None:
    assert on_post(seeded, day(row["start"])).ends_on == day(row["end"])


@pytest.mark.parametrize("row", VECTORS["urban_extension"], ids=lambda row: row["birth"])
def test_the_worked_urban_examples(seeded: Session, row: dict[str, str]) -> None:
    first, category = day(row["first_approved"]), row["category"]
    person = create_person(
        seeded, born_on=day(row["birth"]), sex="male" if category == "M60" else "female"
    )
    engagement = create_engagement(seeded, person=person, track="urban")
    engagement.first_approved_on, engagement.retire_category = first, category
    found = reckoning.reckon(seeded, engagement, first, date(2026, 11, 24))
    assert found.verdict["is_near_retirement"] is row["lt5y"]
    assert found.verdict["retires_on"] == row["statutory_by_law_now"]
    assert found.verdict["retires_by_first_law"] == row["statutory_by_law_at_first_approval"]
    standard, retires = day(row["standard_36m_end"]), day(row["statutory_by_law_now"])
    assert found.ends_on == min(standard, retires)
    assert found.may_extend_to == (retires if row["lt5y"] else None)


def test_an_early_end_gives_the_months_back(seeded: Session) -> None:
    """14 + 20 months earlier leave two (R-3.3d)."""
    person = create_person(seeded)
    for starts_on, ended_on in (
        (date(2018, 1, 1), date(2019, 2, 28)),
        (date(2020, 1, 1), date(2021, 8, 31)),
    ):
        regular = starts_on + timedelta(days=1095)
        held(seeded, person, starts_on, regular, ended_on)
    seeded.flush()
    now = create_engagement(seeded, person=person)
    assert reckoning.last_day(seeded, now, FIRST, FIRST) == date(2022, 6, 10)


def test_other_support_counts_by_a_record(seeded: Session) -> None:
    engagement, staff = on_post(seeded), company(seeded)
    now = noon(date(2023, 1, 1))
    support = Support("flexible_work", date(2019, 1, 1), date(2021, 12, 31), "社保比对")
    corrections.record_support(seeded, engagement, support, staff.town_clerk, now)
    corrections.record_support(seeded, engagement, support, staff.town_clerk, now)
    assert seeded.query(OtherSupport).count() == 1
    assert engagement.ends_on == date(2023, 1, 1), "what is past is not taken away"
    wrong = Support("lottery", date(2022, 2, 1), date(2022, 1, 1), " ")
    with pytest.raises(Hindered) as hindered:
        corrections.record_support(seeded, engagement, wrong, staff.town_clerk, now)
    assert {one.key for one in hindered.value.obstacles} == {
        "term.no_such_support", "term.support_dates", "obstacle.reason_needed",
    }  # fmt: skip


def test_a_corrected_category_moves_the_end_by_years(seeded: Session) -> None:
    engagement = on_post(seeded, date(2024, 6, 1), track="urban", born_on=date(1975, 1, 20))
    staff, now = company(seeded), noon(date(2024, 7, 1))
    assert engagement.ends_on == date(2025, 1, 20)
    assert corrections.set_category(seeded, engagement, "F55", staff.town_clerk, now)
    assert engagement.ends_on == date(2027, 5, 31)
    with pytest.raises(Hindered):
        corrections.set_category(seeded, on_post(seeded), "F55", staff.town_clerk, now)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    lengths=st.lists(st.integers(1, 30), max_size=4),
    day_of_month=st.integers(1, 31),
    support=st.integers(0, 12),
)
def test_never_more_than_thirty_six_months_without_an_extension(
    seeded: Session, lengths: list[int], day_of_month: int, support: int
) -> None:
    with seeded.begin_nested() as savepoint:
        person, starts_on, total = create_person(seeded), date(2022, 3, 1), 0
        starts_on += timedelta(days=day_of_month - 1)
        if support:
            to_on = date(2019, 12, 31)
            first = date(2020 - -(-support // 12), 12 - (support - 1) % 12, 1)
            seeded.add(
                OtherSupport(
                    person_id=person.id, kind="flexible_work", from_on=first, to_on=to_on,
                    source="x", recorded_by_id=clerk(seeded).id, recorded_at=noon(FIRST),
                )
            )  # fmt: skip
            total = term.months_begun(first, to_on)
        for months in [*lengths, 36]:
            new = Engagement(id=new_id(), person_id=person.id, track="rural")
            ends_on = reckoning.last_day(seeded, new, starts_on, starts_on)
            if ends_on is None:
                assert total >= 36
                break
            ended_on = min(ends_on, starts_on + timedelta(days=30 * months))
            held(seeded, person, starts_on, ends_on, ended_on)
            total += term.months_begun(starts_on, ended_on)
            assert total <= 36
            starts_on = ended_on + timedelta(days=1)
        savepoint.rollback()
