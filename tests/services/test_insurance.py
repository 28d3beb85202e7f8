"""Accident cover: who must be added and taken off, what comes back, and days without cover."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    Engagement,
    EngagementStatus,
    InsuranceCover,
    InsuranceGap,
    Role,
    new_id,
)
from services import insurance, insurance_gaps, sheets_in
from services.acting import Acting
from services.insurance_gaps import Days, uncovered
from services.procedure import Hindered
from tests.builders import (
    NOW,
    at,
    create_acting,
    create_engagement,
    create_person,
    id_number,
    region,
)
from tests.sheets import workbook

TODAY = NOW.date()
HEADS = ["姓名", "身份证号", "保单号", "起保日期", "终止日期"]
ON, ENDED = EngagementStatus.ON_POST, EngagementStatus.ENDED


@pytest.fixture
def clerk(seeded: Session) -> Acting:
    return create_acting(seeded, Role.DISTRICT_CLERK, "yanzhou")


def worker(session: Session, **overrides: Any) -> Engagement:
    return create_engagement(
        session, **{"engagement_status": ON, "starts_on": date(2022, 4, 1), **overrides}
    )


def cover(engagement: Engagement, from_on: date, to_on: date | None = None) -> InsuranceCover:
    return InsuranceCover(
        engagement_id=engagement.id, policy_number="P-1", from_on=from_on, to_on=to_on
    )


def keep(session: Session, clerk: Acting, one: InsuranceCover) -> InsuranceCover:
    assert clerk.staff is not None
    one.recorded_by_id, one.recorded_at = clerk.staff.id, NOW
    session.add(one)
    session.flush()
    return one


def row(engagement: Engagement, from_on: object, to_on: object = "", **other: Any) -> list[Any]:
    person = engagement.person
    values = {"name": person.name, "id": person.id_number, "policy": "P-1", **other}
    return [values["name"], values["id"], values["policy"], from_on, to_on]


def enter(session: Session, clerk: Acting, *rows: list[Any]) -> insurance.Entered:
    return insurance.enter(session, workbook([HEADS, *rows]).read(), clerk, NOW)


@pytest.mark.parametrize(
    ("covers", "found"),
    [
        ([], [(1, None)]),
        ([(1, None)], []),
        ([(3, None)], [(1, 2)]),
        ([(1, 3), (5, None)], [(4, 4)]),
        ([(1, 5)], [(6, None)]),
        ([(7, None)], [(1, None)]),
        ([(1, 10)], []),
        ([(1, 4), (2, 3)], [(5, None)]),
        ([(2, 3), (5, 5)], [(1, 1), (4, 4), (6, None)]),
    ],
)
def test_days_without_cover(
    covers: list[tuple[int, int | None]], found: list[tuple[int, int | None]]
) -> None:
    one = Engagement(id=new_id(), status=ON, starts_on=date(2022, 4, 1))
    held = [cover(one, date(2022, 4, a), date(2022, 4, b) if b else None) for a, b in covers]
    expected = tuple(Days(date(2022, 4, a), date(2022, 4, b) if b else None) for a, b in found)
    assert uncovered(one, held, TODAY) == expected


def test_the_two_days_of_the_plans_example() -> None:
    """R-3.6c: active from 1 December, policy from 3 December: a gap of two days."""
    one = Engagement(id=new_id(), status=ON, starts_on=date(2022, 12, 1))
    (gap,) = uncovered(one, [cover(one, date(2022, 12, 3))], date(2022, 12, 20))
    assert gap == Days(date(2022, 12, 1), date(2022, 12, 2))
    assert gap.count(date(2022, 12, 20)) == 2


@given(
    st.lists(st.tuples(st.integers(0, 40), st.none() | st.integers(0, 15)), max_size=6),
    st.integers(0, 40),
)
def test_every_day_is_either_covered_or_in_a_gap(
    spans: list[tuple[int, int | None]], length: int
) -> None:
    start = date(2022, 3, 1)
    one = Engagement(id=new_id(), status=ON, starts_on=start)
    held = [
        cover(
            one,
            start + timedelta(days=first),
            None if more is None else start + timedelta(days=first + more),
        )
        for first, more in spans
    ]
    today = start + timedelta(days=length)
    gaps = uncovered(one, held, today)
    for offset in range(length + 1):
        day = start + timedelta(days=offset)
        in_gap = any(gap.from_on <= day <= (gap.to_on or today) for gap in gaps)
        assert in_gap != any(insurance_gaps.holds(one_cover, day) for one_cover in held)


def test_gaps_are_listed_closed_and_forgotten_when_the_insurer_covers_them(
    seeded: Session, clerk: Acting
) -> None:
    one = worker(seeded)
    assert insurance_gaps.look(seeded, NOW) == 1
    (gap,) = insurance_gaps.open_gaps(seeded, region(seeded, "yanzhou"), 10)
    assert gap.from_on == date(2022, 4, 1)
    late = keep(seeded, clerk, cover(one, date(2022, 4, 4)))
    assert insurance_gaps.look(seeded, NOW) == 0
    assert not insurance_gaps.open_gaps(seeded, region(seeded, "yanzhou"), 10)
    (past,) = insurance_gaps.past_gaps(seeded, region(seeded, "xinyan"), 10)
    assert past.to_on == date(2022, 4, 3)
    assert not insurance_gaps.past_gaps(seeded, region(seeded, "xiaomeng"), 10)
    late.from_on = date(2022, 4, 1)
    insurance_gaps.look(seeded, NOW)
    assert not seeded.scalars(select(InsuranceGap)).all()
    acts = seeded.scalars(select(AuditEntry.act).where(AuditEntry.act.startswith("insurance")))
    assert list(acts) == ["insurance.gap_found", "insurance.gap_covered"]


def test_a_gap_ends_with_the_work(seeded: Session) -> None:
    one = worker(seeded)
    insurance_gaps.look(seeded, NOW)
    one.status, one.ends_on = ENDED, date(2022, 4, 5)
    insurance_gaps.look(seeded, at("2022-04-20 07:00"))
    assert seeded.scalars(select(InsuranceGap.to_on)).one() == date(2022, 4, 5)


def test_an_urban_worker_needs_none(seeded: Session) -> None:
    worker(seeded, village="v-gulou-xiangyang", track="urban")
    assert insurance_gaps.look(seeded, NOW) == 0
    assert not insurance.to_add(seeded, region(seeded, "yanzhou"), TODAY)


def test_who_is_to_be_added(seeded: Session, clerk: Acting) -> None:
    start = EngagementStatus.STARTING
    coming = worker(seeded, engagement_status=start, starts_on=date(2022, 4, 11))
    there = worker(seeded)
    covered = worker(seeded)
    keep(seeded, clerk, cover(covered, date(2022, 4, 1)))
    worker(seeded, engagement_status=start, starts_on=None)
    worker(seeded, engagement_status=ENDED)
    found = {
        one.engagement.id: one.from_on
        for one in insurance.to_add(seeded, region(seeded, "yanzhou"), TODAY)
    }
    assert found == {coming.id: date(2022, 4, 11), there.id: TODAY}


def test_who_is_to_be_taken_off(seeded: Session, clerk: Acting) -> None:
    gone = worker(seeded, engagement_status=ENDED, ends_on=date(2022, 4, 4))
    keep(seeded, clerk, cover(gone, date(2022, 4, 1)))
    done = worker(seeded, engagement_status=ENDED, ends_on=date(2022, 4, 4))
    keep(seeded, clerk, cover(done, date(2022, 4, 1), date(2022, 4, 4)))
    there = worker(seeded)
    keep(seeded, clerk, cover(there, date(2022, 4, 1)))
    (found,) = insurance.to_delete(seeded, region(seeded, "yanzhou"))
    assert (found.engagement.id, found.last_on) == (gone.id, date(2022, 4, 4))


def test_covers_that_end_soon(seeded: Session, clerk: Acting) -> None:
    place = region(seeded, "yanzhou")
    one = worker(seeded, ends_on=date(2025, 3, 31))
    first = keep(seeded, clerk, cover(one, date(2022, 4, 1), TODAY + timedelta(days=29)))
    assert insurance.ending_soon(seeded, place, TODAY) == 1
    assert insurance.ending_soon(seeded, place, TODAY - timedelta(days=1)) == 0
    renewed = cover(one, first.to_on or TODAY)
    renewed.policy_number = "P-2"
    keep(seeded, clerk, renewed)
    assert insurance.ending_soon(seeded, place, TODAY) == 0


def test_policies_come_back_and_coming_twice_changes_nothing(
    seeded: Session, clerk: Acting
) -> None:
    one, two = worker(seeded), worker(seeded)
    rows = row(one, date(2022, 4, 1)), row(two, "2022年4月3日", "2023/4/2")
    assert enter(seeded, clerk, *rows) == insurance.Entered(2, 0, ())
    assert enter(seeded, clerk, *rows) == insurance.Entered(0, 2, ())
    held = seeded.scalars(select(InsuranceCover).order_by(InsuranceCover.from_on)).all()
    assert [(c.from_on, c.to_on) for c in held] == [
        (date(2022, 4, 1), None),
        (date(2022, 4, 3), date(2023, 4, 2)),
    ]
    ends = row(one, "2022-04-01", "20220405")
    assert enter(seeded, clerk, ends).kept == 1
    assert seeded.scalars(select(InsuranceCover)).first() is not None


def test_a_bad_row_is_named_and_holds_up_no_other(seeded: Session, clerk: Acting) -> None:
    good = worker(seeded)
    urban = worker(seeded, village="v-gulou-xiangyang", track="urban")
    stranger = row(good, "2022-04-01", id=id_number(order=499), name="无此人")
    found = enter(
        seeded,
        clerk,
        row(good, "2022-04-01", id=3.7e17),
        row(good, "2022-04-01", id="370899197005020000"),
        stranger,
        row(good, "2022-04-01", name="王大成"),
        row(good, "没定"),
        row(good, "2022-02-30"),
        row(good, ""),
        row(good, "2022-04-05", "2022-04-01"),
        row(good, "2022-04-01", policy=""),
        row(urban, "2022-04-01"),
        row(good, "2022-04-01"),
    )
    assert found.kept == 1
    assert [(number, one.key) for number, one in found.wrong] == [
        (2, "sheet.id_as_number"),
        (3, "sheet.id_wrong"),
        (4, "insurance.nobody"),
        (5, "insurance.name_differs"),
        (6, "sheet.no_date"),
        (7, "sheet.no_date"),
        (8, "sheet.empty_cell"),
        (9, "insurance.dates_turned"),
        (10, "sheet.empty_cell"),
        (11, "insurance.no_rural_post"),
    ]
    assert found.wrong[0][1].slots == {"cell": "B2"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "sheet.unreadable"),
        (b"\xff\xd8\xff a photo", "sheet.unreadable"),
        (workbook([["姓名", "身份证号"]]).read(), "sheet.no_head"),
        (workbook([HEADS, ["甲"] * 5], merged="A2:B3").read(), "sheet.merged"),
    ],
)
def test_a_file_that_is_no_list(seeded: Session, clerk: Acting, content: bytes, why: str) -> None:
    with pytest.raises(sheets_in.Unfit) as unfit:
        insurance.enter(seeded, content, clerk, NOW)
    assert unfit.value.obstacle.key == why


def test_only_the_district_buys(seeded: Session) -> None:
    town = create_acting(seeded, Role.TOWN_CLERK, "xinyan")
    with pytest.raises(Hindered):
        enter(seeded, town)


def test_a_worker_of_another_name_is_not_guessed(seeded: Session, clerk: Acting) -> None:
    person = create_person(seeded, name="欧阳小满")
    one = worker(seeded, person=person)
    assert enter(seeded, clerk, row(one, "2022-04-01", name="欧阳 小满")).kept == 1
