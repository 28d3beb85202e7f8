"""The rules desk beside OpenFisca and beside a bare CSV copy; `python -m bench.bench_rules`.

Prints one row per measurement: what was done, ours, theirs, the ratio and the floor. OpenFisca gets
the same rule (the plan's rural groups) for the same person, one at a time, in its two shapes: the
whole question (situation in, answer out) and the calculation alone.
"""

from __future__ import annotations

import csv
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rules.eligibility import Question, decide
from rules.id_number import check_character
from rules.screening import run_screen

PEOPLE = 1_000_000
BORN_ON, REFERENCE_ON = date(1970, 5, 2), date(2022, 4, 30)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    ours: str
    theirs: str
    ratio: str
    floor: str


def rows(people: int = PEOPLE) -> Iterator[Row]:
    """The measurements, one after another, each printed as soon as it is there."""
    yield from decisions()
    yield from screening(people)


def decisions() -> Iterator[Row]:
    """One eligibility decision, ours always with its trace, against OpenFisca's."""
    asked = _question()
    whole = _seconds(lambda: decide(_question()), times=50_000)
    alone = _seconds(lambda: decide(asked), times=50_000)
    theirs = _openfisca()
    for work, ours in (("question", whole), ("traced question", whole), ("decision alone", alone)):
        seconds = theirs.get(work)
        shown = f"OpenFisca {seconds * 1e6:,.0f} µs" if seconds else "no OpenFisca here"
        ratio = f"{seconds / ours:,.0f}× faster" if seconds else "–"
        yield Row(f"eligibility, {work}", f"{ours * 1e6:.1f} µs", shown, ratio, "≥ 50×")
    urban = replace(asked, track="urban", unemployed=True, zero_employment_household=False)
    hardest = _seconds(lambda: decide(urban), times=20_000)
    yield Row("eligibility, category open", f"{hardest * 1e6:.1f} µs", "–", "–", "≤ 26 µs")


def _question() -> Question:
    return Question("yanzhou-2022", REFERENCE_ON, "rural", BORN_ON, "female", groups=frozenset())


