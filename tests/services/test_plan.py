"""The plan's numbers: versions in force, what is refused, what is only said (R-2.*, R-A2*)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from models import AuditEntry, PlanVersion, Role
from rules.quota import TRACKS, Track
from services import plan, plan_versions, quotas
from services.acting import Acting
from services.plan_versions import Proposal
from services.procedure import Hindered
from tests.builders import NOW, region

DISTRICT = Acting(role=Role.DISTRICT_CLERK)


def numbers_2022(session: Session) -> dict[str, dict[Track, int]]:
    version = plan.latest(session, 2022)
    assert version is not None
    return plan.numbers_of(session, version)


def proposal(numbers: Mapping[str, Mapping[Track, int]], **overrides: Any) -> Proposal:
    targets = {track: sum(row.get(track, 0) for row in numbers.values()) for track in TRACKS}
    values: dict[str, Any] = {
        "year": 2022,
        "effective_on": date(2022, 6, 1),
        "document": "济兖政办字〔2022〕9号",
        "reason": "按就业形势调整",
        "targets": targets,
        "numbers": numbers,
        "based_on": 1,
        **overrides,
    }
    return Proposal(**values)


def keys(found: tuple[Any, ...]) -> set[str]:
    return {one.key for one in found}


def test_2022_is_the_annex_and_adds_up(seeded: Session) -> None:
    seen = plan.overview(seeded, 2022, date(2022, 4, 6), region(seeded, "yanzhou"))
    assert {track: seen.totals[track][0] for track in TRACKS} == {"rural": 1800, "urban": 587}
    assert seen.planned == 2387
    park = [line for line in seen.lines if line.town.code == "industrial_park"]
    assert [line.number for line in park] == [None, None]


def test_a_year_without_a_version_is_not_issued_which_is_not_zero(seeded: Session) -> None:
    seen = plan.overview(seeded, 2023, date(2023, 4, 6), region(seeded, "yanzhou"))
    assert seen.version is None
    assert seen.lines == ()
    assert seen.planned == 2387


def test_a_town_sees_its_own_row(seeded: Session) -> None:
    for code in ("daan", "v-xinyan-wangjiazhuang"):
        seen = plan.overview(seeded, 2022, NOW.date(), region(seeded, code))
        assert {line.town.code for line in seen.lines} == {
            code.split("-")[1] if "-" in code else code
        }


def test_a_version_counts_from_its_day_and_leaves_the_old_one(seeded: Session) -> None:
    numbers = numbers_2022(seeded)
    numbers["daan"]["rural"] = 30
    plan_versions.enter(seeded, proposal(numbers, total_adjusted=True), DISTRICT, NOW)
    before = quotas.version_in_force(seeded, 2022, date(2022, 5, 31))
    after = quotas.version_in_force(seeded, 2022, date(2022, 6, 1))
    assert before is not None
    assert after is not None
    assert (before.version, after.version) == (1, 2)
    assert plan.numbers_of(seeded, before)["daan"]["rural"] == 216
    assert plan.numbers_of(seeded, after)["daan"]["rural"] == 30
    entry = seeded.scalars(select(AuditEntry).where(AuditEntry.act == "plan.enter")).one()
    assert entry.details["why"] == "按就业形势调整"


def test_a_transfer_keeps_the_sum(seeded: Session) -> None:
    latest = plan.latest(seeded, 2022)
    assert latest is not None
    moved, wrong = plan_versions.transfer(seeded, latest, "rural", ("daan", "xinyan"), 16)
    assert wrong == ()
    assert (moved["daan"]["rural"], moved["xinyan"]["rural"]) == (200, 406)
    assert plan_versions.judge(seeded, proposal(moved)).errors == ()


@pytest.mark.parametrize(
    ("between", "number", "key"),
    [
        (("daan", "xinyan"), 217, "plan.transfer_too_many"),
        (("daan", "xinyan"), 0, "plan.transfer_too_many"),
        (("daan", "daan"), 1, "plan.transfer_places"),
        (("daan", "industrial_park"), 1, "plan.transfer_places"),
        (("industrial_park", "daan"), 1, "plan.transfer_places"),
    ],
)
def test_a_transfer_that_cannot_be(
    seeded: Session, between: tuple[str, str], number: int, key: str
) -> None:
    latest = plan.latest(seeded, 2022)
    assert latest is not None
    moved, wrong = plan_versions.transfer(seeded, latest, "rural", between, number)
    assert keys(wrong) == {key}
    assert moved == numbers_2022(seeded)


def test_what_does_not_add_up_is_refused_and_nothing_is_entered(seeded: Session) -> None:
    numbers = numbers_2022(seeded)
    numbers["daan"]["rural"] = 217
    wrong = proposal(numbers, targets={"rural": 1800, "urban": 587})
    assert keys(plan_versions.judge(seeded, wrong).errors) == {"plan.column_rural"}
    with pytest.raises(Hindered):
        plan_versions.enter(seeded, wrong, DISTRICT, NOW)
    assert len(plan.history(seeded, 2022)) == 1
    year = plan_versions.judge(seeded, proposal(numbers))
    assert keys(year.errors) == {"plan.year_total"}


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        ({"document": " "}, "plan.document_needed"),
        ({"reason": ""}, "plan.reason_needed"),
        ({"based_on": 0}, "plan.newer_version"),
        ({"based_on": 2}, "plan.newer_version"),
    ],
)
def test_words_and_the_seen_version_are_needed(
    seeded: Session, overrides: dict[str, Any], key: str
) -> None:
    judged = plan_versions.judge(seeded, proposal(numbers_2022(seeded), **overrides))
    assert keys(judged.errors) == {key}


def test_an_unknown_place_and_a_negative_number(seeded: Session) -> None:
    numbers = numbers_2022(seeded)
    numbers["daan"]["rural"] -= 10
    numbers["nowhere"] = {"rural": 20}
    numbers["caohe"]["urban"], numbers["xinyi"]["urban"] = -1, 21
    judged = plan_versions.judge(seeded, proposal(numbers))
    assert {"plan.unknown_town", "plan.negative"} <= keys(judged.errors)


def test_the_rural_share_and_the_ceiling_are_warnings(seeded: Session) -> None:
    share: dict[str, dict[Track, int]] = {"daan": {"rural": 800, "urban": 394}}
    judged = plan_versions.judge(seeded, proposal(share, year=2024, based_on=0))
    assert judged.errors == ()
    assert keys(judged.warnings) == {"plan.warn_share"}
    over: dict[str, dict[Track, int]] = {"daan": {"rural": 3601, "urban": 1176}}
    judged = plan_versions.judge(seeded, proposal(over, year=2024, based_on=0, total_adjusted=True))
    assert judged.errors == ()
    assert keys(judged.warnings) == {"plan.warn_programme_rural", "plan.warn_programme_urban"}


def test_the_seeds_own_split_is_no_warning(seeded: Session) -> None:
    assert plan_versions.judge(seeded, proposal(numbers_2022(seeded))).warnings == ()


def test_history_has_every_version_the_newest_first(seeded: Session) -> None:
    plan_versions.enter(seeded, proposal(numbers_2022(seeded)), DISTRICT, NOW)
    assert [one.version for one in plan.history(seeded, 2022)] == [2, 1]
    assert plan.years(seeded) == [2022, 2023, 2024, 2025]
    assert seeded.scalars(select(PlanVersion)).all()


def test_two_first_versions_of_a_year_at_once(seeded_sessions: sessionmaker[Session]) -> None:
    gate = threading.Barrier(2)
    ends: list[str] = []

    def enter() -> None:
        gate.wait()
        try:
            with seeded_sessions.begin() as session:
                first = proposal({"daan": {"rural": 900, "urban": 294}}, year=2024, based_on=0)
                plan_versions.enter(session, first, DISTRICT, NOW)
            ends.append("entered")
        except Hindered as hindered:
            ends.append(hindered.obstacles[0].key)

    threads = [threading.Thread(target=enter) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["entered", "plan.newer_version"]