def screening(people: int) -> Iterator[Row]:
    """A whole list, against reading and writing it with nothing done."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "people.csv"
        _write_people(source, people)
        copy = _once(lambda: _copy(source, Path(folder) / "copy.csv"))
        ours = _once(lambda: run_screen(source, Path(folder) / "out.csv"))
    memory = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    ratio = f"{ours / copy:.1f}× its time"
    yield Row(f"screening {people:,} people", f"{ours:.1f} s", f"{copy:.1f} s copy", ratio, "≤ 8×")
    yield Row("screening, largest process", f"{memory / 1024:.0f} MB", "–", "–", "< 300 MB")


def _openfisca() -> dict[str, float]:
    """Seconds for each kind of question; empty when OpenFisca is not installed."""
    try:
        from openfisca_core.simulations import SimulationBuilder  # noqa: PLC0415 - bench group
    except ImportError:
        return {}
    system, day = _country(), REFERENCE_ON.isoformat()
    claims = {key: {day: False} for key in ("poverty_alleviated", "low_income", "disabled")}
    situation = {"persons": {"she": {"birth": {"ETERNITY": BORN_ON.isoformat()}, **claims}}}

    def ask(*, trace: bool = False) -> Any:
        simulation = SimulationBuilder().build_from_entities(system, situation)
        simulation.trace = trace
        return simulation

    def answer(simulation: Any) -> bool:
        return bool(simulation.calculate("eligible", day)[0])

    if not answer(ask()):
        raise AssertionError("OpenFisca's rule gives another answer than ours")
    simulations = iter([ask() for _ in range(3 * 300)])
    return {
        "question": _seconds(lambda: answer(ask()), times=300),
        "traced question": _seconds(lambda: answer(ask(trace=True)), times=300),
        "decision alone": _seconds(lambda: answer(next(simulations)), times=300),
    }


def _country() -> Any:
    """The plan's rural groups as an OpenFisca country package of one file."""
    from openfisca_core.entities import build_entity  # noqa: PLC0415 - bench group
    from openfisca_core.parameters import ParameterNode  # noqa: PLC0415
    from openfisca_core.periods import DateUnit  # noqa: PLC0415
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem  # noqa: PLC0415
    from openfisca_core.variables import Variable  # noqa: PLC0415

    person = build_entity(
        key="person", plural="persons", label="A person", is_person=True, roles=None
    )
    system = TaxBenefitSystem([person])
    bound = {
        "age_min": {"values": {"2022-01-01": 45}},
        "age_max": {"values": {"2022-01-01": 65}},
    }
    system.parameters = ParameterNode("", data={"older_rural": bound})

    def age(persons: Any, period: Any) -> Any:
        birth, on = persons("birth", period), period.start
        years = birth.astype("datetime64[Y]").astype(int) + 1970
        months = birth.astype("datetime64[M]").astype(int) % 12 + 1
        days = (birth - birth.astype("datetime64[M]") + 1).astype(int)
        before = (months > on.month) | ((months == on.month) & (days > on.day))
        return on.year - years - before

    def older_rural(persons: Any, period: Any, parameters: Any) -> Any:
        years, bounds = persons("age", period), parameters(period).older_rural
        return (years >= bounds.age_min) & (years <= bounds.age_max)

    def eligible(persons: Any, period: Any) -> Any:
        groups = ("poverty_alleviated", "low_income", "disabled", "older_rural")
        first, *others = (persons(name, period) for name in groups)
        for other in others:
            first = first | other
        return first

    kinds: list[tuple[str, type, str, Any]] = [
        ("birth", date, "eternity", None),
        ("poverty_alleviated", bool, "day", None),
        ("low_income", bool, "day", None),
        ("disabled", bool, "day", None),
        ("age", int, "day", age),
        ("older_rural", bool, "day", older_rural),
        ("eligible", bool, "day", eligible),
    ]
    for name, value_type, period, formula in kinds:
        attributes = {
            "value_type": value_type,
            "entity": person,
            "definition_period": DateUnit(period),
            "label": name,
        }
        system.add_variable(
            type(name, (Variable,), attributes | ({"formula": formula} if formula else {}))
        )
    return system


def _write_people(path: Path, people: int) -> None:
    dice = random.Random(2022)
    header = (
        "name,id_number,ruleset,reference_on,track,retire_category,groups,unemployed,"
        "zero_employment_household,village"
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        for number in range(people):
            born_on = date(1950, 1, 1) + timedelta(days=dice.randrange(20_000))
            digits = f"370899{born_on:%Y%m%d}{dice.randrange(1, 999):03d}"
            writer.writerow(
                [
                    f"resident {number}",
                    digits + check_character(digits),
                    dice.choice(["yanzhou-2022", "yanzhou-2024"]),
                    "2024-04-30",
                    dice.choice(["rural", "urban"]),
                    "",
                    dice.choice(["", "none", "none", "disabled", "low_income|disabled"]),
                    dice.choice(["", "true", "false"]),
                    dice.choice(["", "false", "false"]),
                    "somewhere",
                ]
            )


def _copy(source: Path, target: Path) -> None:
    with (
        source.open(encoding="utf-8", newline="") as read,
        target.open("w", encoding="utf-8", newline="") as written,
    ):
        csv.writer(written).writerows(csv.reader(read))


def _seconds(work: Callable[[], object], *, times: int, rounds: int = 3) -> float:
    """The least time of one call over three rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, time.perf_counter() - began)
    return best / times


def _once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    for row in rows():
        cells = (row.work, row.ours, row.theirs, row.ratio, row.floor)
        print(*(f"{cell:<34}" if n == 0 else f"{cell:>22}" for n, cell in enumerate(cells)))


if __name__ == "__main__":
    main()
